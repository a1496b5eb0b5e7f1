#include "daemon/hooks/hook_pool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "daemon/core/words.h"
#include "lib/base/text.h"
#include "lib/json/writer.h"
#include "lib/log/log.h"
#include "lib/os/own_proc.h"

namespace troupe {

namespace {

/// A file in memory with that text, to read from its beginning.
os::Fd open_text(const std::string& text) {
  os::Fd file(memfd_create("hook", MFD_CLOEXEC));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      lseek(file.get(), 0, SEEK_SET) != 0) {
    return os::Fd();
  }
  return file;
}

std::string lingers() {
  return std::to_string(HookPool::most_lingering) +
         " processes that hooks have left running hold the pipes of theirs";
}

/// Exit status 0 is yes. Nothing of what a program that was killed has said counts.
core::HookOutcome outcome_of(const Exit& exit) {
  core::HookOutcome outcome;
  outcome.yes = exit.status == 0;
  if (!exit.status || *exit.status < 0) outcome.error = "it " + core::words_of(exit);
  return outcome;
}

/// What extended_stats has printed.
void read_stats(const std::string& text, const Exit& exit, core::HookOutcome& outcome) {
  auto stats = json::Reader().parse(text, json::Root::object);
  if (!outcome.yes) {
    outcome.error = "it " + core::words_of(exit);
  } else if (!stats) {
    outcome.error = "what it printed is no JSON object: " + stats.error().text;
  } else {
    outcome.stats = *std::move(stats);
  }
}

}  // namespace

HookPool::HookPool(loop::Loop& loop, PipedSpawner& spawner, HookOptions options)
    : loop_(loop),
      spawner_(spawner),
      options_(std::move(options)),
      later_(loop, loop::Deferred::OnCall::to<&HookPool::tell>(*this)) {}

HookPool::~HookPool() = default;

void HookPool::run(const core::RunHook& hook) {
  if (hook.spec.argv.empty()) {
    run_function(hook);
  } else {
    run_program(hook);
  }
}

void HookPool::fail(core::HookId hook, std::string why) {
  core::HookOutcome outcome;
  outcome.error = std::move(why);
  failed_.emplace_back(hook, std::move(outcome));
  later_.schedule();
}

/// From the loop: what failed at once is told, and what is out of use goes.
void HookPool::tell() {
  retired_.clear();
  std::erase_if(lingering_, [](const auto& output) { return output->ended(); });
  for (const auto& [hook, outcome] : std::exchange(failed_, {})) listener_->on_hook_done(hook, outcome);
}

/// What a hook leaves running may go on printing: the end of its pipe would kill it.
void HookPool::keep(std::unique_ptr<HookOutput> output) {
  if (!output) return;
  output->drain();
  if (!output->ended()) lingering_.push_back(std::move(output));
}

/// Where too much lingers, what later hooks print is not read: they print to /dev/null, and never into a pipe
/// that would have to be closed.
bool HookPool::may_read(const std::string& who) {
  std::erase_if(lingering_, [](const auto& output) { return output->ended(); });
  const bool may = lingering_.size() < most_lingering;
  if (!may && !told_lingering_) log::warning("{}: what hooks print is lost from here on: {}", who, lingers());
  told_lingering_ = !may;
  return may;
}

/// The pipe that a hook prints into, or /dev/null. False: no descriptor is left.
bool HookPool::open_output(const std::string& who, os::Pipe& output) {
  int error = 0;
  if (may_read(who)) {
    output = os::open_pipe(true, error);
  } else {
    output.write = os::Fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
  }
  return error == 0 && output.write && has_room(output.write.get());
}

// ---- programs

void HookPool::run_program(const core::RunHook& hook) {
  int error = 0;
  const os::Fd input = open_text(json::write(Value::object()
                                                 .set("hook", to_text(hook.hook))
                                                 .set("watcher", hook.spec.watcher)
                                                 .set("arguments", hook.arguments)) +
                                 "\n");
  const bool is_stats = hook.hook == conf::Hook::extended_stats;
  const std::string who = hook.spec.watcher + ": hook " + std::string(to_text(hook.hook));
  os::Pipe output;
  os::Pipe stats;
  const bool has_output = open_output(who, output);
  if (is_stats) stats = os::open_pipe(true, error);
  if (!input || !has_output || error != 0 || !has_room(stats.write.get())) {
    return fail(hook.id, options_.descriptors.none_left());
  }
  if (is_stats && !output.read) return fail(hook.id, lingers());
  Program program{hook.id, is_stats, 0, nullptr, nullptr};
  if (output.read) program.output = std::make_unique<HookOutput>(loop_, std::move(output.read), who);
  if (is_stats) program.collected = std::make_unique<HookOutput>(loop_, std::move(stats.read), who, true);
  core::Spawn spawn{++last_process_, hook.spec};
  spawn.spec.env["TROUPE_ENDPOINT"] = options_.endpoint;
  programs_.emplace(spawn.process, std::move(program));
  spawner_.spawn_piped(spawn,
                       {input.get(), is_stats ? stats.write.get() : output.write.get(), output.write.get()});
}

/// What a hook waits for is often a process of its own.
void HookPool::kill_tree(core::ProcessId process, int pid) {
  spawner_.signal(core::Signal{process, pid, SIGKILL, core::Reach::tree});
}

void HookPool::on_spawned(core::ProcessId process, int pid) {
  if (const auto program = programs_.find(process); program != programs_.end()) {
    program->second.pid = pid;
    if (program->second.hook == 0) kill_tree(process, pid);
    return;
  }
  if (HookHelper* helper = find_helper(process)) helper->pid = pid;
  const auto leaving = leaving_.find(process);
  if (leaving != leaving_.end() && leaving->second) kill_tree(process, pid);
}

void HookPool::on_spawn_failed(core::ProcessId process, const SpawnFailure& failure) {
  if (const auto program = programs_.find(process); program != programs_.end()) {
    const core::HookId hook = program->second.hook;
    programs_.erase(program);
    if (hook != 0) fail(hook, core::words_of(failure));
    return;
  }
  if (HookHelper* helper = find_helper(process)) on_broken(*helper, core::words_of(failure));
  leaving_.erase(process);
}

void HookPool::on_exit(core::ProcessId process, const Exit& exit) {
  leaving_.erase(process);
  const auto found = programs_.find(process);
  if (found == programs_.end()) return on_helper_exit(process, exit);
  Program program = std::move(found->second);
  programs_.erase(found);
  core::HookOutcome outcome = outcome_of(exit);
  if (program.is_stats) {
    program.collected->drain();
    if (!outcome.error) read_stats(program.collected->collected(), exit, outcome);
  }
  keep(std::move(program.output));
  keep(std::move(program.collected));
  if (program.hook != 0) listener_->on_hook_done(program.hook, outcome);
}

// ---- functions

HookHelper* HookPool::find_helper(core::ProcessId process) {
  for (const auto& [watcher, helper] : helpers_) {
    if (helper->process == process) return helper.get();
  }
  return nullptr;
}

void HookPool::on_helper_exit(core::ProcessId process, const Exit& exit) {
  if (HookHelper* helper = find_helper(process)) helper->drain();  // what it said before; that may retire it
  if (HookHelper* helper = find_helper(process)) on_broken(*helper, "it " + core::words_of(exit));
  leaving_.erase(process);
}

void HookPool::run_function(const core::RunHook& hook) {
  HookHelper* helper = nullptr;
  if (const auto known = helpers_.find(hook.watcher); known != helpers_.end()) {
    helper = known->second.get();
    if (helper->closed() || helper->version != hook.version || helper->spec != hook.spec) {
      retire(hook.watcher, helper->closed());
      helper = nullptr;
    }
  }
  if (!helper) helper = start_helper(hook);
  if (helper) helper->run(hook);
}

/// Nullptr: it was told why there is none.
HookHelper* HookPool::start_helper(const core::RunHook& hook) {
  if (options_.python.empty()) {
    fail(hook.id, "there is no python3 in the PATH of the daemon");
    return nullptr;
  }
  int ends[2] = {-1, -1};
  os::Pipe output;
  const bool has_output = open_output(hook.spec.watcher, output);
  const bool paired = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
  os::Fd ours(ends[0]), theirs(ends[1]);
  if (!has_output || !paired || !has_room(theirs.get())) {
    fail(hook.id, options_.descriptors.none_left());
    return nullptr;
  }
  core::Spawn spawn{++last_process_, hook.spec};
  // Isolated: nothing that the environment of the watcher names is run before its hooks are looked for.
  spawn.spec.argv = {options_.python, "-I", "-u", options_.helper};
  spawn.spec.env["TROUPE_ENDPOINT"] = options_.endpoint;
  HookHelper::Owner& owner = *this;
  auto helper = std::make_unique<HookHelper>(loop_, owner, spawn.process, hook, std::move(ours),
                                             std::move(output.read));
  Value env = Value::object();
  for (const auto& [name, value] : hook.spec.env) env.append(name, value);
  helper->send(json::write(Value::object()
                               .set("watcher", hook.spec.watcher)
                               .set("env", std::move(env))
                               .set("free", hook.free)
                               .set("endpoint", options_.endpoint)
                               .set("pubsub_endpoint", options_.pubsub_endpoint)
                               .set("path", python_path())));
  spawner_.spawn_piped(spawn, {theirs.get(), output.write.get(), output.write.get()});
  return (helpers_[hook.watcher] = std::move(helper)).get();
}

/// Where Python functions are looked for besides the PYTHONPATH of the watcher: that of the daemon, its
/// folder, and that of the configuration.
Value HookPool::python_path() const {
  Value path = Value::array();
  const char* const own = getenv("PYTHONPATH");
  for (const std::string_view folder : split(own ? own : "", ':')) {
    if (!folder.empty()) path.push(std::string(folder));
  }
  path.push("").push(options_.config_folder);
  return path;
}

void HookPool::retire(core::WatcherId watcher, bool kill) {
  const auto found = helpers_.find(watcher);
  if (found == helpers_.end()) return;
  std::unique_ptr<HookHelper> helper = std::move(found->second);
  helpers_.erase(found);
  helper->hook = 0;
  helper->close();
  keep(std::move(helper->output));
  leaving_.emplace(helper->process, kill);
  if (kill && helper->pid != 0) kill_tree(helper->process, helper->pid);
  retired_.push_back(std::move(helper));
  later_.schedule();
}

void HookPool::on_done(HookHelper& helper, const core::HookOutcome& outcome) {
  const core::HookId hook = std::exchange(helper.hook, 0);
  listener_->on_hook_done(hook, outcome);
}

void HookPool::on_event(HookHelper& helper, const std::string& topic, Value data) {
  listener_->on_hook_event(helper.watcher, topic, std::move(data));
}

std::string HookPool::on_request(HookHelper&, std::string_view request) {
  return requests_->ask(request);
}

void HookPool::on_broken(HookHelper& helper, const std::string& why) {
  const core::HookId hook = std::exchange(helper.hook, 0);
  log::warning("{}: the python3 of its hooks: {}", helper.watcher, why);
  for (const auto& [watcher, known] : helpers_) {
    if (known.get() != &helper) continue;
    retire(watcher, true);
    break;
  }
  if (hook != 0) fail(hook, "the python3 that it runs in: " + why);
}

// ---- both

void HookPool::cancel(core::HookId hook) {
  std::erase_if(failed_, [hook](const auto& failed) { return failed.first == hook; });
  for (auto& [process, program] : programs_) {
    if (program.hook != hook) continue;
    program.hook = 0;
    if (program.pid != 0) kill_tree(process, program.pid);
    return;
  }
  for (const auto& [watcher, helper] : helpers_) {
    if (helper->hook != hook) continue;
    retire(watcher, true);
    return;
  }
}

void HookPool::end(core::WatcherId watcher) {
  retire(watcher, false);
}

std::string find_python() {
  const char* const path = getenv("PATH");
  for (const std::string_view folder : split(path ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
    std::string program = std::string(folder) + "/python3";
    if (folder.starts_with('/') && access(program.c_str(), X_OK) == 0) return program;
  }
  return "";
}

std::string find_hook_helper() {
  const std::string folder = os::own_folder();
  for (const char* place : {"/hooks/hook_helper.py", "/../share/troupe/hook_helper.py"}) {
    if (!folder.empty() && access((folder + place).c_str(), R_OK) == 0) return folder + place;
  }
  return TROUPE_DATA "/hook_helper.py";
}

}  // namespace troupe
