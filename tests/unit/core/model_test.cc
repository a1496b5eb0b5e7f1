#include <algorithm>
#include <cerrno>

#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

using namespace troupe;
using namespace troupe::core;

namespace {

using Kind = Operation::Kind;
using State = Watcher::State;

/// A world under random operations and inputs. After each step what must always hold is checked; now and then
/// everything is let come to rest, and what must hold then is checked too. The same seed is the same story.
class Story {
 public:
  explicit Story(std::uint64_t seed)
      : bench_({.warmup_delay = seed % 3 == 0 ? Duration(200ms) : Duration{}, .seed = seed}), random_(seed) {
    bench_.open_sockets({"one", "two"});
    for (int i = 0; i < 3; ++i) add_watcher();
  }

  /// What was wrong, or nothing.
  std::vector<std::string> play(int steps) {
    for (int i = 0; i < steps && faults_.empty() && !bench_.left; ++i) {
      step();
      check_always();
    }
    if (faults_.empty() && !bench_.left) rest();
    if (faults_.empty()) end();
    return faults_;
  }
  const std::vector<std::string>& told() const { return told_; }
  std::size_t steps() const { return steps_; }

 private:
  bool restarting() const {
    const auto no = bench_.world.refusal();
    return no && !bench_.world.quitting();
  }

  static constexpr int programs = 4, hooks = 3;

  int pick(int count) { return static_cast<int>(random_.next() % static_cast<std::uint64_t>(count)); }
  bool chance(int percent) { return pick(100) < percent; }
  Duration some(Duration limit) { return Duration(pick(static_cast<int>(limit / 1ms) + 1) * 1ms); }
  void expect(bool holds, const std::string& what) {
    if (!holds) faults_.push_back(what);
  }
  void tell(std::string what) { told_.push_back(std::move(what)); }

  conf::WatcherConfig random_config(std::string name) {
    auto config = Bench::config(std::move(name), pick(5), "p" + std::to_string(pick(programs)));
    config.respawn = !chance(15);
    config.max_retry = pick(5) - 1;
    config.graceful_timeout = some(3s);
    config.stop_children = chance(30);
    config.send_hup = chance(10);
    config.priority = pick(3);
    config.autostart = !chance(20);
    if (chance(30)) config.warmup_delay = some(500ms);
    if (chance(30)) config.restart_delay = some(2s);
    if (chance(50)) config.restart_delay_max = some(5s);
    if (chance(20)) config.max_age = 5s + some(10s);
    if (chance(10)) config.plugin = config.name;
    config.on_demand = chance(15);
    config.use_sockets = true;
    if (chance(30)) config.args.text = "$(circus.sockets.two)";
    if (chance(3)) config.error = "bad";
    if (chance(40)) add_hooks(config);
    return config;
  }

  void add_hooks(conf::WatcherConfig& config) {
    for (const conf::HookRow& row : conf::hook_rows()) {
      if (chance(40)) config.hooks[std::string(row.name)] = {"h" + std::to_string(pick(hooks)), chance(30)};
    }
    config.hook_timeout = some(1s);
  }

  HookPlay random_hook() {
    HookPlay play;
    play.yes = chance(85);
    if (chance(30)) play.takes = some(1500ms);
    if (chance(10)) play.error = "no";
    return play;
  }

  Program random_program() {
    Program program;
    if (chance(25)) program.exec_error = chance(50) ? ENOENT : EAGAIN;
    if (chance(50)) program.exec_takes = some(500ms);
    program.waits_for_user = chance(20);
    program.ignores_stop = chance(20);
    if (chance(50)) program.stop_takes = some(2s);
    if (chance(25)) program.lives = some(2s);
    program.descendants = chance(30) ? pick(3) : 0;
    program.descendants_stay = chance(50);
    return program;
  }

  void add_watcher() {
    const std::string name = "w" + std::to_string(pick(6));
    const auto added = bench_.world.add(random_config(name), true, bench_.now);
    bench_.perform();
    if (added) tell("add " + name);
  }

  /// One that is there; 0 when there is none.
  WatcherId some_watcher() {
    const auto watchers = bench_.world.watchers();
    return watchers.empty()
               ? 0
               : watchers[static_cast<std::size_t>(pick(static_cast<int>(watchers.size())))]->id();
  }

  void await(Ticket ticket) { tickets_.push_back(ticket); }

  void step() {
    ++steps_;
    if (chance(60)) return pass_time();
    const WatcherId id = some_watcher();
    if (id == 0 || chance(4)) return add_watcher();
    switch (pick(20)) {
      case 0:
      case 1:
      case 2:
        return operate(id, Kind::start);
      case 3:
        return operate(id, Kind::stop);
      case 4:
        return operate(id, Kind::restart);
      case 5:
      case 6:
        return operate(id, Kind::reload);
      case 7:
        return update(id, false);
      case 8:
        return update(id, true);
      case 9:
        return kill(id);
      case 10:
        return hold(id);
      case 11:
        return unhold(id);
      case 12:
        return crash();
      case 13:
        bench_.programs["p" + std::to_string(pick(programs))] = random_program();
        bench_.hooks["h" + std::to_string(pick(hooks))] = random_hook();
        return;
      case 14:
        return stray();
      case 15:
        return several();
      case 16:
        return chance(25) ? remove(id) : ask_hooks(id);
      case 17:
        return chance(20) ? restart_arbiter() : reload_config();
      case 18:
        return chance(2) ? quit() : pass_time();
      default:
        return chance(50) ? connect() : answer_reread();
    }
  }

  void pass_time() {
    for (int i = pick(4); i >= 0; --i) {
      if (!bench_.turn()) bench_.run_for(some(300ms));
    }
  }

  void operate(WatcherId id, Kind kind) {
    tell(std::string(to_text(kind)) + " " + bench_.watcher(id).name());
    await(bench_.run(id, kind, !chance(20), chance(30)));
  }

  void update(WatcherId id, bool reload) {
    auto config = bench_.watcher(id).config();
    const auto other = random_config(config.name);
    if (chance(70)) config.numprocesses = other.numprocesses;
    if (chance(20)) config.max_retry = other.max_retry;
    if (chance(20)) config.warmup_delay = other.warmup_delay;
    if (chance(20)) config.stop_children = other.stop_children;
    if (chance(20)) config.send_hup = other.send_hup;
    if (chance(10)) config.respawn = other.respawn;
    if (chance(10)) config.restart_delay = other.restart_delay;
    if (chance(10)) config.hooks = other.hooks;
    if (reload) config.cmd = other.cmd;
    tell("update " + config.name + " to " + std::to_string(config.numprocesses) +
         (reload ? " and reload" : ""));
    const Ticket ticket = bench_.next_ticket();
    await(ticket);
    bench_.world.update(id, config, 1, reload, ticket, bench_.now);
    bench_.perform();
  }

  void kill(WatcherId id) {
    Watcher::KillOrder order;
    const auto pids = bench_.pids(id);
    if (!pids.empty() && chance(50))
      order.pids = {pids[static_cast<std::size_t>(pick(static_cast<int>(pids.size())))]};
    if (chance(30)) order.signum = chance(50) ? SIGKILL : SIGINT;
    if (chance(30)) order.grace = some(2s);
    tell("kill " + bench_.watcher(id).name());
    await(bench_.kill(id, order));
  }

  void hold(WatcherId id) {
    Hold hold;
    hold.wid = chance(50) ? 0 : 1 + pick(4);
    hold.by = chance(50) ? "a" : "b";
    if (chance(70)) hold.until = bench_.now + some(3s);
    tell("hold " + bench_.watcher(id).name() + " " + std::to_string(hold.wid));
    bench_.hold(id, hold);
  }

  void unhold(WatcherId id) {
    tell("unhold " + bench_.watcher(id).name());
    bench_.unhold(id, chance(70) ? 0 : 1 + pick(4), chance(30) ? "" : "a");
  }

  void crash() {
    std::vector<int> pids;
    for (const auto& [id, process] : bench_.processes()) {
      if (process.alive) pids.push_back(process.pid);
    }
    if (pids.empty()) return;
    const int pid = pids[static_cast<std::size_t>(pick(static_cast<int>(pids.size())))];
    tell("crash " + std::to_string(pid));
    bench_.crash(pid, 1);
  }

  void connect() {
    const std::string socket = chance(50) ? "one" : "two";
    if (bench_.connect(socket)) tell("connect to " + socket);
  }

  /// A timer that nobody set, or reports of a process that ended: nothing may follow but the timer set anew.
  void stray() {
    const auto kind = static_cast<TimerKey::Kind>(pick(4));
    const TimerKey key{kind, kind == TimerKey::Kind::world ? 0 : random_.next() % 200};
    if (const auto set = bench_.timers().find(key);
        set == bench_.timers().end() || set->second > bench_.now) {
      bench_.world.on_timer(key, bench_.now);
      for (const Effect& effect : bench_.world.take()) {
        const auto* again = std::get_if<WakeAt>(&effect);
        expect(again && again->key == key, "timer " + std::to_string(static_cast<int>(key.kind)) + "/" +
                                               std::to_string(key.id) + " that nobody set had effect " +
                                               std::to_string(effect.index()));
      }
    }
    const ProcessId process = 1 + random_.next() % 300;
    if (bench_.ended.count(process) == 0) return;
    bench_.world.on_spawned(process, 4711, bench_.now, bench_.now);
    bench_.world.on_spawn_failed(process, {"exec", ENOENT, "x"}, bench_.now);
    bench_.world.on_signalled(process, 4712, SIGTERM, bench_.now);
    bench_.world.on_exited(process, Exit{4711, 0}, bench_.now);
    bench_.world.on_tree_gone(process, bench_.now);
    expect(bench_.world.take().empty(), "reports of a process that ended had an effect");
  }

  /// The command signal, or a question for extended stats.
  void ask_hooks(WatcherId id) {
    const auto pids = bench_.pids(id);
    tell("signal or stats " + bench_.watcher(id).name());
    if (pids.empty() || chance(50)) return await(bench_.signal(id, SIGHUP));
    const Ticket ticket = bench_.next_ticket();
    await(ticket);
    Value info = Value::object();
    for (const int pid : pids) info.set(std::to_string(pid), Value::object().set("pid", pid));
    bench_.world.extend_stats(id, Value::object().set("info", info), ticket, bench_.now);
    bench_.perform();
  }

  void several() {
    std::vector<WatcherId> ids;
    for (const Watcher* watcher : bench_.world.watchers()) {
      if (chance(70)) ids.push_back(watcher->id());
    }
    const Kind kinds[] = {Kind::start, Kind::start, Kind::stop, Kind::restart, Kind::reload};
    const Kind kind = kinds[pick(5)];
    tell("several " + std::string(to_text(kind)));
    await(bench_.run_all(ids, kind));
  }

  void remove(WatcherId id) {
    const bool stop = !chance(20);
    tell((stop ? "rm " : "rm nostop ") + bench_.watcher(id).name());
    if (!stop) abandoned_ = true;
    await(bench_.remove(id, stop));
  }

  void restart_arbiter() {
    tell("restart arbiter");
    await(bench_.restart_arbiter());
  }

  void quit() {
    tell("quit");
    await(bench_.quit());
  }

  void answer_reread() {
    if (bench_.rereads == rereads_) return;
    rereads_ = bench_.rereads;
    tell("reread");
    if (chance(30)) {
      bench_.world.on_reread(make_error(Code::invalid, "bad file"), bench_.now);
    } else {
      std::vector<conf::WatcherConfig> configs;
      for (int i = 0; i < 4; ++i) configs.push_back(random_config("w" + std::to_string(i)));
      bench_.world.on_reread(std::move(configs), bench_.now);
    }
    bench_.perform();
  }

  /// A file in which some sections are as they were, some are changed, and some come or go.
  void reload_config() {
    std::vector<conf::WatcherConfig> configs;
    for (int i = 0; i < 6; ++i) {
      const std::string name = "w" + std::to_string(i);
      const Watcher* const watcher = bench_.find(name);
      if (!watcher) {
        if (chance(30)) configs.push_back(random_config(name));
        continue;
      }
      if (chance(10)) continue;
      auto config = watcher->given();
      if (chance(30)) {
        config = random_config(name);
      } else if (chance(30)) {
        config.numprocesses = pick(5);
      } else if (chance(30)) {
        config.max_retry = pick(5) - 1;
      }
      configs.push_back(std::move(config));
    }
    tell("reloadconfig");
    await(bench_.reload_config(std::move(configs)));
  }

  void check_always() {
    for (const std::string& fault : bench_.faults) faults_.push_back(fault);
    for (const std::string& fault : bench_.world.audit()) faults_.push_back(fault);
    for (const Watcher* watcher : bench_.world.watchers()) {
      // numprocesses is at most 4: a graceful reload may have as many beside them.
      expect(watcher->process_count() <= 8, watcher->name() + " has too many processes");
      const bool up = watcher->state() == State::active || watcher->state() == State::starting;
      expect(up || bench_.pids(watcher->id()).empty(), watcher->name() + " runs although it is down");
    }
  }

  /// With programs that work and nobody who holds: everything that was asked for is done.
  void rest() {
    tell("rest");
    for (int i = 0; i < programs; ++i) bench_.programs["p" + std::to_string(i)] = {};
    for (int i = 0; i < hooks; ++i) bench_.hooks["h" + std::to_string(i)] = {};
    for (int i = 0; i < 3; ++i) {
      answer_reread();
      bench_.run_for(120s);
    }
    answer_reread();
    if (bench_.left) return;
    for (const Watcher* watcher : bench_.world.watchers()) {
      for (const Hold& hold : std::vector(watcher->holds())) bench_.unhold(watcher->id(), hold.wid, "");
    }
    bench_.run_for(120s);
    check_always();
    for (const Watcher* watcher : bench_.world.watchers()) check_at_rest(*watcher);
    check_answers();
    expect(bench_.world.settled() || bench_.left || restarting(), "the world is not settled");
  }

  static std::string describe(const Watcher& watcher) {
    std::string text = std::string(to_text(watcher.state()));
    for (const auto& [id, slot] : watcher.slots()) {
      text += ", " + std::string(to_text(slot.state())) + (slot.leaving() ? " leaving" : "") +
              (slot.attempted() ? "" : " untried") + " " + std::to_string(slot.wid());
    }
    for (const Hold& hold : watcher.holds()) text += ", held " + std::to_string(hold.wid);
    return text + (watcher.gave_up() ? ", gave up" : "") + (watcher.trouble() ? ", trouble" : "");
  }

  void check_at_rest(const Watcher& watcher) {
    const auto& config = watcher.config();
    const int running = static_cast<int>(bench_.pids(watcher.id()).size());
    // One that is too old may be on its way out just now.
    const int present = config.max_age > Duration{} ? watcher.process_count() : running;
    expect(watcher.state() == State::active || watcher.state() == State::stopped,
           watcher.name() + " is neither up nor down: " + describe(watcher));
    if (watcher.state() == State::stopped) {
      expect(watcher.slots().empty(), watcher.name() + " is stopped and has slots");
      const bool waits = config.on_demand && bench_.watched_sockets.count("two") > 0;
      expect(!watcher.wanted() || watcher.gave_up() || waits, watcher.name() + " is wanted and not up");
    } else if (config.respawn && !config.on_demand && !watcher.gave_up()) {
      // A failed place was given up, and a later start worked: fewer is right then.
      expect(
          present == config.numprocesses || given_up_before(watcher),
          watcher.name() + " has " + std::to_string(present) + " of " + std::to_string(config.numprocesses));
    }
  }

  /// Places that were given up stay empty until the next operation: that one fills them.
  bool given_up_before(const Watcher& watcher) {
    await(bench_.run(watcher.id(), Kind::start));
    bench_.run_for(60s);
    return watcher.process_count() == watcher.config().numprocesses;
  }

  void check_answers() {
    for (const Ticket ticket : tickets_) {
      expect(bench_.answered(ticket), "ticket " + std::to_string(ticket) + " was never answered");
    }
    expect(bench_.answers() <= tickets_.size(), "more answers than tickets");
  }

  /// A quit at any time ends everything, and everybody is told.
  void end() {
    if (!bench_.left) quit();
    bench_.run_for(120s);
    for (const std::string& fault : bench_.faults) faults_.push_back(fault);
    expect(bench_.left, "quit does not end");
    check_answers();
    expect(bench_.timers().empty(), "timers are left at the end");
    if (abandoned_) return;
    for (const auto& [id, process] : bench_.processes()) {
      expect(!process.alive, "process " + std::to_string(process.pid) + " is left at the end");
    }
    expect(bench_.spawns + bench_.untold_reaps == bench_.reaps, "spawns and reaps are not the same number");
  }

  Bench bench_;
  Random random_;
  std::vector<Ticket> tickets_;
  std::vector<std::string> faults_, told_;
  std::size_t steps_ = 0;
  int rereads_ = 0;
  bool abandoned_ = false;
};

}  // namespace

#ifdef __SANITIZE_ADDRESS__  // ten times as slow
constexpr std::uint64_t stories = 200;
#else
constexpr std::uint64_t stories = 1200;
#endif

TEST_CASE("whatever happens in whatever order, what must hold holds") {
  std::size_t steps = 0;
  for (std::uint64_t seed = 1; seed <= stories; ++seed) {
    Story story(seed);
    const auto faults = story.play(300);
    steps += story.steps();
    if (faults.empty()) continue;
    CAPTURE(seed);
    CAPTURE(story.told());
    CHECK(faults == Lines{});
    break;
  }
  CHECK(steps > stories * 170);
}
