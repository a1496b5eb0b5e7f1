#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "lib/os/fd.h"

namespace troupe::wire {

/// Counts what was handed to libzmq and is not written out yet. Its own thread counts down.
class BacklogCount {
 public:
  std::size_t bytes() const { return bytes_.load(); }
  std::size_t messages() const { return messages_.load(); }
  void add(std::size_t bytes);
  void remove(std::size_t bytes);

  /// A descriptor that becomes readable when nothing is left, once after each ring_when_empty(); -1: there
  /// was none free. To be called once, before anything is sent.
  int hang_bell();
  /// At once when nothing is there.
  void ring_when_empty();
  /// So that it is no more readable.
  void hush();

 private:
  void ring();

  std::atomic<std::size_t> bytes_ = 0, messages_ = 0;
  std::atomic<bool> awaited_ = false;
  os::Fd bell_;
};

using Backlog = std::shared_ptr<BacklogCount>;

}  // namespace troupe::wire
