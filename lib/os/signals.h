#pragma once

#include <csignal>
#include <span>

#include "lib/base/result.h"
#include "lib/os/fd.h"

namespace troupe::os {

/// SIGTERM, SIGINT, SIGQUIT: what asks a program to stop.
constexpr bool asks_to_stop(int number) {
  return number == SIGTERM || number == SIGINT || number == SIGQUIT;
}

/// Blocks every signal in this thread until it goes out of scope.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked();
  ~AllSignalsBlocked();
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

/// Blocks these signals in this thread and opens a non-blocking signalfd for them.
Result<Fd> open_signal_fd(std::span<const int> numbers);
/// Blocks no signal in this thread.
void unblock_all_signals();
void ignore_signals(std::span<const int> numbers);

}  // namespace troupe::os
