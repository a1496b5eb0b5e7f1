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

const Value* ProcessReader::info(int pid) {
  if (is_blind_) return ::kill(pid, 0) != 0 && errno == ESRCH ? nullptr : hidden(pid);
  Known& known = find(pid);
  if (const auto done = read(known); !done) {
    known.stat_text.clear();
    return done.error().code == Code::not_found ? nullptr : hidden(pid);
  }
  return &known.info;
}

const Value* ProcessReader::hidden(int pid) {
  hidden_ = hidden_info(pid, moment_.wall, {});
  return &hidden_;
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

/// The same text says that the process has not run, grown or shrunk since: what else there is to read of it
/// is the same too.
Result<void> ProcessReader::read(Known& known) {
  char buffer[2048];
  const auto text = known.stat.read(buffer);
  if (!text) return text.error();
  const bool is_same = known.stat_text == *text && moment_.now < known.look_at;
  if (!is_same) {
    if (auto done = read_anew(known, *text); !done) return done;
  }
  ProcessReading& reading = known.reading;
  reading.cpu = samples_.percent(reading.stat, moment_.machine.ticks_per_second, moment_.now);
  if (is_same) {
    renew_info(known.info, reading, moment_.machine, moment_.wall);
  } else {
    known.info = process_info(reading, moment_.machine, moment_.wall, {}, {});
    known.stat_text = *text;
  }
  return {};
}

/// The resident size is that of statm: what stat has of it is only near.
Result<void> ProcessReader::read_anew(Known& known, std::string_view stat_text) {
  auto stat = os::parse_proc_stat(stat_text);
  if (!stat) return make_error(Code::not_found, "a process that ends while it is read");
  char buffer[256];
  const auto sizes = known.statm.read(buffer);
  if (!sizes) return sizes.error();
  const auto detail = os::parse_proc_statm(*sizes, page_size_);
  if (!detail) return make_error(Code::not_found, "a process that ends while it is read");
  ProcessReading& reading = known.reading;
  const bool must_look = reading.stat.comm != stat->comm || moment_.now >= known.look_at;
  reading.stat = *std::move(stat);
  reading.detail = *detail;
  if (must_look) {
    if (auto looked = look(known); !looked) return looked;
  }
  if (reading.stat.state == 'Z') reading.cmdline.clear();
  return {};
}

Result<void> ProcessReader::look(Known& known) {
  ProcessReading& reading = known.reading;
  const auto detail = os::read_proc_detail(reading.stat.pid);
  if (!detail) return detail.error();
  reading.username = users_.find(detail->uid);
  const auto cmdline = os::read_proc_cmdline(reading.stat.pid);
  reading.cmdline = cmdline ? *cmdline : std::string();
  known.look_at = moment_.now + look_again + reading.stat.pid % spreads * spread;
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
