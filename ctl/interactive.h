#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

/// Where the lines of a session come from.
class LineSource {
 public:
  virtual ~LineSource() = default;
  /// The next line without its end, after the prompt; nothing at the end.
  virtual std::optional<std::string> next(const std::string& prompt) = 0;
  /// What is running may read from the terminal too.
  virtual bool shares_input() const = 0;
};

/// Standard input that is no terminal. Reads byte after byte, as a program started in between may read on.
class PipedLines : public LineSource {
 public:
  std::optional<std::string> next(const std::string& prompt) override;
  bool shares_input() const override { return false; }
};

/// What tells sessions apart: troupectl's and circusctl's.
class Session {
 public:
  /// What a line asks for.
  struct Step {
    std::string text{};                    ///< to be printed
    bool ends = false;                     ///< the session
    std::vector<std::string> arguments{};  ///< of a run of this program; none: no run
  };

  virtual ~Session() = default;
  virtual std::string prompt() = 0;
  virtual Step on_line(std::string_view line) = 0;
};

/// Each line runs as this program again, called `program`: so nothing that a line does can end the session,
/// and Ctrl-C ends what runs and not the session.
void run_session(Session& session, LineSource& lines, const std::string& program);

}  // namespace troupe::ctl
