#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/hooks/hook_output.h"
#include "daemon/ports.h"
#include "lib/json/reader.h"
#include "lib/loop/timer_watch.h"

namespace troupe {

/// The daemon's end of one python3 that calls the Python hooks of a watcher (hook_helper.py says what is said
/// on the line between them). One hook runs in it at a time.
class HookHelper {
 public:
  /// Lines that are longer end the helper.
  static constexpr std::size_t longest_line = 1 << 20;
  /// What it does not read of replies; more ends it too.
  static constexpr std::size_t most_unread = 8 << 20;

  /// What the line brings. Called from the loop; the helper may not be destroyed within.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_done(HookHelper& helper, const core::HookOutcome& outcome) = 0;
    virtual void on_event(HookHelper& helper, const std::string& topic, Value data) = 0;
    virtual std::string on_request(HookHelper& helper, std::string_view request) = 0;
    /// Nothing more is to be expected of it.
    virtual void on_broken(HookHelper& helper, const std::string& why) = 0;
  };

  HookHelper(loop::Loop& loop, Owner& owner, core::ProcessId process, const core::RunHook& first, os::Fd line,
             os::Fd output);  // without output what it prints is lost

  void run(const core::RunHook& hook);
  /// Takes what it said before it ended.
  void drain();
  void send(std::string text);
  /// It ends when it reads that there is nothing more.
  void close();

  const core::ProcessId process;
  const std::string watcher;
  const core::SpawnSpec spec;  ///< as the core asked for it
  const std::uint32_t version;
  int pid = 0;
  core::HookId hook = 0;  ///< that runs in it; 0 = none
  std::unique_ptr<HookOutput> output;
  /// Nothing comes from it any more.
  bool closed() const { return broken_; }

 private:
  /// How long its exit, which says more, may come after the end of its line.
  static constexpr Duration exit_patience = 1s;

  void on_closed();
  void on_late() { owner_.on_broken(*this, "it has closed its line to the daemon"); }
  void on_ready(loop::Ready ready);
  void take_line(std::string_view line);
  void write();
  void fail(const std::string& why);

  Owner& owner_;
  os::Fd line_;
  bool broken_ = false;
  std::string incoming_;
  std::string outgoing_;
  json::Reader reader_;
  loop::FdWatch watch_;
  loop::TimerWatch late_;
};

}  // namespace troupe
