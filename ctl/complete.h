#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/cli.h"

namespace troupe::ctl {

/// Completion of command lines, made from the rows; the shells that complete (ours, bash, zsh) show it.

/// What only the daemon knows. Answers that it does not give in time are empty.
class Knowledge {
 public:
  virtual ~Knowledge() = default;
  virtual std::vector<std::string> watchers() = 0;
  virtual std::vector<std::string> pids(std::string_view watcher) = 0;
  /// The value of an option as it is now, as a word; empty when it is not known.
  virtual std::string option(std::string_view watcher, std::string_view key) = 0;
};

/// A command line up to the cursor.
struct Typing {
  std::vector<std::string> words;  ///< that are complete
  std::string word;                ///< that is being typed, without its quotes
  std::size_t begin = 0;           ///< where it begins in the text, an opening quote included
};

/// Splits as a POSIX shell would; quotes may still be open.
Typing read_typing(std::string_view text);

/// What the word that is being typed may become: whole words without quotes, sorted, each once. `words` are
/// those before it, without the program's name.
std::vector<std::string> complete(const Grammar& grammar, const std::vector<std::string>& words,
                                  const std::string& word, Knowledge& knowledge);

/// The longest beginning that all of them have.
std::string common_start(const std::vector<std::string>& words);

}  // namespace troupe::ctl
