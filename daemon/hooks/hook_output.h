#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/loop/fd_watch.h"
#include "lib/os/fd.h"

namespace troupe {

/// What hooks print: goes to the log of the daemon, line by line, each at most longest_line bytes and at most
/// most_lines for each call of a hook; or is collected, for who asks for it.
class HookOutput {
 public:
  static constexpr std::size_t longest_line = 4096;
  static constexpr int most_lines = 1000;
  static constexpr std::size_t most_collected = 64 << 10;

  /// `who` stands before each line. `collect`: nothing is logged.
  HookOutput(loop::Loop& loop, os::Fd pipe, std::string who, bool collect = false);

  /// Another call begins.
  void name(std::string who);
  /// Takes what is there.
  void drain();
  /// Nobody has the other end any more.
  bool ended() const { return !pipe_; }
  const std::string& collected() const { return text_; }

 private:
  void on_ready(loop::Ready) { take(pieces_a_round); }
  void take(int pieces);
  void take_bytes(std::string_view bytes);
  void end_line();
  void end_call();

  static constexpr int pieces_a_round = 4;

  os::Fd pipe_;
  std::string who_;
  bool collect_;
  std::string text_;  ///< the line so far, or what was collected
  int lines_ = 0;
  loop::FdWatch watch_;
};

}  // namespace troupe
