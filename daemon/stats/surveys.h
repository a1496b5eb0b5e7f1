#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "daemon/core/effects.h"
#include "daemon/stats/collector.h"
#include "lib/base/callback.h"
#include "lib/base/result.h"
#include "lib/loop/deferred.h"
#include "lib/os/proc_children.h"

namespace troupe {

/// Who asked for a survey, and what he is answered.
struct SurveyCaller {
  enum class Form : std::uint8_t {
    all,      ///< `infos`: watcher → (pid → info)
    watcher,  ///< `info`: pid → info, of the one watcher
    process,  ///< `info`: of the one process
  };
  Form form = Form::all;
  Value head = Value::object();  ///< what stands in the reply before that
  core::Ticket ticket = 0;
  core::WatcherId extend = 0;  ///< the watcher whose hook has its say about the answer

  Value reply(Value infos) const;
};

/// Answers `stats` without holding up the loop: it reads for a few milliseconds of a turn, and others have
/// theirs. Surveys are read one after the other. Who asks what somebody else waits for already shares his
/// answer, if the reading has not begun; so do all that wait the pass over /proc in which children are found
/// where the kernel does not list them. What nobody waits for any longer is read to its end and thrown away:
/// a router does not tell that a client has left.
class Surveys {
 public:
  /// Of a turn of the loop; once for what is answered at once, once for what waits.
  static constexpr Duration slice = 2ms;
  /// A survey of no more processes is tried at once.
  static constexpr std::size_t few = 32;
  /// Surveys that wait, each with all that share it.
  static constexpr std::size_t most_waiting = 64;

  /// Error: the daemon is stopping.
  using OnAnswer = Callback<void(const SurveyCaller& caller, Result<Value> reply)>;

  Surveys(loop::Loop& loop, BackgroundNames& users, OnAnswer on_answer,
          bool kernel_lists = os::lists_children());

  /// The infos, if there is time to read them all now; what was read stays in the survey.
  std::optional<Value> try_now(Survey& survey);
  /// For who cannot wait: the loop is held up meanwhile.
  Value read_now(Survey& survey);
  /// Answers the caller later. Error: too many wait (Code::limit).
  Result<void> add(Survey survey, SurveyCaller caller);
  /// See Collector.
  Value self(int pid) { return collector_.self(pid); }
  /// The loop has stopped: those who wait hear that they get no answer.
  void end();

 private:
  struct Waiting {
    Survey survey;
    std::uint64_t number;  ///< higher: asked later
    bool has_begun;        ///< nobody may join it any more
    bool is_read = false;
    std::deque<SurveyCaller> callers{};
  };

  void on_turn();
  bool go_on(Instant until);
  void scan();
  void answer_one();
  Collector::Family family() const;
  bool lacks_table(const Waiting& waiting) const;

  Collector collector_;
  const OnAnswer on_answer_;
  const bool kernel_lists_;
  std::deque<Waiting> waiting_;
  std::uint64_t last_number_ = 0;
  Duration spent_{};  ///< by try_now in this turn
  std::optional<os::ProcScan> scan_;
  std::optional<os::ProcTable> table_;  ///< empty: it could not be read
  std::uint64_t table_serves_ = 0;      ///< up to that number: who asks later may have younger children
  loop::Deferred turn_;
};

}  // namespace troupe
