#include "daemon/stats/surveys.h"

#include <algorithm>
#include <utility>

#include "lib/os/own_proc.h"

namespace troupe {

namespace {

constexpr int rows_at_once = 32;  // about 0.3 ms

Instant now() {
  return std::chrono::steady_clock::now();
}

/// The value of the first member.
Value first_of(Value object) {
  return std::move(object.as_object()->front().value);
}

}  // namespace

Value SurveyCaller::reply(Value infos) const {
  Value result = head;
  switch (form) {
    case Form::all:
      return std::move(result.set("infos", std::move(infos)));
    case Form::watcher:
      return std::move(result.set("info", first_of(std::move(infos))));
    case Form::process:
      return std::move(result.set("info", first_of(first_of(std::move(infos)))));
  }
  return result;
}

Surveys::Surveys(loop::Loop& loop, BackgroundNames& users, OnAnswer on_answer, bool kernel_lists)
    : collector_(users),
      on_answer_(on_answer),
      kernel_lists_(kernel_lists),
      turn_(loop, loop::Deferred::OnCall::to<&Surveys::on_turn>(*this)) {}

Collector::Family Surveys::family() const {
  using From = Collector::Family::From;
  if (!os::proc_is_ours()) return {From::nowhere};
  if (kernel_lists_) return {From::kernel};
  return table_ ? Collector::Family{From::table, &*table_} : Collector::Family{From::nowhere};
}

std::optional<Value> Surveys::try_now(Survey& survey) {
  const bool can_be_told = kernel_lists_ || !os::proc_is_ours();
  if (!can_be_told || survey.size() > few || spent_ >= slice) return std::nullopt;
  turn_.schedule();
  const Instant begin = now();
  const bool is_read = collector_.go_on(survey, family(), begin + slice - spent_);
  spent_ += now() - begin;
  return is_read ? std::optional(std::move(survey.infos)) : std::nullopt;
}

Value Surveys::read_now(Survey& survey) {
  using From = Collector::Family::From;
  Collector::Family from = family();
  Result<os::ProcTable> table = os::ProcTable();
  if (!kernel_lists_ && os::proc_is_ours()) {
    table = os::ProcTable::read_all();
    from = table ? Collector::Family{From::table, &*table} : Collector::Family{From::nowhere};
  }
  collector_.go_on(survey, from, Instant::max());
  return std::move(survey.infos);
}

Result<void> Surveys::add(Survey survey, SurveyCaller caller) {
  const auto same = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) {
    return one.survey.key == survey.key && !one.has_begun;
  });
  if (same != waiting_.end()) {
    same->callers.push_back(std::move(caller));
    same->has_begun = survey.has_begun();
    same->survey = std::move(survey);  // it knows what has come since
    same->number = ++last_number_;
    return {};
  }
  if (waiting_.size() >= most_waiting) {
    return make_error(Code::limit, std::to_string(most_waiting) +
                                       " questions of stats wait to be read already; ask again later");
  }
  const bool has_begun = survey.has_begun();
  waiting_.push_back({std::move(survey), ++last_number_, has_begun});
  waiting_.back().callers.push_back(std::move(caller));
  turn_.schedule();
  return {};
}

void Surveys::on_turn() {
  spent_ = {};
  const Instant until = now() + slice;
  while (!waiting_.empty() && now() < until) {
    if (!go_on(until)) break;
  }
  if (!waiting_.empty()) return turn_.schedule();
  scan_.reset();
  table_.reset();
  table_serves_ = 0;
}

bool Surveys::lacks_table(const Waiting& waiting) const {
  if (kernel_lists_ || waiting.survey.has_begun() || !os::proc_is_ours()) return false;
  return scan_ || table_serves_ < waiting.number;
}

/// One piece of work. False: it was a long one.
bool Surveys::go_on(Instant until) {
  Waiting& first = waiting_.front();
  if (first.is_read) {
    answer_one();
    return false;
  }
  first.has_begun = true;
  if (lacks_table(first)) {
    scan();
  } else {
    first.is_read = collector_.go_on(first.survey, family(), until);
  }
  return true;
}

void Surveys::scan() {
  if (!scan_) {
    table_.reset();
    table_serves_ = last_number_;
    auto begun = os::ProcScan::begin();
    if (!begun) return;
    scan_.emplace(*std::move(begun));
  }
  const auto done = scan_->go_on(rows_at_once);
  if (done && !*done) return;
  if (done) table_ = std::move(*scan_).take();
  scan_.reset();
}

/// A large answer takes milliseconds to be written.
void Surveys::answer_one() {
  Waiting& first = waiting_.front();
  const SurveyCaller caller = std::move(first.callers.front());
  first.callers.pop_front();
  Value infos = first.callers.empty() ? std::move(first.survey.infos) : first.survey.infos;
  if (first.callers.empty()) waiting_.pop_front();
  on_answer_(caller, caller.reply(std::move(infos)));
}

void Surveys::end() {
  turn_.cancel();
  for (const Waiting& one : std::exchange(waiting_, {})) {
    for (const SurveyCaller& caller : one.callers)
      on_answer_(caller, make_error(Code::refused, "the daemon is stopping"));
  }
}

}  // namespace troupe
