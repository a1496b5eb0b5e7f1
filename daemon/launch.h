#pragma once

#include <string>

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
  /// 0 = ready; anything else: it failed, and the reason stands on standard error already. Only the first
  /// report counts. After a report of 0 standard input, output and error of a background process are
  /// /dev/null.
  void report(int code);
  /// Forgets the waiting process without an answer (in a process that is not to give one).
  void forget() { pipe_.reset(); }

 private:
  os::Fd pipe_;
  bool background_ = static_cast<bool>(pipe_);
};

/// Goes into the background as Circus's --daemon: fork, setsid, fork; working directory and umask are kept,
/// and so are the standard descriptors until Launch::report(0); SIGPIPE is ignored. Returns in the new
/// process. The process it was called in waits for the report and exits there: 0, or the reported code, or 1
/// and a line on standard error when the new process died without one.
Result<Launch> go_to_background();

/// A pid file by the rules of circusd: "PID\n", mode 0644; one that names a living process other than this
/// one is an error, one that names a dead process or holds no number is overwritten. Removed by the
/// destructor, in the process that wrote it and only if it still holds its pid.
class PidFile {
 public:
  /// Writes the pid of this process. Errors name the file and the living process.
  static Result<PidFile> claim(std::string path);
  PidFile(PidFile&& other) noexcept;
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();

 private:
  PidFile(std::string path, int pid) : path_(std::move(path)), pid_(pid) {}

  std::string path_;
  int pid_;
};

}  // namespace troupe
