#include "ctl/top_sample.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "ctl/render_status.h"
#include "ctl/render_values.h"
#include "lib/api/events.h"
#include "lib/base/text.h"

namespace troupe::ctl {

namespace {

constexpr std::string_view units = "BKMGTPEZY";

std::optional<double> figure(const Value& facts, std::string_view key) {
  const double number = number_or(facts, key, -1);
  return number < 0 ? std::nullopt : std::optional(number);
}

void add_figure(std::optional<double>& sum, std::optional<double> more) {
  if (more) sum = sum.value_or(0) + *more;
}

TopEntry read_process(const std::string& pid, const Value& facts, const std::string& topic,
                      const Restarts& restarts) {
  TopEntry entry;
  entry.name = pid;
  if (!facts.as_object()) {  // a process that is gone is told as a text
    entry.state = "gone";
    return entry;
  }
  entry.state = "running";
  entry.note = plain(facts, "cmdline");
  entry.cpu = figure(facts, "cpu");
  entry.mem = figure(facts, "mem");
  entry.bytes = size_from_text(text_or(facts, "mem_info1", ""));
  entry.age = number_or(facts, "age", -1);
  const std::int64_t wid = restarts.wid_of(static_cast<std::int64_t>(number_or(facts, "pid", 0)));
  entry.restarts =
      restarts.of(topic, static_cast<std::int64_t>(number_or(facts, "wid", static_cast<double>(wid))));
  return entry;
}

void add_processes(TopWatcher& watcher, const Value& processes, const Restarts& restarts) {
  const std::string topic = api::topic_name(watcher.name);
  if (!processes.as_object()) return;
  for (const Member& member : *processes.as_object()) {
    TopEntry entry = read_process(member.key, member.value, topic, restarts);
    add_figure(watcher.cpu, entry.cpu);
    add_figure(watcher.mem, entry.mem);
    watcher.bytes += entry.bytes;
    watcher.age = std::max(watcher.age, entry.age);
    watcher.processes.push_back(std::move(entry));
  }
}

using Index = std::unordered_map<std::string_view, const Value*>;

Index index_of(const Value* object) {
  Index index;
  if (!object || !object->as_object()) return index;
  for (const Member& member : *object->as_object()) index.emplace(member.key, &member.value);
  return index;
}

const Value nothing;

const Value& at(const Index& index, const std::string& name) {
  const auto found = index.find(name);
  return found == index.end() ? nothing : *found->second;
}

}  // namespace

constexpr std::size_t most_unknown = 4096;

void Restarts::add(std::string_view topic, const Value& data) {
  constexpr std::string_view prefix = "watcher.";
  const auto dot = topic.rfind('.');
  if (!topic.starts_with(prefix) || dot <= prefix.size()) return;
  const std::string_view event = topic.substr(dot + 1);
  const auto pid = static_cast<std::int64_t>(number_or(data, "process_pid", 0));
  if (event == "spawn") {
    killed_.erase(pid);
    wids_[pid] = static_cast<std::int64_t>(number_or(data, "wid", -1));
  } else if (event == "reap") {
    wids_.erase(pid);
  }
  if (event == "kill") {
    // Of descendants there is no reap; a process that was started before the oldest event looks the same.
    if (wids_.count(pid) > 0 || killed_.size() < most_unknown) killed_.insert(pid);
  } else if (event == "reap" && killed_.erase(pid) == 0) {
    const std::string watcher(topic.substr(prefix.size(), dot - prefix.size()));
    ++counts_[{watcher, static_cast<std::int64_t>(number_or(data, "wid", 0))}];
  }
}

void Restarts::clear() {
  counts_.clear();
  wids_.clear();
  killed_.clear();
}

std::int64_t Restarts::of(const std::string& watcher) const {
  std::int64_t sum = 0;
  for (auto row = counts_.lower_bound({watcher, INT64_MIN}); row != counts_.end(); ++row) {
    if (row->first.first != watcher) break;
    sum += row->second;
  }
  return sum;
}

std::int64_t Restarts::of(const std::string& watcher, std::int64_t wid) const {
  const auto row = counts_.find({watcher, wid});
  return row == counts_.end() ? 0 : row->second;
}

std::int64_t Restarts::wid_of(std::int64_t pid) const {
  const auto row = wids_.find(pid);
  return row == wids_.end() ? -1 : row->second;
}

std::vector<TopWatcher> read_sample(const Value& status, const Value& stats, const Restarts& restarts) {
  std::vector<TopWatcher> watchers;
  const Value* statuses = status.find("statuses");
  if (!statuses || !statuses->as_object()) return watchers;
  const Index details = index_of(status.find("details")), infos = index_of(stats.find("infos"));
  for (const Member& member : *statuses->as_object()) {
    const Value& detail = at(details, member.key);
    TopWatcher& watcher = watchers.emplace_back();
    watcher.name = member.key;
    watcher.state = plain(detail, "state");
    if (watcher.state.empty()) watcher.state = plain(member.value);
    watcher.note = status_notes(detail, number_or(status, "time", 0));
    watcher.running = static_cast<std::int64_t>(number_or(detail, "running", 0));
    watcher.wanted = static_cast<std::int64_t>(number_or(detail, "wanted", 0));
    watcher.restarts = restarts.of(api::topic_name(member.key));
    const Value& exactly = at(infos, member.key);
    add_processes(watcher, exactly.is_null() ? at(infos, to_lower(member.key)) : exactly, restarts);
  }
  return watchers;
}

std::int64_t size_from_text(std::string_view text) {
  const auto power = text.empty() ? units.npos : units.find(text.back());
  const auto number = power == units.npos ? std::nullopt : parse_double(text.substr(0, text.size() - 1));
  if (!number || *number < 0) return 0;
  double bytes = *number;
  for (std::size_t i = 0; i < power; ++i) bytes *= 1024;
  return bytes < 9e18 ? static_cast<std::int64_t>(bytes) : 0;
}

std::string size_text(std::int64_t bytes) {
  auto number = static_cast<double>(bytes);
  std::size_t power = 0;
  while (number >= 1000 && power + 1 < units.size()) {
    number /= 1024;
    ++power;
  }
  char text[32];
  std::snprintf(text, sizeof text, power == 0 || number >= 100 ? "%.0f%c" : "%.1f%c", number, units[power]);
  return text;
}

}  // namespace troupe::ctl
