#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/descriptors.h"
#include "daemon/hooks/hook_helper.h"
#include "daemon/ports.h"
#include "lib/loop/deferred.h"

namespace troupe {

struct HookOptions {
  std::string helper;    ///< the path of hook_helper.py
  std::string endpoint;  ///< of control and events, as hooks can reach them
  std::string pubsub_endpoint;
  std::string config_folder;  ///< is looked through for Python modules too
  Descriptors descriptors{};
  std::string python{};  ///< the path of python3; "": there is none
};

/// Calls hooks: programs, each a process of its own, and Python functions, in a python3 for each watcher that
/// has some. Their processes are started by the spawner and reaped by the keeper like all others. It decides
/// nothing: what an answer means, and when a hook has taken too long, the core knows.
class HookPool final : public Hooks, private HookHelper::Owner {
 public:
  /// Pipes of what goes on printing after its hook has answered. Hooks that start when there are so many lose
  /// what they print, and extended_stats fails; so one for each watcher may come on top.
  static constexpr std::size_t most_lingering = 64;

  HookPool(loop::Loop& loop, PipedSpawner& spawner, HookOptions options);
  ~HookPool() override;

  /// Before the first hook.
  void listen(HookListener& listener) { listener_ = &listener; }
  void answer_with(Requests& requests) { requests_ = &requests; }

  void run(const core::RunHook& hook) override;
  void cancel(core::HookId hook) override;
  void end(core::WatcherId watcher) override;
  void on_spawned(core::ProcessId process, int pid) override;
  void on_spawn_failed(core::ProcessId process, const SpawnFailure& failure) override;
  void on_exit(core::ProcessId process, const Exit& exit) override;

 private:
  /// A program that was started.
  struct Program {
    core::HookId hook = 0;  ///< 0 = nobody waits for it any more
    bool is_stats = false;
    int pid = 0;
    std::unique_ptr<HookOutput> output;
    std::unique_ptr<HookOutput> collected;  ///< extended_stats: its standard output
  };

  void run_program(const core::RunHook& hook);
  void run_function(const core::RunHook& hook);
  HookHelper* find_helper(core::ProcessId process);
  void on_helper_exit(core::ProcessId process, const Exit& exit);
  HookHelper* start_helper(const core::RunHook& hook);
  void kill_tree(core::ProcessId process, int pid);
  /// The helper is out of use: its line is closed and it ends; with `kill` at once.
  void retire(core::WatcherId watcher, bool kill);
  void fail(core::HookId hook, std::string why);
  void tell();
  void keep(std::unique_ptr<HookOutput> output);
  bool may_read(const std::string& who);
  bool open_output(const std::string& who, os::Pipe& output);
  Value python_path() const;
  bool has_room(int fd) const { return fd < options_.descriptors.lasting; }

  void on_done(HookHelper& helper, const core::HookOutcome& outcome) override;
  void on_event(HookHelper& helper, const std::string& topic, Value data) override;
  std::string on_request(HookHelper& helper, std::string_view request) override;
  void on_broken(HookHelper& helper, const std::string& why) override;

  loop::Loop& loop_;
  PipedSpawner& spawner_;
  HookOptions options_;
  HookListener* listener_ = nullptr;
  Requests* requests_ = nullptr;
  std::map<core::ProcessId, Program> programs_;
  std::map<core::WatcherId, std::unique_ptr<HookHelper>> helpers_;
  std::map<core::ProcessId, bool> leaving_;  ///< helpers out of use → to be killed once they have a pid
  std::vector<std::unique_ptr<HookHelper>> retired_;  ///< destroyed from the loop
  std::vector<std::unique_ptr<HookOutput>> lingering_;
  bool told_lingering_ = false;
  std::vector<std::pair<core::HookId, core::HookOutcome>> failed_;
  core::ProcessId last_process_ = hook_process_bit;
  loop::Deferred later_;
};

/// The first python3 in the PATH of the daemon; relative folders do not count. "": there is none.
std::string find_python();

/// hook_helper.py beside this program, or where it is installed.
std::string find_hook_helper();

}  // namespace troupe
