#include "daemon/spawn/spawner.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/spawn/cgroups.h"
#include "daemon/spawn/child_setup.h"
#include "daemon/spawn/child_sockets.h"
#include "daemon/spawn/clone_child.h"
#include "daemon/spawn/exit_watch.h"
#include "daemon/spawn/identities.h"
#include "daemon/spawn/prepared_child.h"
#include "daemon/spawn/stack_pool.h"
#include "daemon/spawn/tree_stops.h"
#include "lib/log/log.h"
#include "lib/loop/deferred.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/loop.h"
#include "lib/os/fd.h"
#include "lib/os/pidfd.h"
#include "lib/os/proc_children.h"
#include "lib/os/proc_stat.h"

namespace troupe {

namespace {

/// As many as the arbiter asks for in a turn (Arbiter::spawns_a_turn).
constexpr std::ptrdiff_t most_named_a_turn = 16;

}  // namespace

class ProcessSpawner::Impl final : public Leaders {
 public:
  Impl(loop::Loop& loop, SpawnerOptions options);
  ~Impl() override;

  void listen(ProcessListener& listener);
  void take_sockets_from(SocketSource& sockets) { sockets_ = &sockets; }
  void capture_with(Outputs& outputs) { outputs_ = &outputs; }
  void spawn(const core::Spawn& spawn, const StandardEnds& ends);
  int signal(const core::Signal& signal);
  core::ProcessId on_exit(const Exit& exit);
  void on_keeper_gone(Callback<void(const Exit&)> report_exit);

  int signal_leader(core::ProcessId process, int signum) override;
  std::unordered_set<int> leader_pids() const override;

 private:
  /// A child between clone and exec.
  struct Flight {
    Impl& spawner;
    core::ProcessId process;
    std::unique_ptr<PreparedChild> child;
    void* stack;
    os::Fd pipe;
    Instant started;
    ChildReport report{};
    std::size_t received = 0;
    std::unique_ptr<loop::FdWatch> watch;

    void on_ready(loop::Ready) { spawner.read_report(process); }  // may end this object
  };

  struct Process {
    int pid = 0;
    std::unique_ptr<Flight> flight;  ///< until the end of the pipe
  };

  void on_identity();
  void start_named();
  bool give_up_naming(core::ProcessId process);
  void fail(core::ProcessId process, SpawnFailure failure);
  std::optional<SpawnFailure> start(const core::Spawn& spawn, const StandardEnds& ends,
                                    std::unique_ptr<PreparedChild> child, Instant started);
  int make_child(core::ProcessId id, PreparedChild& child, void* stack);
  bool drain(Flight& flight);
  void read_report(core::ProcessId id);
  void land(core::ProcessId id);
  void report_failures();
  int signal_children(const Process& process, const core::Signal& signal);

  loop::Loop& loop_;
  SpawnerOptions options_;
  ChildSurroundings surroundings_;
  ProcessListener* listener_ = nullptr;
  SocketSource* sockets_ = nullptr;
  Outputs* outputs_ = nullptr;
  StackPool stacks_;
  std::vector<core::Spawn> nameless_;  ///< whose user is being looked up
  std::vector<core::Spawn> named_;     ///< whose user is known, or was so when they were put here
  loop::Deferred named_due_;
  Identities identities_;
  std::unordered_map<core::ProcessId, Process> processes_;
  std::unordered_map<int, core::ProcessId> by_pid_;
  std::vector<std::pair<core::ProcessId, SpawnFailure>> failures_;
  loop::Deferred failures_due_;
  Cgroups cgroups_;
  bool has_clone3_ = true;
  TreeStops stops_;
  std::unique_ptr<ExitWatch> exits_;  ///< once the keeper is gone
};

ProcessSpawner::Impl::Impl(loop::Loop& loop, SpawnerOptions options)
    : loop_(loop),
      options_(std::move(options)),
      surroundings_{options_.parent == SpawnerOptions::Parent::keeper ? getppid() : getpid(), options_.boot,
                    options_.descriptor_limit, options_.keys},
      named_due_(loop, Callback<void()>::to<&Impl::start_named>(*this)),
      identities_(loop, Identities::OnAnswer::to<&Impl::on_identity>(*this),
                  options_.look_up ? options_.look_up : look_up_identity),
      failures_due_(loop, Callback<void()>::to<&Impl::report_failures>(*this)),
      cgroups_(loop, options_.cgroup_parent, options_.boot),
      stops_(loop, *this, cgroups_, options_.boot, {surroundings_.parent, getpid()},
             options_.descriptors.lasting) {}

ProcessSpawner::Impl::~Impl() {
  // A child that is still on its way runs on its stack and block: those are left to it.
  for (auto& [id, process] : processes_) {
    if (!process.flight || drain(*process.flight)) continue;
    process.flight->watch.reset();
    (void)process.flight.release();
  }
}

void ProcessSpawner::Impl::listen(ProcessListener& listener) {
  listener_ = &listener;
  stops_.listen(listener);
}

void ProcessSpawner::Impl::spawn(const core::Spawn& spawn, const StandardEnds& ends) {
  const Instant started = loop_.now();
  SpawnFailure failure{};
  const Identity* const found = identities_.find({spawn.spec.uid, spawn.spec.gid}, started);
  if (!found) return nameless_.push_back(spawn);
  const Identity& identity = *found;
  if (identity.keeps_group() && getegid() == 0 && identities_.is_news(spawn.spec.watcher, *spawn.spec.uid)) {
    // As Circus; systemd would take a group of the same number.
    log::warning(
        "{}: there is no user with uid {}, so its processes keep the group of the daemon, root; "
        "set gid to change that",
        spawn.spec.watcher, *spawn.spec.uid);
  }
  auto child = PreparedChild::make(spawn, surroundings_, identity, failure);
  if (!child) return fail(spawn.process, std::move(failure));
  ChildSockets sockets(sockets_, options_.descriptors.lasting);  // until the child has its own
  if (auto failed = sockets.give(spawn.spec, *child)) return fail(spawn.process, *std::move(failed));
  if (auto failed = start(spawn, ends, std::move(child), started)) fail(spawn.process, *std::move(failed));
}

void ProcessSpawner::Impl::on_identity() {
  for (core::Spawn& one : std::exchange(nameless_, {})) named_.push_back(std::move(one));
  if (!named_due_.is_scheduled()) start_named();
}

/// One answer may be for all that are on their way, and each start takes its time.
void ProcessSpawner::Impl::start_named() {
  const auto end = named_.begin() + std::min<std::ptrdiff_t>(std::ssize(named_), most_named_a_turn);
  const std::vector<core::Spawn> now(std::make_move_iterator(named_.begin()), std::make_move_iterator(end));
  named_.erase(named_.begin(), end);
  for (const core::Spawn& one : now) spawn(one, {});  // what is piped names nobody
  if (!named_.empty()) named_due_.schedule();
}

/// True when the process waited for the data base of users: it is not started any more.
bool ProcessSpawner::Impl::give_up_naming(core::ProcessId process) {
  const auto waits = [process](const core::Spawn& spawn) { return spawn.process == process; };
  if (std::erase_if(nameless_, waits) + std::erase_if(named_, waits) == 0) return false;
  fail(process, {"user", ETIMEDOUT, "", "user: the data base of users has not answered"});
  return true;
}

void ProcessSpawner::Impl::fail(core::ProcessId process, SpawnFailure failure) {
  if (failure.error == EMFILE)
    failure = {"descriptors", EMFILE, "", "descriptors: " + options_.descriptors.none_left()};
  failures_.emplace_back(process, std::move(failure));
  failures_due_.schedule();
}

std::optional<SpawnFailure> ProcessSpawner::Impl::start(const core::Spawn& spawn, const StandardEnds& ends,
                                                        std::unique_ptr<PreparedChild> child,
                                                        Instant started) {
  const core::ProcessId id = spawn.process;
  OutputEnds outputs;  // closed here once the child has its own
  int error = outputs_ ? outputs_->open(spawn, outputs) : 0;
  os::Pipe pipe;
  if (error == 0) pipe = os::open_pipe(true, error);
  if (error != 0) return SpawnFailure{"pipe", error, ""};
  if (pipe.write.get() >= options_.descriptors.lasting) return SpawnFailure{"pipe", EMFILE, ""};
  void* stack = stacks_.take();
  if (stack == nullptr) return SpawnFailure{"stack", errno, ""};

  child->plan().report_fd = pipe.write.get();
  child->plan().given[1] = outputs.out.get();
  child->plan().given[2] = outputs.err.get();
  const int given[] = {ends.in, ends.out, ends.err};
  for (int fd = 0; fd < 3; ++fd) {
    if (given[fd] >= 0) child->plan().given[fd] = given[fd];
  }
  Process process;
  process.pid = make_child(id, *child, stack);
  if (process.pid < 0) {
    stacks_.give_back(stack);
    cgroups_.release(id);
    return SpawnFailure{"clone", -process.pid, ""};
  }
  if (outputs_) outputs_->on_cloned(id, process.pid);
  // Now, so that no later child holds this end.
  pipe.write.reset();
  process.flight = std::unique_ptr<Flight>(
      new Flight{*this, id, std::move(child), stack, std::move(pipe.read), started, {}, 0, {}});
  Flight& flight = *process.flight;
  flight.watch = std::make_unique<loop::FdWatch>(loop_, flight.pipe.get(), loop::Ready{.readable = true},
                                                 Callback<void(loop::Ready)>::to<&Flight::on_ready>(flight));
  if (exits_) exits_->add(process.pid);
  by_pid_[process.pid] = id;
  processes_[id] = std::move(process);
  return {};
}

/// The pid, or minus an errno.
int ProcessSpawner::Impl::make_child(core::ProcessId id, PreparedChild& child, void* stack) {
  const os::Fd cgroup = cgroups_.make(id);
  const Cloned cloned =
      clone_child(child.plan(), {.of_parent = options_.parent == SpawnerOptions::Parent::keeper,
                                 .stack = stack,
                                 .cgroup = cgroup.get(),
                                 .has_clone3 = has_clone3_});
  has_clone3_ = has_clone3_ && !cloned.no_clone3;
  if (cloned.cgroup_error != 0) {
    cgroups_.give_up(cloned.cgroup_error);
    cgroups_.release(id);
  }
  return cloned.pid;
}

/// True when the pipe is at its end: the child executes its program or is gone, and uses our memory no more.
bool ProcessSpawner::Impl::drain(Flight& flight) {
  for (;;) {
    char* const into = reinterpret_cast<char*>(&flight.report) + flight.received;
    char beyond;
    const std::size_t room = sizeof flight.report - flight.received;
    const ssize_t size = read(flight.pipe.get(), room > 0 ? into : &beyond, room > 0 ? room : 1);
    if (size == 0) return true;
    if (size > 0 && room > 0) flight.received += static_cast<std::size_t>(size);
    if (size < 0 && errno != EINTR) return false;
  }
}

void ProcessSpawner::Impl::read_report(core::ProcessId id) {
  const auto found = processes_.find(id);
  if (found != processes_.end() && found->second.flight && drain(*found->second.flight)) land(id);
}

/// Tells how a flight ended.
void ProcessSpawner::Impl::land(core::ProcessId id) {
  Process& process = processes_[id];
  const std::unique_ptr<Flight> flight = std::move(process.flight);
  stacks_.give_back(flight->stack);
  const int pid = process.pid;
  if (flight->received < sizeof flight->report) {
    listener_->on_spawned(id, pid, flight->started);
    return;
  }
  by_pid_.erase(pid);
  if (exits_) exits_->forget(pid);
  processes_.erase(id);
  cgroups_.release(id);
  listener_->on_spawn_failed(id, flight->child->failure(flight->report));
  stops_.leader_gone(id);
}

void ProcessSpawner::Impl::report_failures() {
  const auto failures = std::exchange(failures_, {});
  for (const auto& [process, failure] : failures) listener_->on_spawn_failed(process, failure);
}

core::ProcessId ProcessSpawner::Impl::on_exit(const Exit& exit) {
  const auto known = by_pid_.find(exit.pid);
  if (known == by_pid_.end()) return 0;
  const core::ProcessId id = known->second;
  Process& process = processes_[id];
  // A dead process has closed its end, so this reads to the end.
  if (process.flight && drain(*process.flight)) land(id);
  if (by_pid_.erase(exit.pid) == 0) return 0;  // it had failed
  processes_.erase(id);
  cgroups_.release(id);
  stops_.leader_gone(id);
  return id;
}

void ProcessSpawner::Impl::on_keeper_gone(Callback<void(const Exit&)> report_exit) {
  if (exits_) return;
  exits_ = std::make_unique<ExitWatch>(loop_, options_.descriptors.lasting, report_exit);
  for (const auto& [id, process] : processes_) exits_->add(process.pid);
}

int ProcessSpawner::Impl::signal_leader(core::ProcessId id, int signum) {
  const auto found = processes_.find(id);
  if (found == processes_.end()) return ESRCH;
  const int pid = found->second.pid;
  if (exits_) return exits_->signal(pid, signum);
  // The keeper holds the pid until its exit is recorded here: it is nobody else's. A pidfd for each would
  // only be a descriptor that every child copies and closes again.
  return ::kill(pid, signum) == 0 ? 0 : errno;
}

std::unordered_set<int> ProcessSpawner::Impl::leader_pids() const {
  std::unordered_set<int> pids;
  for (const auto& [pid, id] : by_pid_) pids.insert(pid);
  return pids;
}

int ProcessSpawner::Impl::signal(const core::Signal& signal) {
  const auto found = processes_.find(signal.process);
  const bool alive = found != processes_.end();
  if (!alive && give_up_naming(signal.process)) return 0;
  if (signal.reach == core::Reach::tree) {
    const int pid = alive ? found->second.pid : signal.pid;
    // It never was there, and no stop remembers it; as a root 0 would be everything of the kernel's.
    if (pid <= 0 && !stops_.knows(signal.process)) return ESRCH;
    stops_.signal_tree(signal.process, pid, alive, signal.signum, signal.watch);
    return 0;
  }
  if (!alive) return ESRCH;
  if (signal.reach != core::Reach::process) return signal_children(found->second, signal);
  const int error = signal_leader(signal.process, signal.signum);
  if (error == 0 && signal.watch) {
    const int pid = found->second.pid;
    stops_.watch(signal.process, pid, signal.signum, {pid});
  }
  return error;
}

int ProcessSpawner::Impl::signal_children(const Process& process, const core::Signal& signal) {
  const bool one = signal.reach == core::Reach::child;
  std::vector<int> signalled;
  int error = one ? ESRCH : 0;
  for (const int pid : one ? std::vector<int>{signal.child_pid} : os::direct_children(process.pid)) {
    int refused = 0;
    const os::Pidfd pidfd = os::Pidfd::open(pid, refused);
    // Still its child: the pid may have changed hands, or have been another's all along.
    const auto stat = os::read_proc_stat(pid);
    if (!stat || stat->ppid != process.pid || stat->state == 'Z') continue;
    const int failed =
        pidfd ? pidfd.send_signal(signal.signum) : (::kill(pid, signal.signum) == 0 ? 0 : errno);
    if (one || failed != ESRCH) error = failed;
    if (failed == 0) signalled.push_back(pid);
  }
  if (signal.watch) stops_.watch(signal.process, process.pid, signal.signum, signalled);
  return error;
}

ProcessSpawner::ProcessSpawner(loop::Loop& loop, SpawnerOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
ProcessSpawner::~ProcessSpawner() = default;

void ProcessSpawner::listen(ProcessListener& listener) {
  impl_->listen(listener);
}

void ProcessSpawner::take_sockets_from(SocketSource& sockets) {
  impl_->take_sockets_from(sockets);
}

void ProcessSpawner::capture_with(Outputs& outputs) {
  impl_->capture_with(outputs);
}

void ProcessSpawner::spawn(const core::Spawn& spawn) {
  impl_->spawn(spawn, {});
}

void ProcessSpawner::spawn_piped(const core::Spawn& spawn, const StandardEnds& ends) {
  impl_->spawn(spawn, ends);
}

int ProcessSpawner::signal(const core::Signal& signal) {
  return impl_->signal(signal);
}

core::ProcessId ProcessSpawner::on_exit(const Exit& exit) {
  return impl_->on_exit(exit);
}

void ProcessSpawner::on_keeper_gone(Callback<void(const Exit&)> report_exit) {
  impl_->on_keeper_gone(report_exit);
}

}  // namespace troupe
