#pragma once

#include <map>
#include <memory>
#include <string>

#include "daemon/descriptors.h"
#include "daemon/ports.h"
#include "lib/base/callback.h"
#include "lib/os/rlimits.h"

namespace troupe::loop {
class Loop;
}

namespace troupe {

struct Account;
struct Identity;

struct SpawnerOptions {
  /// Whose children the processes are: those of this process's parent (the keeper; CLONE_PARENT) or its own
  /// (tests that do without a keeper).
  enum class Parent { keeper, self } parent = Parent::keeper;
  /// The boot id: every process gets TROUPE_ID=<boot>.<process id>.
  std::string boot;
  /// The directory of the daemon's own cgroup (v2), below which every process gets one if it may be written;
  /// "" = without.
  std::string cgroup_parent;
  /// What children get as RLIMIT_NOFILE unless their own limits name it.
  os::Limit descriptor_limit;
  /// What processes that call the daemon have in their environment: the keys to its endpoints. They are kept
  /// here and not in a configuration, which clients may read.
  std::map<std::string, std::string> keys{};
  /// A spawn that would need descriptors beyond them fails at the stage "descriptors".
  Descriptors descriptors{};
  /// How users and groups are found; nullptr: in the data base of the system. It may take its time.
  Identity (*look_up)(const Account& account) = nullptr;
};

/// Starts processes with clone(CLONE_VM) and does not wait for their exec: the child runs beside this process
/// on a stack of its own and a block prepared for it, tells stage and errno through a close-on-exec pipe, and
/// the end of file of that pipe says that it executes its program or is gone. Joins the loop by itself.
///
/// All answers go to the listener from the loop, but for one: on_exit() reads a report that is still on its
/// way and delivers it before it returns.
class ProcessSpawner final : public Spawner, public PipedSpawner {
 public:
  ProcessSpawner(loop::Loop& loop, SpawnerOptions options);
  ~ProcessSpawner() override;

  /// Before the first spawn.
  void listen(ProcessListener& listener);
  /// Who has the sockets, for specs that name some.
  void take_sockets_from(SocketSource& sockets);
  /// Who captures output, for specs that ask for it.
  void capture_with(Outputs& outputs);

  void spawn(const core::Spawn& spawn) override;
  void spawn_piped(const core::Spawn& spawn, const StandardEnds& ends) override;
  /// Looks the process up by its id; `pid` counts only for one whose exit was already reported (a stop of
  /// what it left behind). With Reach::tree the signals go out later in the same turn of the loop, after one
  /// look at /proc for all such calls, and 0 only means that it is under way. ESRCH also when `child_pid` is
  /// no direct child.
  int signal(const core::Signal& signal) override;
  core::ProcessId on_exit(const Exit& exit) override;

  /// The keeper is dead, so nobody reports exits any more: from now on the spawner sees itself when a process
  /// is gone and gives an exit (without a status: nobody knows it) to the callback, which is to call
  /// on_exit() as for any other. What is spawned later fails at stage "parent".
  void on_keeper_gone(Callback<void(const Exit&)> report_exit);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe
