#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/core/stream/beginnings.h"
#include "daemon/descriptors.h"
#include "daemon/ports.h"
#include "daemon/stream/arena.h"
#include "daemon/stream/compressor.h"
#include "daemon/stream/followers.h"
#include "daemon/stream/source.h"
#include "daemon/stream/target.h"
#include "lib/loop/deferred.h"
#include "lib/loop/timer_watch.h"

namespace troupe {

struct StreamsOptions {
  std::string boot;           ///< part of the names of temporary files
  Descriptors descriptors{};  ///< beyond them a spawn fails with EMFILE
  core::Tails::Bounds tails{};
};

/// Captures the output of processes: pipes for the spawner, and from them to where the streams of the
/// watchers say. Joins the loop by itself.
///
/// Fair to thousands: a pipe that has something gets its turn in a queue, takes a bounded number of bytes,
/// and goes to the end of the queue; and a round of the loop spends a bounded number on all of them, so that
/// commands and exits are served meanwhile.
class Streams final : public Outputs, public Logs, public TargetHost {
 public:
  static constexpr long bytes_a_source = 256 << 10;  ///< in one turn
  static constexpr long bytes_a_round = 2 << 20;     ///< of the loop

  Streams(loop::Loop& loop, StreamsOptions options);
  /// Writes what is in the pipes, as far as it can be written without waiting.
  ~Streams() override;

  /// Before the first spawn.
  void listen(OutputListener& listener) { listener_ = &listener; }
  /// Who is told when callers that wait for lines are to be answered. Before the first of them.
  void answer(Callers& callers) { followers_.answer(callers); }

  int open(const core::Spawn& spawn, OutputEnds& ends) override;
  void on_cloned(core::ProcessId process, int pid) override;
  void redirect(const core::Redirect& redirect) override;
  void on_exit(core::ProcessId process) override;

  const core::Tails& tails() const override { return tails_; }
  Result<void> follow(core::Ticket ticket, const core::LogQuery& query, Instant until) override {
    return followers_.follow(ticket, query, until);
  }

  void resume(core::SourceId source) override;
  void wake(Target& target, Instant at) override;
  void report(const OutputTrouble& trouble) override;

 private:
  struct Entry;

  int open_one(const core::Spawn& spawn, core::Output output, const core::Capture& capture, os::Fd& end);
  Target& target_of(const core::Capture& capture, core::Output output);
  const std::string& own_file(const core::Capture& capture, core::Output output);
  void on_turn();
  void on_timer();
  void run(core::SourceId id, long& budget, bool hurries = false);
  void remove(core::SourceId id);
  void leave(Target& target, core::SourceId id);

  loop::Loop& loop_;
  StreamsOptions options_;
  OutputListener* listener_ = nullptr;
  Arena arena_;
  core::Tails tails_;
  std::string scratch_;
  Compressor compressor_;
  core::Beginnings beginnings_;
  Followers followers_;
  std::map<std::string, std::unique_ptr<Target>> targets_;
  std::map<std::string, std::string> own_files_;  ///< of streams without a filename: their paths
  std::map<core::SourceId, std::unique_ptr<Entry>> sources_;
  std::unordered_map<core::ProcessId, std::vector<core::SourceId>> by_process_;
  std::deque<core::SourceId> queue_;
  std::map<Target*, Instant> wakes_;
  loop::Deferred turn_;
  loop::TimerWatch timer_;
  core::SourceId last_source_ = 0;
};

}  // namespace troupe
