#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/conf/origin.h"

namespace troupe::conf {

enum class Severity {
  warning,  ///< the daemon starts
  error,    ///< the daemon does not start
};

/// One thing that is wrong with a configuration, for people: one line, no full stop.
struct Problem {
  Severity severity = Severity::error;
  std::string file;
  int line = 0;  ///< 0: the file as a whole
  std::string text;

  bool operator==(const Problem&) const = default;
};

/// `file:line: error: text`; without the line when it is 0.
std::string to_text(const Problem& problem);

/// `file:line`, for sentences.
std::string place(const Origin& origin);

/// Collects problems in the order they are found. With `strict` every warning is an error.
class Report {
 public:
  explicit Report(bool strict) : strict_(strict) {}

  void error(const Origin& origin, std::string text);
  void warning(const Origin& origin, std::string text);

  /// Sorted by line within each file, those of the whole file last; files in the order of their first
  /// problem, each line once.
  std::vector<Problem> take();

 private:
  bool strict_;
  std::vector<Problem> problems_;
};

/// A text from a file as it can stand in a message: in single quotes, control characters escaped, and cut
/// after some 60 characters.
std::string shown(std::string_view text);

/// `; did you mean WORD?` for the candidate nearest to the word, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace troupe::conf
