#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ctl/cli.h"
#include "ctl/complete.h"
#include "ctl/interactive.h"
#include "lib/base/result.h"

namespace troupe::ctl {

/// What the Tab key asks for.
class Completer {
 public:
  virtual ~Completer() = default;
  /// Choices for the word that is typed at the end of the line.
  virtual std::vector<std::string> choices(const Typing& typing) = 0;
};

/// A line on a terminal with keys as in Emacs, history and completion. Ctrl-C drops the line, Ctrl-D on an
/// empty one ends. The door of libedit.
class LineEditor : public LineSource {
 public:
  /// The history is kept in that file, readable by its owner only; empty: in no file. Code::system: this
  /// is no terminal that lines can be edited on.
  static Result<std::unique_ptr<LineEditor>> open(const std::string& program, const std::string& history_file,
                                                  Completer& completer);
  ~LineEditor() override;

  std::optional<std::string> next(const std::string& prompt) override;
  bool shares_input() const override { return true; }

 private:
  struct Impl;
  explicit LineEditor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// `$XDG_STATE_HOME/troupe/NAME`, else `~/.local/state/troupe/NAME`, with its folder made; empty when that is
/// not possible.
std::string history_file(std::string_view name);

}  // namespace troupe::ctl
