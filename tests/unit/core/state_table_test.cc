#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "lib/base/signal_name.h"
#include "tests/unit/core/bench.h"

using namespace troupe;
using namespace troupe::core;

// Feeds every input in every state and prints what follows as the tables of ARCHITECTURE.md. The file must
// have exactly these tables; run with TROUPE_WRITE_DOCS=1 the test writes them into it.

namespace {

std::string word(const Effect& effect) {
  if (std::holds_alternative<Spawn>(effect)) return "Spawn";
  if (std::holds_alternative<CallOff>(effect)) return "CallOff";
  if (const auto* signal = std::get_if<Signal>(&effect)) {
    return signal_name(signal->signum) + (signal->reach == Reach::tree ? " to the tree" : "");
  }
  if (const auto* wake = std::get_if<WakeAt>(&effect)) return wake->at == never ? "timer off" : "timer";
  if (const auto* publish = std::get_if<Publish>(&effect)) {
    return "`" + publish->topic.substr(publish->topic.rfind('.') + 1) + "`";
  }
  if (const auto* settle = std::get_if<Settle>(&effect)) return settle->error ? "error" : "answer";
  return "";
}

/// The kinds of effects in the order of their first; how many when it is more than one.
std::string words(const Effects& effects) {
  std::vector<std::pair<std::string, int>> counted;
  for (const Effect& effect : effects) {
    const std::string text = word(effect);
    if (text.empty()) continue;
    const auto same = [&](const auto& entry) { return entry.first == text; };
    const auto known = std::find_if(counted.begin(), counted.end(), same);
    known == counted.end() ? void(counted.emplace_back(text, 1)) : void(++known->second);
  }
  std::string list;
  for (const auto& [text, count] : counted) {
    list += (list.empty() ? "" : ", ") + (count > 1 ? std::to_string(count) + " " : "") + text;
  }
  return list;
}

/// A world with one watcher, brought into a state by hand: the kernel of the bench answers nothing by itself.
struct Stage {
  explicit Stage(int numprocesses) {
    auto config = Bench::config("web", numprocesses);
    config.restart_delay = 5s;
    config.stop_children = true;
    config.max_retry = 1;
    id = *world.add(config, false, now);
  }
  const Watcher& watcher() const { return *world.find("web"); }
  const Slot* slot() const {
    const auto found = watcher().slots().find(slot_id);
    return found == watcher().slots().end() ? nullptr : &found->second;
  }
  void operate(Operation::Kind kind, bool sequential = false) {
    world.run(id, Operation{kind, ++ticket, true, sequential}, now);
  }
  void look() {
    const Effects effects = world.take();
    for (const Effect& effect : effects) {
      if (const auto* spawn = std::get_if<Spawn>(&effect)) processes.push_back(spawn->process);
    }
    if (slot_id == 0 && !watcher().slots().empty()) slot_id = watcher().slots().begin()->first;
  }
  void start() {
    operate(Operation::Kind::start);
    look();
  }
  void turn() { world.spawn_some(16, now); }
  void exec_worked(std::size_t index) {
    world.on_spawned(processes.at(index), 100 + static_cast<int>(index), now, now);
  }
  void exec_failed(std::size_t index) {
    world.on_spawn_failed(processes.at(index), {"exec", ENOENT, "web"}, now);
  }
  void exit(std::size_t index) {
    world.on_exited(processes.at(index), Exit{100 + static_cast<int>(index), 1}, now);
  }
  void run() {
    start();
    turn();
    look();
    for (std::size_t i = 0; i < processes.size(); ++i) exec_worked(i);
    look();
  }
  void stop() {
    operate(Operation::Kind::stop);
    look();
  }
  /// The time its timer is set to is far enough for a restart_delay and a graceful_timeout.
  void ring() {
    now += 60s;
    world.on_timer({TimerKey::Kind::slot, slot_id}, now);
  }

  World world{{}};
  Instant now = Instant{} + 1000s;
  WatcherId id = 0;
  SlotId slot_id = 0;
  std::vector<ProcessId> processes;
  Ticket ticket = 0;
};

template <class Subject>
struct Named {
  const char* name;
  void (*apply)(Subject&);
};

const Named<Stage> slot_states[] = {
    {"waiting",
     [](Stage& s) {
       s.run();
       s.exit(0);
       s.look();
     }},
    {"queued", [](Stage& s) { s.start(); }},
    {"spawning",
     [](Stage& s) {
       s.start();
       s.turn();
       s.look();
     }},
    {"running", [](Stage& s) { s.run(); }},
    {"stopping",
     [](Stage& s) {
       s.run();
       s.stop();
     }},
    {"stopping, reaped",
     [](Stage& s) {
       s.run();
       s.stop();
       s.exit(0);
       s.look();
     }},
};

const Named<Stage> slot_inputs[] = {
    {"turn of the loop", [](Stage& s) { s.turn(); }},
    {"exec worked", [](Stage& s) { s.processes.empty() ? void() : s.exec_worked(0); }},
    {"exec failed", [](Stage& s) { s.processes.empty() ? void() : s.exec_failed(0); }},
    {"exit", [](Stage& s) { s.processes.empty() ? void() : s.exit(0); }},
    {"tree gone",
     [](Stage& s) { s.processes.empty() ? void() : s.world.on_tree_gone(s.processes[0], s.now); }},
    {"its timer", [](Stage& s) { s.ring(); }},
    {"start", [](Stage& s) { s.operate(Operation::Kind::start); }},
    {"kill", [](Stage& s) { s.world.kill(s.id, {}, 0, s.now); }},
    {"kill -9", [](Stage& s) { s.world.kill(s.id, {.pids = {}, .signum = SIGKILL, .grace = {}}, 0, s.now); }},
    {"stop", [](Stage& s) { s.operate(Operation::Kind::stop); }},
    {"quit twice",
     [](Stage& s) {
       s.world.quit(0, s.now);
       s.world.hurry(s.now);
     }},
};

const Named<Stage> watcher_states[] = {
    {"stopped", [](Stage&) {}},
    {"starting",
     [](Stage& s) {
       s.start();
       s.turn();
       s.look();
       s.exec_worked(0);
       s.look();
     }},
    {"active", [](Stage& s) { s.run(); }},
    {"stopping",
     [](Stage& s) {
       s.run();
       s.stop();
     }},
};

void set_number(Stage& stage, int numprocesses) {
  auto config = stage.watcher().config();
  config.numprocesses = numprocesses;
  stage.world.update(stage.id, config, 1, false, ++stage.ticket, stage.now);
}

void set_command(Stage& stage) {
  auto config = stage.watcher().config();
  config.cmd = "better";
  stage.world.update(stage.id, config, 1, true, ++stage.ticket, stage.now);
}

const Named<Stage> watcher_inputs[] = {
    {"start", [](Stage& s) { s.operate(Operation::Kind::start); }},
    {"stop", [](Stage& s) { s.operate(Operation::Kind::stop); }},
    {"restart", [](Stage& s) { s.operate(Operation::Kind::restart); }},
    {"reload", [](Stage& s) { s.operate(Operation::Kind::reload); }},
    {"reload, sequential", [](Stage& s) { s.operate(Operation::Kind::reload, true); }},
    {"set numprocesses 1", [](Stage& s) { set_number(s, 1); }},
    {"set cmd", [](Stage& s) { set_command(s); }},
    {"kill", [](Stage& s) { s.world.kill(s.id, {}, ++s.ticket, s.now); }},
    {"hold",
     [](Stage& s) {
       s.world.hold(s.id, Hold{0, "check", "", never}, s.now);
     }},
    {"exec worked", [](Stage& s) { s.processes.empty() ? void() : s.exec_worked(1); }},
    {"exec failed, max_retry times", [](Stage& s) { s.processes.empty() ? void() : s.exec_failed(1); }},
    {"exit of one", [](Stage& s) { s.processes.empty() ? void() : s.exit(0); }},
    {"trees gone, exits of all",
     [](Stage& s) {
       for (const ProcessId process : s.processes) s.world.on_tree_gone(process, s.now);
       for (std::size_t i = 0; i < s.processes.size(); ++i) s.exit(i);
     }},
    {"rm", [](Stage& s) { s.world.remove(s.id, true, ++s.ticket, s.now); }},
    {"rm, nostop", [](Stage& s) { s.world.remove(s.id, false, ++s.ticket, s.now); }},
    {"quit", [](Stage& s) { s.world.quit(++s.ticket, s.now); }},
};

/// "→ stopping: `kill`, SIGTERM"; "waits" for an operation that is in the queue; "–" for nothing at all.
std::string cell(std::string_view before, std::string_view after, const Effects& effects, bool waits) {
  std::string text = before == after ? "" : "→ " + std::string(after);
  const std::string what = words(effects);
  if (!what.empty()) text += (text.empty() ? "" : ": ") + what;
  if (!text.empty()) return text;
  return waits ? "waits" : "–";
}

std::string slot_cell(const Named<Stage>& state, const Named<Stage>& input) {
  Stage stage(1);
  state.apply(stage);
  const auto name = [&] { return stage.slot() ? to_text(stage.slot()->state()) : std::string_view("gone"); };
  const std::string_view before = name();
  REQUIRE(std::string_view(state.name).substr(0, before.size()) == before);
  input.apply(stage);
  return cell(before, name(), stage.world.take(), false);
}

std::string watcher_cell(const Named<Stage>& state, const Named<Stage>& input) {
  Stage stage(2);
  state.apply(stage);
  const std::string_view before = to_text(stage.watcher().state());
  REQUIRE(state.name == before);
  const Ticket last = stage.ticket;
  input.apply(stage);
  const Watcher* watcher = stage.world.find("web");
  return cell(before, watcher ? to_text(watcher->state()) : "no more listed", stage.world.take(),
              stage.ticket > last);
}

template <class States, class Inputs, class Cell>
std::string table(const char* corner, const States& states, const Inputs& inputs, Cell make_cell) {
  std::string text = std::string("| ") + corner + " |", line = "|---|";
  for (const auto& state : states) {
    text += std::string(" **") + state.name + "** |";
    line += "---|";
  }
  text += "\n" + line + "\n";
  for (const auto& input : inputs) {
    text += std::string("| ") + input.name + " |";
    for (const auto& state : states) text += " " + make_cell(state, input) + " |";
    text += "\n";
  }
  return text;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Compares what is between the markers with the table, or writes it there.
void check_section(const std::string& marker, const std::string& made) {
  const std::string path = TROUPE_ARCHITECTURE;
  const std::string file = read_file(path);
  const std::string begin = "<!-- " + marker + ": made by ./dev docs -->\n", end = "<!-- end -->\n";
  const std::size_t from = file.find(begin);
  REQUIRE(from != std::string::npos);
  const std::size_t to = file.find(end, from);
  REQUIRE(to != std::string::npos);
  const std::size_t start = from + begin.size();
  if (std::getenv("TROUPE_WRITE_DOCS")) {
    std::ofstream(path) << file.substr(0, start) + made + file.substr(to);
    return;
  }
  CHECK(file.substr(start, to - start) == made);
}

}  // namespace

TEST_CASE("the state tables of ARCHITECTURE.md are what a slot does") {
  check_section("slot states", table("slot", slot_states, slot_inputs, slot_cell));
}

TEST_CASE("the state tables of ARCHITECTURE.md are what a watcher does") {
  check_section("watcher states", table("watcher", watcher_states, watcher_inputs, watcher_cell));
}
