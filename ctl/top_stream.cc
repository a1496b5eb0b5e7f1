#include "ctl/top_stream.h"

#include "ctl/render_values.h"

namespace troupe::ctl {

namespace {

constexpr std::string_view prefix = "stat.";
/// The measuring process is told among the daemon's own; its watcher has one of these names.
constexpr std::string_view measuring = "circusd-stats", measuring_here = "plugin:stats";

}  // namespace

/// `stat.NAME.PID`: a name may have dots itself.
void StreamFigures::add(std::string_view topic, Value data, Instant now) {
  const auto dot = topic.rfind('.');
  if (!topic.starts_with(prefix) || dot < prefix.size() || !data.find("pid")) return;
  const std::string pid(topic.substr(dot + 1));
  if (plain(data, "subtopic") != pid) return;
  const std::string own = plain(data, "name");
  if (own.empty()) {
    watchers_[std::string(topic.substr(prefix.size(), dot - prefix.size()))][pid] = {std::move(data), now};
  } else if (own == measuring) {
    watchers_[std::string(measuring_here)][pid] = {data, now};
    watchers_[std::string(measuring)][pid] = {std::move(data), now};
  } else if (pid == std::to_string(daemon_)) {
    heard_ = now;
  }
}

std::optional<Value> StreamFigures::stats(Instant now) {
  const auto is_old = [now](Instant heard) { return now - heard > lifetime; };
  for (auto& named : watchers_) {
    std::erase_if(named.second, [&](const auto& process) { return is_old(process.second.heard); });
  }
  std::erase_if(watchers_, [](const auto& named) { return named.second.empty(); });
  if (!heard_ || is_old(*heard_)) return std::nullopt;
  Value infos = Value::object();
  for (const auto& [name, processes] : watchers_) {
    Value known = Value::object();
    for (const auto& [pid, process] : processes) known.append(pid, process.info);
    infos.append(name, std::move(known));
  }
  return Value::object().set("infos", std::move(infos));
}

}  // namespace troupe::ctl
