#include "lib/stats/process_reader.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "lib/os/own_proc.h"

namespace troupe::stats {

namespace {

constexpr Duration look_again = 10s;
/// Spreads the looks of processes that began together over as long again.
constexpr Duration spread = 10ms;
constexpr int spreads = 1000;

}  // namespace

ProcessReader::ProcessReader(std::size_t most_kept)
    : most_kept_(most_kept), page_size_(static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))) {}

void ProcessReader::begin() {
  moment_ = moment_after(moment_);
  is_blind_ = !os::proc_is_ours();
}

std::optional<Value> ProcessReader::info(int pid) {
  if (is_blind_) {
    if (::kill(pid, 0) != 0 && errno == ESRCH) return std::nullopt;
    return hidden_info(pid, moment_.wall, {});
  }
  const auto reading = read(find(pid), pid);
  if (reading) return process_info(*reading, moment_.machine, moment_.wall, {}, {});
  if (reading.error().code == Code::not_found) return std::nullopt;
  return hidden_info(pid, moment_.wall, {});
}

ProcessReader::Known& ProcessReader::find(int pid) {
  const auto at = known_.find(pid);
  if (at != known_.end()) return at->second;
  Known& known = known_.emplace(pid, Known{{pid, "stat"}, {pid, "statm"}}).first->second;
  if (kept_ < most_kept_ && known.stat.keep_open() && known.statm.keep_open()) {
    known.is_kept = true;
    ++kept_;
  }
  return known;
}

Result<ProcessReading> ProcessReader::read(Known& known, int pid) {
  char buffer[2048];
  const auto text = known.stat.read(buffer);
  if (!text) return text.error();
  const auto stat = os::parse_proc_stat(*text);
  if (!stat) return make_error(Code::not_found, "a process that ends while it is read");
  const auto sizes = known.statm.read(buffer);
  if (!sizes) return sizes.error();
  const auto detail = os::parse_proc_statm(*sizes, page_size_);
  if (!detail) return make_error(Code::not_found, "a process that ends while it is read");
  if (known.comm != stat->comm || moment_.now >= known.look_at) {
    if (auto looked = look(known, *stat); !looked) return looked.error();
    known.look_at = moment_.now + look_again + pid % spreads * spread;
  }
  return ProcessReading{.stat = *stat,
                        .detail = *detail,
                        .cmdline = stat->state == 'Z' ? std::string() : known.cmdline,
                        .username = known.username,
                        .cpu = samples_.percent(*stat, moment_.machine.ticks_per_second, moment_.now)};
}

Result<void> ProcessReader::look(Known& known, const os::ProcStat& stat) {
  const auto detail = os::read_proc_detail(stat.pid);
  if (!detail) return detail.error();
  known.comm = stat.comm;
  known.username = users_.find(detail->uid);
  const auto cmdline = os::read_proc_cmdline(stat.pid);
  known.cmdline = cmdline ? *cmdline : std::string();
  return {};
}

void ProcessReader::forget(int pid) {
  const auto at = known_.find(pid);
  if (at == known_.end()) return;
  if (at->second.is_kept) --kept_;
  known_.erase(at);
  samples_.drop(pid);
}

void ProcessReader::forget_all() {
  known_.clear();
  samples_ = CpuSamples();
  kept_ = 0;
}

}  // namespace troupe::stats
