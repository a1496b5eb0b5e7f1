#include "daemon/launch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "lib/os/system_error.h"

namespace troupe {

void Launch::report(int code) {
  if (code == 0 && background_ && pipe_) (void)os::detach_standard_descriptors(errors_.get());
  if (!pipe_) return;
  const auto byte = static_cast<unsigned char>(code);
  // A launcher that was interrupted does not wait any more; that is its right (SIGPIPE is ignored by now).
  [[maybe_unused]] const ssize_t written = write(pipe_.get(), &byte, 1);
  pipe_.reset();
}

namespace {

[[noreturn]] void wait_for_report(int pipe, pid_t child) {
  unsigned char code = 1;
  ssize_t size;
  do {
    size = read(pipe, &code, 1);
  } while (size < 0 && errno == EINTR);
  waitpid(child, nullptr, 0);
  if (size != 1) std::fputs("trouped: it ended before it was ready\n", stderr);
  std::fflush(stderr);
  _exit(size == 1 ? code : 1);
}

}  // namespace

Result<Launch> go_to_background() {
  auto pipe = os::open_pipe();
  if (!pipe) return pipe.error();
  std::fflush(nullptr);  // or both would write what is buffered
  const pid_t child = fork();
  if (child < 0) return os::system_error("fork", "", errno);
  if (child > 0) {
    pipe->write.reset();
    wait_for_report(pipe->read.get(), child);
  }
  setsid();
  // Once more, so that no leader of a session is left that could get a terminal by opening one.
  const pid_t grandchild = fork();
  if (grandchild < 0) return os::system_error("fork", "", errno);
  if (grandchild > 0) _exit(0);
  signal(SIGPIPE, SIG_IGN);
  return Launch(std::move(pipe->write));
}

}  // namespace troupe
