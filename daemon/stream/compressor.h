#pragma once

#include <sys/types.h>

#include <deque>
#include <memory>
#include <string>

#include "lib/loop/fd_watch.h"
#include "lib/os/fd.h"
#include "lib/os/pidfd.h"

namespace troupe {

/// Compresses rotated files, one after the other, each by a gzip process, so that neither the loop nor the
/// processors are kept busy. A file may be renamed by the next rotation meanwhile: it is found again by its
/// inode. What cannot be compressed stays as it is.
class Compressor {
 public:
  explicit Compressor(loop::Loop& loop) : loop_(loop) {}
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  /// `rotated` becomes `rotated.gz`; `base` is the path of the log file that it was, whose name all the
  /// rotated ones begin with.
  void add(std::string base, const std::string& rotated);
  bool busy() const { return running_ != nullptr; }

 private:
  struct Job {
    std::string base;
    dev_t device;
    ino_t inode;
  };
  struct Running {
    Job job;
    std::string aside;  ///< what gzip writes
    int pid;
    os::Pidfd pidfd;
    std::unique_ptr<loop::FdWatch> watch;
  };

  void begin();
  bool start(const Job& job);
  void on_exit(loop::Ready);
  void finish(const Running& done, int status);

  loop::Loop& loop_;
  std::deque<Job> jobs_;
  std::unique_ptr<Running> running_;
};

}  // namespace troupe
