#include "daemon/core/stream/tails.h"

#include <algorithm>
#include <bit>

#include "lib/base/text.h"

namespace troupe::core {

namespace {

bool by_number(const LogLine& a, const LogLine& b) {
  return a.line.number < b.line.number;
}

}  // namespace

/// What each tail may hold: half of its part of the whole, for the marks beside the bytes. A power of two, so
/// that it changes only when the number of tails doubles, and they are not cut again and again.
std::size_t Tails::share() const {
  const std::size_t tails = std::max<std::size_t>(entries_.size() * 2, 1);
  return std::bit_floor(std::min(bounds_.each, bounds_.all / std::bit_ceil(tails) / 2));
}

void Tails::append(ProcessId process, std::string_view watcher, int wid, int pid, Output output,
                   std::string_view bytes, double time) {
  const auto [at, is_new] = entries_.try_emplace(process);
  Entry& entry = at->second;
  if (is_new) {
    entry.watcher = to_lower(watcher);
    entry.wid = wid;
    by_watcher_[entry.watcher].push_back(process);
  }
  entry.pid = pid;
  Tail& tail = entry.tails[static_cast<std::size_t>(output)];
  const std::size_t before = tail.memory();
  tail.append(bytes, last_number_ + 1, time, share());
  last_number_ += bytes.size();
  memory_ += tail.memory() - before;
  if (memory_ > bounds_.all) keep_bounds();
}

void Tails::keep_bounds() {
  const std::size_t most = share();
  memory_ = 0;
  for (auto& [process, entry] : entries_) {
    for (Tail& tail : entry.tails) {
      tail.shrink(most);
      memory_ += tail.memory();
    }
  }
}

void Tails::close(ProcessId process, double time) {
  const auto found = entries_.find(process);
  if (found == entries_.end() || found->second.dead) return;
  for (Tail& tail : found->second.tails) {
    const std::size_t before = tail.memory();
    if (tail.close(last_number_ + 1, time, share())) ++last_number_;
    memory_ += tail.memory() - before;
  }
  bury(process);
}

void Tails::bury(ProcessId process) {
  Entry& entry = entries_.at(process);
  entry.dead = true;
  dead_.push_back(process);
  std::vector<ProcessId> dead;
  for (const ProcessId other : by_watcher_[entry.watcher]) {
    if (entries_.at(other).dead) dead.push_back(other);
  }
  if (dead.size() > dead_of_a_watcher) forget(*std::min_element(dead.begin(), dead.end()));
  if (dead_.size() > dead_at_most) forget(dead_.front());
}

void Tails::forget(ProcessId process) {
  const auto found = entries_.find(process);
  for (const Tail& tail : found->second.tails) memory_ -= tail.memory();
  const auto watcher = by_watcher_.find(found->second.watcher);
  std::erase(watcher->second, process);
  if (watcher->second.empty()) by_watcher_.erase(watcher);
  std::erase(dead_, process);
  entries_.erase(found);
}

template <class Each>
void Tails::for_each(const LogQuery& query, Each each) const {
  const auto watcher = by_watcher_.find(query.watcher);
  if (watcher == by_watcher_.end()) return;
  for (const ProcessId process : watcher->second) {
    const Entry& entry = entries_.at(process);
    if (query.wid && *query.wid != entry.wid) continue;
    for (const Output output : {Output::out, Output::err}) {
      if (!query.output || *query.output == output)
        each(entry, output, entry.tails[static_cast<std::size_t>(output)]);
    }
  }
}

LogPage Tails::read(const LogQuery& query) const {
  LogPage page;
  for_each(query, [&](const Entry& entry, Output output, const Tail& tail) {
    std::size_t left = query.limit + 1;  // one more tells that there is more
    const auto take = [&](Tail::Line line) {
      page.lines.push_back({entry.wid, entry.pid, output, std::move(line)});
      return --left > 0;
    };
    if (query.since) {
      if (tail.last() > *query.since) tail.read(*query.since, take);
    } else {
      tail.read_back(0, take);
    }
  });
  std::sort(page.lines.begin(), page.lines.end(), by_number);
  const std::size_t count = page.lines.size();
  page.next = last_number_;
  if (count > query.limit && !query.since)
    page.lines.erase(page.lines.begin(), page.lines.end() - static_cast<std::ptrdiff_t>(query.limit));
  if (count > query.limit && query.since) page.lines.resize(query.limit);
  std::size_t bytes = 0, fit = 0;
  while (fit < page.lines.size() && (bytes += page.lines[fit].line.text.size()) <= page_bytes) ++fit;
  const bool cut = fit < page.lines.size() || (query.since && count > query.limit);
  page.lines.resize(fit);
  if (cut && fit > 0) page.next = page.lines.back().line.number;
  return page;
}

bool Tails::has_news(const LogQuery& query) const {
  bool news = false;
  for_each(query, [&](const Entry&, Output, const Tail& tail) {
    if (news || tail.last() <= query.since.value_or(0)) return;
    tail.read_back(query.since.value_or(0), [&](const Tail::Line&) {
      news = true;
      return false;
    });
  });
  return news;
}

}  // namespace troupe::core
