#include "plugins/stats/roster.h"

#include <algorithm>

#include "lib/base/text.h"
#include "plugins/stats/topics.h"

namespace troupe::plugins::stats {

namespace {

constexpr std::string_view watcher_prefix = "watcher.";
constexpr int first_socket = 3;  ///< sd_listen_fds(3)

int number_of(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  const std::int64_t* number = value ? value->as_int() : nullptr;
  return number ? static_cast<int>(*number) : 0;
}

std::string text_of(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  const std::string* text = value ? value->as_text() : nullptr;
  return text ? *text : std::string();
}

}  // namespace

bool Roster::leaves_out(std::string_view name) const {
  return is_left_out(name) || name == to_lower(own_);
}

void Roster::take_snapshot(const Value& snapshot) {
  for (const auto& process : watcher_of_) gone_.push_back(process.first);
  watchers_.clear();
  watcher_of_.clear();
  wants_names_ = false;
  const Value* watchers = snapshot.find("watchers");
  if (!watchers || !watchers->as_object()) return;
  for (const Member& member : *watchers->as_object()) {
    std::string name = to_lower(member.key);
    if (leaves_out(name)) continue;
    const std::string topic_name = topic_form(name);
    watchers_[topic_name].name = std::move(name);
    const Value* processes = member.value.find("processes");
    if (!processes || !processes->as_array()) continue;
    for (const Value& process : *processes->as_array()) add_process(topic_name, number_of(process, "pid"));
  }
}

void Roster::on_event(std::string_view topic, const Value& data) {
  const auto dot = topic.rfind('.');
  if (!topic.starts_with(watcher_prefix) || dot <= watcher_prefix.size()) return;
  const std::string_view name = topic.substr(watcher_prefix.size(), dot - watcher_prefix.size());
  const std::string_view event = topic.substr(dot + 1);
  if (leaves_out(name)) return;
  if (event == "add") {
    add_watcher(name);
  } else if (event == "remove") {
    remove_watcher(name);
  } else if (event == "spawn") {
    add_process(name, number_of(data, "process_pid"));
  } else if (event == "reap") {
    remove_process(number_of(data, "process_pid"));
  }
}

void Roster::add_watcher(std::string_view topic_name) {
  const auto [at, is_new] =
      watchers_.try_emplace(std::string(topic_name), Watcher{std::string(topic_name), {}});
  if (is_new && topic_name.find('_') != std::string_view::npos) wants_names_ = true;
}

void Roster::remove_watcher(std::string_view topic_name) {
  const auto at = watchers_.find(topic_name);
  if (at == watchers_.end()) return;
  for (const int pid : at->second.pids) {
    watcher_of_.erase(pid);
    gone_.push_back(pid);
  }
  watchers_.erase(at);
}

/// A pid that is known already is that of a new process, whose predecessor's end was told to nobody.
void Roster::add_process(std::string_view topic_name, int pid) {
  if (pid <= 0) return;
  remove_process(pid);
  add_watcher(topic_name);
  watchers_.find(topic_name)->second.pids.push_back(pid);
  watcher_of_[pid] = topic_name;
}

void Roster::remove_process(int pid) {
  const auto known = watcher_of_.find(pid);
  if (known == watcher_of_.end()) return;
  std::erase(watchers_.find(known->second)->second.pids, pid);
  watcher_of_.erase(known);
  gone_.push_back(pid);
}

void Roster::take_names(const Value& list) {
  wants_names_ = false;
  const Value* names = list.find("watchers");
  if (!names || !names->as_array()) return;
  for (const Value& name : *names->as_array()) {
    if (!name.as_text()) continue;
    const auto at = watchers_.find(topic_form(*name.as_text()));
    if (at != watchers_.end()) at->second.name = *name.as_text();
  }
}

std::vector<ListedSocket> sockets_of(const Value& snapshot, int count) {
  std::vector<ListedSocket> found;
  const Value* sockets = snapshot.find("sockets");
  if (!sockets || !sockets->as_array()) return found;
  for (const Value& socket : *sockets->as_array()) {
    const int fd = number_of(socket, "fd");
    if (fd < first_socket || fd >= first_socket + count) continue;
    const std::string path = text_of(socket, "path");
    found.push_back({fd, path.empty()
                             ? text_of(socket, "host") + ":" + std::to_string(number_of(socket, "port"))
                             : path});
  }
  return found;
}

}  // namespace troupe::plugins::stats
