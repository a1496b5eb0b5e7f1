#include "daemon/stream/streams.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "daemon/stream/file_target.h"
#include "daemon/stream/other_targets.h"
#include "lib/log/log.h"
#include "lib/loop/loop.h"
#include "lib/os/proc_machine.h"

namespace troupe {

using conf::StreamClass;
using core::SourceId;

namespace {

constexpr const char* syslog_address = "/dev/log";

}  // namespace

/// A source and its place in the loop.
struct Streams::Entry {
  Entry(Streams& to, Source::Shared shared, SourceId id, const core::Spawn& spawn, core::Output output,
        const core::Capture& capture, Target& target, os::Fd pipe)
      : streams(to), source(shared, id, spawn.process, output, capture, target, std::move(pipe)) {
    // Edge-triggered: one system call for the life of the pipe. What was announced is in the queue until
    // the pipe is found empty.
    source.watch = std::make_unique<loop::FdWatch>(streams.loop_, source.pipe(),
                                                   loop::Ready{.readable = true, .edge = true},
                                                   loop::FdWatch::OnReady::to<&Entry::on_ready>(*this));
  }
  void on_ready(loop::Ready) { streams.resume(source.id()); }

  Streams& streams;
  Source source;
};

Streams::Streams(loop::Loop& loop, StreamsOptions options)
    : loop_(loop),
      options_(std::move(options)),
      tails_(options_.tails),
      scratch_(Arena::stage_size, '\0'),
      compressor_(loop),
      followers_(loop, tails_),
      turn_(loop, loop::Deferred::OnCall::to<&Streams::on_turn>(*this)),
      timer_(loop, loop::TimerWatch::OnTimer::to<&Streams::on_timer>(*this)) {}

Streams::~Streams() {
  listener_ = nullptr;  // it may be gone already
  const Instant now = loop_.now();
  for (const auto& [id, entry] : sources_) {
    for (Target* target : entry->source.targets()) target->hurry(true);
    entry->source.finish(now);
    // The next one does not wait for the end of its line.
    for (Target* target : entry->source.targets()) target->detach(id);
  }
}

// ---- a process begins

int Streams::open(const core::Spawn& spawn, OutputEnds& ends) {
  const core::SpawnSpec& spec = spawn.spec;
  int error = 0;
  if (spec.out_stream && spec.out == core::Stdio::stream)
    error = open_one(spawn, core::Output::out, *spec.out_stream, ends.out);
  if (error == 0 && spec.err_stream && spec.err == core::Stdio::stream)
    error = open_one(spawn, core::Output::err, *spec.err_stream, ends.err);
  return error;
}

int Streams::open_one(const core::Spawn& spawn, core::Output output, const core::Capture& capture,
                      os::Fd& end) {
  int error = 0;
  os::Pipe pipe = os::open_pipe(true, error);
  if (error != 0) return error;
  if (std::max(pipe.read.get(), pipe.write.get()) >= options_.descriptors.lasting) return EMFILE;
  end = std::move(pipe.write);
  const SourceId id = ++last_source_;
  Target& target = target_of(capture, output);
  sources_[id] = std::make_unique<Entry>(*this, Source::Shared{arena_, tails_, scratch_}, id, spawn, output,
                                         capture, target, std::move(pipe.read));
  by_process_[spawn.process].push_back(id);
  target.attach(id, {capture.watcher, output}, capture.settings, loop_.now());
  return 0;
}

/// Nobody can know it before, or read it; the processes that come later write into it, too. One that cannot
/// be made is told of by the target.
const std::string& Streams::own_file(const core::Capture& capture, core::Output output) {
  std::string name = capture.watcher + "-" + std::string(core::to_text(output));
  std::replace(name.begin(), name.end(), '/', '_');
  std::string& path = own_files_[name];
  if (!path.empty()) return path;
  const char* folder = std::getenv("TMPDIR");
  path =
      std::string(folder && *folder ? folder : "/tmp") + "/troupe-" + options_.boot + "-" + name + "-XXXXXX";
  const os::Fd made(mkostemp(path.data(), O_CLOEXEC));
  return path;
}

Target& Streams::target_of(const core::Capture& capture, core::Output output) {
  const StreamClass kind = capture.settings.kind;
  const bool to_stdout = kind == StreamClass::standard_output || kind == StreamClass::fancy;
  // No path begins with a NUL.
  std::string key = to_stdout                     ? std::string("\0stdout", 7)
                    : kind == StreamClass::syslog ? std::string("\0syslog", 7)
                    : capture.settings.filename   ? *capture.settings.filename
                                                  : own_file(capture, output);
  std::unique_ptr<Target>& target = targets_[key];
  if (target) return *target;
  if (to_stdout) {
    target = std::make_unique<StdoutTarget>(loop_, *this);
  } else if (kind == StreamClass::syslog) {
    target = std::make_unique<SyslogTarget>(loop_, *this, syslog_address);
  } else {
    if (!capture.settings.filename)
      log::info("{}: {} goes to {}", capture.watcher, core::to_text(output), key);
    target = std::make_unique<FileTarget>(
        *this, key, capture.settings,
        FileTarget::Shared{compressor_, beginnings_, options_.descriptors.lasting});
  }
  return *target;
}

void Streams::on_cloned(core::ProcessId process, int pid) {
  const auto found = by_process_.find(process);
  if (found == by_process_.end()) return;
  for (const SourceId id : found->second) sources_.at(id)->source.set_pid(pid);
}

// ---- a stream is changed

/// It is among the sources of both targets until it moves, at the end of a line.
void Streams::redirect(const core::Redirect& redirect) {
  const auto found = by_process_.find(redirect.process);
  if (found == by_process_.end()) return;
  for (const SourceId id : found->second) {
    Source& source = sources_.at(id)->source;
    if (source.output() != redirect.output) continue;
    const core::Capture& capture = redirect.capture;
    Target& target = target_of(capture, redirect.output);
    Target* const given_up = source.next_target();
    if (&target == &source.target() || &target == given_up) {
      target.change({capture.watcher, redirect.output}, capture.settings);
    } else {
      target.attach(id, {capture.watcher, redirect.output}, capture.settings, loop_.now());
    }
    source.redirect(capture, target);
    if (given_up && given_up != &target && given_up != &source.target()) leave(*given_up, id);
    resume(id);
  }
}

// ---- a process ends

/// All that the process itself has written is in its pipes by now, and is written before the world hears of
/// the exit. What it started may hold them open; that is read for as long as it lasts.
void Streams::on_exit(core::ProcessId process) {
  const auto found = by_process_.find(process);
  if (found == by_process_.end()) return;
  const std::vector<SourceId> ids = found->second;
  for (const SourceId id : ids) {
    long budget = Source::a_whole_pipe;
    run(id, budget, true);
  }
}

void Streams::remove(SourceId id) {
  const auto found = sources_.find(id);
  Source& source = found->second->source;
  const core::ProcessId process = source.process();
  const auto of = by_process_.find(process);
  std::erase(of->second, id);
  if (of->second.empty()) {
    by_process_.erase(of);
    tails_.close(process, os::wall_time());
    followers_.news();
  }
  const std::vector<Target*> targets = source.targets();
  sources_.erase(found);
  for (Target* target : targets) leave(*target, id);
}

void Streams::leave(Target& target, SourceId id) {
  target.detach(id);
  if (!target.idle()) return;
  wakes_.erase(&target);
  std::erase_if(targets_, [&](const auto& entry) { return entry.second.get() == &target; });
}

// ---- turns

void Streams::resume(SourceId id) {
  const auto found = sources_.find(id);
  if (found == sources_.end() || std::exchange(found->second->source.queued, true)) return;
  queue_.push_back(id);
  turn_.schedule();
}

void Streams::on_turn() {
  long left = bytes_a_round;
  for (std::size_t turns = queue_.size(); turns > 0 && left > 0; --turns) {
    const SourceId id = queue_.front();
    queue_.pop_front();
    if (const auto found = sources_.find(id); found != sources_.end()) found->second->source.queued = false;
    long budget = bytes_a_source;
    run(id, budget);
    left -= bytes_a_source - budget;
  }
  if (!queue_.empty()) turn_.schedule();
}

void Streams::run(SourceId id, long& budget, bool hurries) {
  const auto found = sources_.find(id);
  if (found == sources_.end()) return;
  const long before = budget;
  Source& source = found->second->source;
  Target& target = source.target();
  Target* const next = source.next_target();
  target.hurry(hurries);
  if (next) next->hurry(hurries);
  const Source::Pump how = source.pump(budget, loop_.now());
  target.hurry(false);  // before one may go: others go on writing to it
  if (next) next->hurry(false);
  if (&source.target() != &target) leave(target, id);
  if (budget < before) followers_.news();
  if (how == Source::Pump::more) resume(id);
  if (how == Source::Pump::ended) remove(id);
}

void Streams::wake(Target& target, Instant at) {
  const auto [known, is_new] = wakes_.try_emplace(&target, at);
  known->second = std::min(known->second, at);
  if (!timer_.at() || *timer_.at() > at) timer_.set(at);
}

void Streams::on_timer() {
  const Instant now = loop_.now();
  std::vector<Target*> due;
  for (const auto& [target, at] : wakes_) {
    if (at <= now) due.push_back(target);
  }
  for (Target* target : due) {
    wakes_.erase(target);
    target->on_wake(now);
  }
  for (const auto& [target, at] : wakes_) wake(*target, at);
}

void Streams::report(const OutputTrouble& trouble) {
  if (listener_) listener_->on_output_trouble(trouble);
}

}  // namespace troupe
