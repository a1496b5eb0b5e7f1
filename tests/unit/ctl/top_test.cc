#include <doctest/doctest.h>

#include <algorithm>

#include "ctl/circus_top.h"
#include "ctl/top_model.h"
#include "ctl/top_sample.h"
#include "ctl/top_stream.h"
#include "lib/json/reader.h"

using namespace troupe;
using namespace troupe::ctl;

namespace {

Value object(std::string_view text) {
  auto value = json::parse(text);
  REQUIRE(value);
  return *value;
}

TopEntry process(std::string pid, double cpu, double age, std::string command = "sleep") {
  TopEntry entry;
  entry.name = std::move(pid);
  entry.state = "running";
  entry.note = std::move(command);
  entry.cpu = cpu;
  entry.mem = 0.1;
  entry.bytes = 1 << 20;
  entry.age = age;
  return entry;
}

TopWatcher watcher(std::string name, std::string state, std::vector<TopEntry> processes) {
  TopWatcher entry;
  entry.name = std::move(name);
  entry.state = std::move(state);
  for (const TopEntry& one : processes) {
    entry.cpu = entry.cpu.value_or(0) + one.cpu.value_or(0);
    entry.age = std::max(entry.age, one.age);
  }
  entry.running = entry.wanted = static_cast<std::int64_t>(processes.size());
  entry.processes = std::move(processes);
  return entry;
}

std::vector<TopWatcher> three() {
  return {watcher("web", "active", {process("102", 5, 60), process("11", 30, 20, "python3")}),
          watcher("db", "active", {process("9", 2, 500, "postgres")}), watcher("off", "stopped", {})};
}

TopModel model(std::vector<TopWatcher> watchers = three()) {
  TopModel made(TopSort::name, "");
  made.set_size(80, 24);
  made.set_sample(std::move(watchers));
  return made;
}

/// The first words of the lines of the table.
std::vector<std::string> names(const TopModel& model) {
  std::vector<std::string> out;
  const auto lines = model.view();
  for (std::size_t i = 2; i + 1 < lines.size(); ++i) {
    const auto begin = lines[i].text.find_first_not_of(" +-");
    if (begin == std::string::npos) break;
    out.push_back(lines[i].text.substr(begin, lines[i].text.find(' ', begin) - begin));
  }
  return out;
}

std::string selected(const TopModel& model) {
  const auto lines = model.view();
  const auto found = std::find_if(lines.begin() + 2, lines.end(), [](const TopLine& l) { return l.inverse; });
  return found == lines.end() ? "" : found->text.substr(0, 18);
}

TopModel::Action type(TopModel& model, std::string_view text) {
  TopModel::Action action;
  for (const char c : text) action = model.on_key({TopKey::text, c});
  return action;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a sample joins states and figures, and sums them for the watcher") {
  Restarts restarts;
  restarts.add("watcher.web_one.reap", object(R"({"process_pid": 5, "exit_code": 1, "wid": 2})"));
  const auto watchers =
      read_sample(object(R"({"time": 100, "statuses": {"Web One": "active", "off": "stopped"}, "details": {
          "Web One": {"state": "backoff", "wanted": 3, "running": 2,
                      "error": {"text": "exec x: No such file or directory"}}}})"),
                  object(R"({"infos": {"Web One": {
          "11": {"cpu": 1.5, "mem": 0.1, "mem_info1": "1.50M", "age": 7.5, "cmdline": "a", "wid": 1},
          "12": {"cpu": "N/A", "mem": 0.2, "mem_info1": "512B", "age": 3.5, "cmdline": "b", "wid": 2},
          "13": "No such process"}}})"),
                  restarts);
  REQUIRE(watchers.size() == 2);
  const TopWatcher& web = watchers[0];
  CHECK(web.name == "Web One");
  CHECK(web.state == "backoff");
  CHECK(web.note == "exec x: No such file or directory");
  CHECK(web.running == 2);
  CHECK(web.wanted == 3);
  CHECK(web.restarts == 1);
  CHECK(*web.cpu == 1.5);
  CHECK(*web.mem == doctest::Approx(0.3));
  CHECK(web.bytes == (3 << 19) + 512);
  CHECK(web.age == 7.5);
  REQUIRE(web.processes.size() == 3);
  CHECK(!web.processes[1].cpu);
  CHECK(web.processes[1].restarts == 1);
  CHECK(web.processes[2].state == "gone");
  CHECK(watchers[1].state == "stopped");
  CHECK(read_sample(object(R"({"status": "error"})"), {}, restarts).empty());
}

TEST_CASE("an end that was asked for is no restart") {
  Restarts restarts;
  const Value pid = object(R"({"process_pid": 5, "wid": 1})");
  restarts.add("watcher.a.b.kill", pid);
  restarts.add("watcher.a.b.reap", pid);
  CHECK(restarts.of("a.b") == 0);
  restarts.add("watcher.a.b.reap", pid);
  restarts.add("watcher.a.reap", pid);
  restarts.add("arbiter.mark", pid);
  CHECK(restarts.of("a.b") == 1);
  CHECK(restarts.of("a.b", 1) == 1);
  CHECK(restarts.of("a.b", 2) == 0);
}

TEST_CASE("the stream of statistics says what `stats` would, as long as it is that of this daemon") {
  const Instant t0{std::chrono::hours(1)};
  StreamFigures figures(7);
  const Value info = object(R"({"pid": 11, "cpu": 1.5, "subtopic": 11, "name": null})");
  figures.add("stat.web one.11", info, t0);
  figures.add("stat.web one", object(R"({"pid": [11], "cpu": 1.5})"), t0);
  figures.add("stat.a.b.12", object(R"({"pid": 12, "subtopic": 12, "name": null})"), t0);
  figures.add("stat.circus.6", object(R"({"pid": 6, "subtopic": 6, "name": "circusd"})"), t0);
  CHECK_FALSE(figures.stats(t0));
  figures.add("stat.circus.7", object(R"({"pid": 7, "subtopic": 7, "name": "circusd"})"), t0);
  figures.add("stat.circus.8", object(R"({"pid": 8, "subtopic": 8, "name": "circusd-stats"})"), t0);
  auto stats = figures.stats(t0);
  REQUIRE(stats);
  const Value& infos = *stats->find("infos");
  CHECK(*infos.find("web one") == Value::object().set("11", info));
  CHECK(infos.find("a.b")->find("12"));
  CHECK(infos.find("plugin:stats")->find("8"));
  CHECK(infos.find("circusd-stats")->find("8"));
  CHECK_FALSE(infos.find("circus"));
  figures.add("stat.circus.7", object(R"({"pid": 7, "subtopic": 7, "name": "circusd"})"), t0 + 3s);
  stats = figures.stats(t0 + 3s);
  REQUIRE(stats);
  CHECK(*stats->find("infos") == Value::object());
  CHECK_FALSE(figures.stats(t0 + 6s));
}

TEST_CASE("figures of the stream, which has no wid and lower case, find their watcher and their restarts") {
  Restarts restarts;
  restarts.add("watcher.web_one.reap", object(R"({"process_pid": 5, "exit_code": 1, "wid": 2})"));
  restarts.add("watcher.web_one.spawn", object(R"({"process_pid": 12, "wid": 2})"));
  const auto watchers =
      read_sample(object(R"({"time": 100, "statuses": {"Web One": "active"}, "details": {}})"),
                  object(R"({"infos": {"web one": {"12": {"cpu": 1.5, "pid": 12},
                                                                    "13": {"cpu": 1.5, "pid": 13}}}})"),
                  restarts);
  REQUIRE(watchers.size() == 1);
  REQUIRE(watchers[0].processes.size() == 2);
  CHECK(watchers[0].processes[0].restarts == 1);
  CHECK(watchers[0].processes[1].restarts == 0);
  restarts.add("watcher.web_one.reap", object(R"({"process_pid": 12, "exit_code": 1, "wid": 2})"));
  CHECK(restarts.wid_of(12) == -1);
}

TEST_CASE("the end of a process counts as its own although a descendant with its pid was killed before") {
  Restarts restarts;
  restarts.add("watcher.web.kill", object(R"({"process_pid": 12, "kill_signal": 9})"));  // without a reap
  restarts.add("watcher.web.spawn", object(R"({"process_pid": 12, "wid": 2})"));
  restarts.add("watcher.web.reap", object(R"({"process_pid": 12, "exit_code": 1, "wid": 2})"));
  CHECK(restarts.of("web") == 1);
  restarts.add("watcher.web.spawn", object(R"({"process_pid": 13, "wid": 2})"));
  restarts.add("watcher.web.kill", object(R"({"process_pid": 13, "kill_signal": 15})"));
  restarts.add("watcher.web.reap", object(R"({"process_pid": 13, "exit_code": -15, "wid": 2})"));
  CHECK(restarts.of("web") == 1);
}

TEST_CASE("sizes are read and written") {
  CHECK(size_from_text("1.00K") == 1024);
  CHECK(size_from_text("17B") == 17);
  CHECK(size_from_text("N/A") == 0);
  CHECK(size_text(17) == "17B");
  CHECK(size_text(1023) == "1.0K");
  CHECK(size_text(3 << 19) == "1.5M");
  CHECK(size_text(std::int64_t{250} << 30) == "250G");
}

TEST_CASE("all processes are shown when there is room, and each watcher opens and closes") {
  TopModel top = model();
  CHECK(names(top) == Names{"db", "9", "off", "web", "11", "102"});
  type(top, " ");
  CHECK(names(top) == Names{"db", "off", "web", "11", "102"});
  type(top, "o");
  CHECK(names(top) == Names{"db", "off", "web"});
  top.on_key({TopKey::end});
  top.on_key({TopKey::enter});
  CHECK(names(top) == Names{"db", "off", "web", "11", "102"});
}

TEST_CASE("keys choose the order, watchers and their processes alike") {
  TopModel top = model();
  type(top, "c");
  CHECK(names(top) == Names{"web", "11", "102", "db", "9", "off"});
  type(top, "i");
  CHECK(names(top) == Names{"off", "db", "9", "web", "102", "11"});
  type(top, "a");
  CHECK(names(top) == Names{"db", "9", "web", "102", "11", "off"});
  type(top, "e");
  CHECK(names(top).back() == "off");
  CHECK(top.view()[1].text.find("+STATE") != std::string::npos);
}

TEST_CASE("the filter keeps watchers of that name, and processes with their watcher") {
  TopModel top = model();
  type(top, "/PYTH");
  CHECK(names(top) == Names{"web", "11"});
  top.on_key({TopKey::enter});
  CHECK(top.view()[0].text.find("filter: PYTH") != std::string::npos);
  top.on_key({TopKey::escape});
  CHECK(names(top).size() == 6);
  type(top, "/db");
  CHECK(names(top) == Names{"db", "9"});
  top.on_key({TopKey::erase});
  top.on_key({TopKey::erase});
  CHECK(names(top).size() == 6);
  type(top, "none of them");
  CHECK(top.view()[2].text.find("nothing has this text") != std::string::npos);
  CHECK(type(top, "q").leave == false);  // a letter of the filter
}

TEST_CASE("a character is erased from the filter with all its bytes") {
  TopModel top = model();
  type(top, "/w\u00e9\U0001f600");
  CHECK(top.view()[2].text.find("nothing has this text") != std::string::npos);
  top.on_key({TopKey::erase});
  top.on_key({TopKey::erase});
  CHECK(names(top).front() == "web");
  top.on_key({TopKey::erase});
  CHECK(names(top).size() == 6);
}

TEST_CASE("start, stop and restart wait for a yes") {
  TopModel top = model();
  top.on_key({TopKey::down});
  CHECK(type(top, "x").verb.empty());
  CHECK(top.view().back().text.starts_with("stop db?"));
  CHECK(type(top, "n").verb.empty());
  type(top, "r");
  const auto action = type(top, "y");
  CHECK(action.verb == "restart");
  CHECK(action.watcher == "db");
  type(top, "s");
  CHECK(top.on_key({TopKey::enter}).verb.empty());
  CHECK(type(top, "y").verb.empty());
  CHECK(type(top, "q").leave);
  CHECK(top.on_key({TopKey::interrupt}).leave);
}

TEST_CASE("the chosen line follows its process when the order changes") {
  TopModel top = model();
  for (int i = 0; i < 4; ++i) top.on_key({TopKey::down});
  CHECK(selected(top).find(" 11 ") != std::string::npos);
  auto later = three();
  later.push_back(watcher("aa", "active", {}));
  top.set_sample(std::move(later));
  CHECK(selected(top).find(" 11 ") != std::string::npos);
  later = three();
  later[0].processes.pop_back();
  top.set_sample(std::move(later));
  CHECK(selected(top).find("web") != std::string::npos);
}

TEST_CASE("the topmost line stays the topmost while nobody chose another") {
  TopModel top = model();
  auto later = three();
  later.push_back(watcher("aa", "active", {}));
  top.set_sample(std::move(later));
  CHECK(selected(top).find("aa") != std::string::npos);
}

TEST_CASE("a thousand processes scroll, and every line fits the screen") {
  std::vector<TopEntry> many;
  for (int i = 1; i <= 1000; ++i) many.push_back(process(std::to_string(i), 0, 1));
  TopModel top = model({watcher("größe mit einem sehr langen Namen", "active", many)});
  CHECK(names(top).size() == 1);  // there was no room
  type(top, " ");
  top.on_key({TopKey::end});
  CHECK(names(top).back() == "1000");
  CHECK(selected(top).find("1000") != std::string::npos);
  top.on_key({TopKey::page_up});
  CHECK(selected(top).find(" 979") != std::string::npos);
  for (const auto& [columns, lines] : {std::pair{80U, 24U}, {200U, 50U}, {20U, 5U}, {1U, 1U}, {10U, 0U}}) {
    top.set_size(columns, lines);
    const auto view = top.view();
    CHECK(view.size() == lines);
    for (const TopLine& line : view) CHECK(width(line.text) <= columns);
  }
}

TEST_CASE("a message stands in the last line until a key") {
  TopModel top = model();
  top.set_message("stop db: no", true);
  CHECK(top.view().back().text.starts_with("stop db: no"));
  CHECK(top.view().back().tone == Tone::bad);
  top.on_key({TopKey::down});
  CHECK(top.view().back().text.starts_with("q quit"));
}

TEST_CASE("help takes the screen and any key gives it back") {
  TopModel top = model();
  type(top, "?");
  CHECK(top.view()[0].text.starts_with("Keys"));
  CHECK(top.view().size() == 24);
  type(top, "x");
  CHECK(names(top).size() == 6);
}

TEST_CASE("text from outside cannot move the cursor of top") {
  TopModel top = model({watcher("a\x1b[2J", "active", {})});
  CHECK(top.view()[2].text.find('\x1b') == std::string::npos);
}

TEST_CASE("circus-top shows the stream as Circus's does") {
  CircusTop top(3s);
  const Instant start{};
  CHECK(top.view(90, 48, start) == std::vector<TopLine>{{""}, {"*** Waiting for data ***"}});
  const auto add = [&](std::string_view topic, std::string_view data) {
    top.add(topic, object(data), start);
  };
  add("stat.circus.19193", R"({"pid": 19193, "name": "circusd", "cpu": 0.0, "mem": 0.14, "age": 81.3})");
  add("stat.circus.19206",
      R"({"pid": 19206, "name": "circusd-stats", "cpu": 2.0, "mem": 0.13, "age": 81.0})");
  add("stat.circus", R"({"pid": [19193, 19206], "cpu": 1.0, "mem": 0.27, "age": 81.3})");
  add("stat.my-web.7", R"({"pid": 7, "name": null, "cpu": "N/A", "mem": 0.01, "age": 9.81})");
  add("stat.my-web", R"({"pid": [7], "cpu": "N/A", "mem": 0.01, "age": 9.81})");
  add("stat.sockets.8", R"({"fd": 8, "subtopic": 8, "reads": 0, "address": "local.sock"})");
  add("stat.sockets", R"({"addresses": ["local.sock"], "reads": 0})");
  add("stat.circusd-stats.5", R"({"pid": 5, "cpu": 1})");
  add("stat.has.too.many", R"({"pid": 5, "cpu": 1})");
  const std::vector<std::string> expected = {
      "Circus Top",
      "-------------------------------------------------------------------------------",
      "circus",
      "   PID                      CPU (%)             MEMORY (%)          AGE (s)",
      "  19206 (circusd-stats)      2.00                0.13                81.00",
      "  19193 (circusd)            0.00                0.14                81.30",
      "                             1.00 (avg)          0.27 (sum)          81.30 (old",
      "",
      "my.web",
      "   PID                      CPU (%)             MEMORY (%)          AGE (s)",
      "  7                          N/A                 0.01                9.81",
      "                             N/A (avg)           0.01 (sum)          9.81 (olde",
      "",
      "sockets",
      "   ADDRESS                  HITS",
      "  local.sock                   0",
      "                               0 (sum)",
      "",
      "-------------------------------------------------------------------------------"};
  const auto view = top.view(90, 48, start);
  REQUIRE(view.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(view[i].text == expected[i]);
  CHECK(top.view(90, 5, start).size() == 5);
}

TEST_CASE("of a watcher circus-top shows the ten with most CPU, and what is silent disappears") {
  CircusTop top(3s);
  const Instant start{};
  for (int pid = 1; pid <= 20; ++pid) {
    const Value data = Value::object().set("pid", pid).set("cpu", pid).set("mem", 0.1).set("age", 1);
    top.add("stat.web." + std::to_string(pid), data, start + (pid > 15 ? 1s : 0s));
  }
  const auto all = top.view(80, 50, start + 1s);
  CHECK(all.size() == 16);
  CHECK(all[4].text.starts_with("  20 "));
  CHECK(top.view(80, 50, start + 4s).size() == 11);
  CHECK(top.view(80, 50, start + 5s)[1].text == "*** Waiting for data ***");
}
