#pragma once

#include "lib/base/result.h"
#include "lib/os/fd.h"

namespace troupe {

/// The end of a start in the background: the process that the user started waits for report() and exits with
/// that code. Without a waiting process (in the foreground) it does nothing.
class Launch {
 public:
  Launch() = default;
  explicit Launch(os::Fd pipe) : pipe_(std::move(pipe)) {}

  bool in_background() const { return background_; }
  /// Where standard error goes once the process in the background is ready; without it /dev/null.
  void keep_errors(os::Fd file) { errors_ = std::move(file); }
  int errors() const { return errors_.get(); }
  /// 0 = ready; anything else: it failed, and the reason stands on standard error already. Only the first
  /// report counts. After a report of 0 standard input and output of a background process are /dev/null, and
  /// standard error is what keep_errors() got.
  void report(int code);
  /// Forgets the waiting process without an answer (in a process that is not to give one).
  void forget() { pipe_.reset(); }

 private:
  os::Fd pipe_;
  os::Fd errors_;
  bool background_ = static_cast<bool>(pipe_);
};

/// Goes into the background as Circus's --daemon: fork, setsid, fork; working directory and umask are kept,
/// and so are the standard descriptors until Launch::report(0); SIGPIPE is ignored. Returns in the new
/// process. The process it was called in waits for the report and exits there: 0, or the reported code, or 1
/// and a line on standard error when the new process died without one.
Result<Launch> go_to_background();

}  // namespace troupe
