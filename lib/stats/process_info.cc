#include "lib/stats/process_info.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "lib/base/text.h"

namespace troupe::stats {

namespace {

constexpr const char* not_known = "N/A";
constexpr std::size_t most_members = 14;

/// When the kernel says that the process began; one division, so that the decimals stay those of the ticks.
double create_time(const os::ProcStat& stat, const os::Machine& machine) {
  const auto ticks_per_second = static_cast<double>(machine.ticks_per_second);
  return (machine.boot_time * ticks_per_second + static_cast<double>(stat.start_time)) / ticks_per_second;
}

double percent_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 0;
  return std::round(static_cast<double>(part) / static_cast<double>(whole) * 100'000) / 1000;
}

double shown_cpu(const ProcessReading& reading) {
  return reading.stat.state == 'Z' ? 0.0 : reading.cpu;
}

double age_since(double start, double now) {
  return std::max(0.0, now - start);
}

void add_watched(Value& info, const std::optional<WatchedProcess>& watched) {
  if (!watched) return;
  info.append("started", watched->started);
  info.append("wid", watched->wid);
}

}  // namespace

Value process_info(const ProcessReading& reading, const os::Machine& machine, double now,
                   Value::Array children, const std::optional<WatchedProcess>& watched) {
  const os::ProcStat& stat = reading.stat;
  const auto ticks = stat.utime + stat.stime + stat.cutime + stat.cstime;
  const double created = create_time(stat, machine);
  const double since = watched ? watched->started : created;

  Value info = Value::object(most_members);
  info.append("mem_info1", human_size(reading.detail.rss));
  info.append("mem_info2", human_size(reading.detail.vsize));
  info.append("cpu", shown_cpu(reading));
  info.append("mem", percent_of(reading.detail.rss, machine.total_memory));
  info.append("ctime", cpu_time_text(ticks, machine.ticks_per_second));
  info.append("pid", stat.pid);
  info.append("username", reading.username);
  info.append("nice", stat.nice);
  info.append("create_time", created);
  info.append("age", age_since(since, now));
  info.append("cmdline", program_name(reading.cmdline));
  info.append("children", std::move(children));
  add_watched(info, watched);
  return info;
}

void renew_info(Value& info, const ProcessReading& reading, const os::Machine& machine, double now) {
  info.set("cpu", shown_cpu(reading));
  info.set("age", age_since(create_time(reading.stat, machine), now));
}

Value hidden_info(int pid, double now, const std::optional<WatchedProcess>& watched) {
  Value info = Value::object(most_members);
  for (const char* key : {"mem_info1", "mem_info2", "cpu", "mem", "ctime"}) info.append(key, not_known);
  info.append("pid", pid);
  for (const char* key : {"username", "nice", "create_time"}) info.append(key, not_known);
  info.append("age", watched ? Value(age_since(watched->started, now)) : Value(not_known));
  info.append("cmdline", not_known);
  info.append("children", Value::array());
  add_watched(info, watched);
  return info;
}

Value gone_info() {
  return "No such process (stopped?)";
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + "B";
  constexpr std::string_view units = "KMGTPE";  // E: 2^64 bytes are 16 of it
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, "%.2f%c", size, units[unit]);
  return text;
}

std::string cpu_time_text(std::uint64_t ticks, std::uint64_t ticks_per_second) {
  const auto seconds = ticks / ticks_per_second;
  const auto microseconds = ticks % ticks_per_second * 1'000'000 / ticks_per_second;
  char text[64];
  std::snprintf(text, sizeof text, "%u:%02u.", static_cast<unsigned>(seconds / 60 % 60),
                static_cast<unsigned>(seconds % 60));
  return text + std::to_string(microseconds).substr(0, 2);
}

std::string program_name(std::string_view cmdline) {
  const auto words = split_spaces(cmdline.substr(0, cmdline.find('\0')));
  if (words.empty()) return not_known;
  const auto name = words.front().substr(words.front().rfind('/') + 1);
  return name.empty() ? not_known : std::string(name);
}

}  // namespace troupe::stats
