#include "lib/conf/hook_rows.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "lib/conf/names.h"

namespace troupe::conf {

namespace {

constexpr std::string_view nothing = "nothing";
constexpr std::string_view stops = "the watcher stops";

constexpr HookRow rows[] = {
    {Hook::after_reap, "after_reap", "process_pid, time, exit_code, process_status",
     "after the `reap` event of a process", nothing},
    {Hook::after_signal, "after_signal", "pid, signum", "after a signal was sent to a process", nothing,
     true},
    {Hook::after_spawn, "after_spawn", "pid", "when a process runs, before its `spawn` event",
     "the process is ended, and the watcher stops"},
    {Hook::after_start, "after_start", "", "when all processes were started, before the `start` event",
     stops},
    {Hook::after_stop, "after_stop", "", "after the `stop` event", nothing, true},
    {Hook::before_reap, "before_reap", "process_pid, time", "when a process is gone, before its `reap` event",
     nothing},
    {Hook::before_signal, "before_signal", "pid, signum",
     "before a signal is sent to a process: by a stop, or by the command `signal`",
     "the signal is not sent, unless it is SIGKILL", true},
    {Hook::before_spawn, "before_spawn", "", "before each process is started", stops},
    {Hook::before_start, "before_start", "", "before a stopped watcher starts", "the watcher stays stopped"},
    {Hook::before_stop, "before_stop", "", "before the processes of a watcher are stopped", nothing, true},
    {Hook::extended_stats, "extended_stats", "pid, stats",
     "for each process when somebody asks for `stats --extended`", nothing},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    if (static_cast<std::size_t>(rows[i].hook) != i) return false;
  }
  return std::is_sorted(std::begin(rows), std::end(rows),
                        [](const HookRow& a, const HookRow& b) { return a.name < b.name; });
}
static_assert(in_order(), "the rows stand in the order of the enumeration, which is that of the names");

constexpr auto names = [] {
  std::array<std::string_view, std::size(rows)> all{};
  std::transform(std::begin(rows), std::end(rows), all.begin(), [](const HookRow& row) { return row.name; });
  return all;
}();

}  // namespace

std::span<const std::string_view> hook_names() {
  return names;
}

std::span<const HookRow> hook_rows() {
  return rows;
}

const HookRow& hook_row(Hook hook) {
  return rows[static_cast<std::size_t>(hook)];
}

}  // namespace troupe::conf
