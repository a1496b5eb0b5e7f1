#include "lib/os/signals.h"

#include <sys/signalfd.h>

#include <cerrno>

#include "lib/os/system_error.h"

namespace troupe::os {

AllSignalsBlocked::AllSignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

AllSignalsBlocked::~AllSignalsBlocked() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

Result<Fd> open_signal_fd(std::span<const int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  // Blocked first: one that comes in between waits for the descriptor and has no default action.
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  Fd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return system_error("signalfd", "", errno);
  return fd;
}

void unblock_all_signals() {
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void ignore_signals(std::span<const int> numbers) {
  for (const int number : numbers) signal(number, SIG_IGN);
}

}  // namespace troupe::os
