#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/spawn_spec.h"
#include "daemon/core/stream/tails.h"
#include "daemon/stream/arena.h"
#include "daemon/stream/target.h"
#include "lib/loop/fd_watch.h"
#include "lib/os/fd.h"

namespace troupe {

/// One output of one process: bytes leave its pipe only by splice, into the file itself or into a stage, and
/// from there as whole lines to the target. What is in a stage and is not written yet survives whatever
/// becomes of the target.
class Source {
 public:
  /// What all sources share.
  struct Shared {
    Arena& arena;
    core::Tails& tails;
    std::string& scratch;  ///< Arena::stage_size bytes
  };
  /// The budget for all that a pipe can hold, whatever it costs: 1 MiB, with lines that are changed.
  static constexpr long a_whole_pipe = 8 << 20;

  enum class Pump {
    more,   ///< the budget is used up
    empty,  ///< nothing is in the pipe; the watch tells when there is
    waits,  ///< for resume()
    ended,  ///< the end of the pipe, and everything is written
  };

  Source(Shared shared, core::SourceId id, core::ProcessId process, core::Output output,
         core::Capture capture, Target& target, os::Fd pipe);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  core::SourceId id() const { return id_; }
  core::ProcessId process() const { return process_; }
  core::Output output() const { return output_; }
  Target& target() { return *target_; }
  /// Where it goes from the next line on; nullptr: nothing changes.
  Target* next_target() { return next_ ? next_->target : nullptr; }
  /// Both, each once.
  std::vector<Target*> targets();
  int pipe() const { return pipe_.get(); }
  void set_pid(int pid) { pid_ = pid; }

  /// Takes up to about `budget` bytes out of the pipe, which is lowered by what it took; bytes whose lines
  /// are changed count several times.
  Pump pump(long& budget, Instant now);
  /// What comes after the line that was begun is written so, and there. Of a target that cannot be written
  /// nothing is left behind. Takes place in pump().
  void redirect(core::Capture capture, Target& target) { next_ = Next{std::move(capture), &target}; }
  /// Nothing will be read any more: writes what is there, as far as the target takes it.
  void finish(Instant now);

  std::unique_ptr<loop::FdWatch> watch;
  bool queued = false;

 private:
  struct Next {
    core::Capture capture;
    Target* target;
  };

  bool may_move() const;
  void move();
  std::string_view staged() const { return {shared_.arena.at(stage_) + taken_, filled_ - taken_}; }
  long stage_in(bool& empty, Instant now);
  long splice_on(long budget, bool& empty, Instant now);
  void widen(long seen);
  bool flush(bool closing, Instant now);
  bool flush_pending(Instant now);
  void consume(std::size_t count);
  void remember(std::string_view bytes);
  std::string format(std::string_view bytes);

  Shared shared_;
  const core::SourceId id_;
  const core::ProcessId process_;
  const core::Output output_;
  core::Capture capture_;
  Target* target_;
  std::optional<Next> next_;
  os::Fd pipe_;
  int pid_ = 0;
  bool verbatim_;
  bool at_end_ = false;   ///< the pipe is
  bool wide_ = false;     ///< it was asked for more room
  bool in_line_ = false;  ///< of the format: the last line is still to end

  int stage_ = -1;
  std::size_t taken_ = 0;     ///< of the stage: written
  std::size_t filled_ = 0;    ///< of the stage: bytes that came
  std::size_t searched_ = 0;  ///< behind taken_: so far there is no newline
  std::string pending_;       ///< formatted and not written
  std::size_t written_ = 0;   ///< of it
};

}  // namespace troupe
