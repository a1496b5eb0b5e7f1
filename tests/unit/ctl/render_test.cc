#include "ctl/render.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "ctl/table.h"
#include "lib/json/reader.h"

using namespace troupe;
using namespace troupe::ctl;

namespace {

Value object(std::string_view text) {
  auto value = json::parse(text);
  REQUIRE(value);
  return *value;
}

std::string shows(std::string_view verb, std::string_view reply, std::string_view properties = "{}") {
  return render(verb, object(properties), object(reply), {});
}

}  // namespace

TEST_CASE("a table is aligned and its lines have no spaces at their ends") {
  Table table({{"NAME"}, {"N", Table::Align::right}, {"NOTE"}});
  table.add({"a", "1", ""});
  table.add({"longer", "100", "x"});
  table.add({"b", "", "y"});
  CHECK(table.text(false) ==
        "NAME      N  NOTE\n"
        "a         1\n"
        "longer  100  x\n"
        "b            y\n");
}

TEST_CASE("cells beyond the last column are left out") {
  Table table(std::vector<Table::Column>(1));
  table.add({"a", "b"});
  CHECK(table.text(false) == "a\n");
}

TEST_CASE("names outside ASCII keep the columns straight") {
  Table table({{}, {}});
  table.add({"größe", "1"});
  table.add({"ab", "2"});
  CHECK(table.text(false) == "größe  1\nab     2\n");
}

TEST_CASE("colours are written only where they are wanted") {
  Table table({{}, {}});
  table.add({{"a", Tone::good}, ""});
  CHECK(table.text(false) == "a\n");
  CHECK(table.text(true) == "\x1b[32ma\x1b[0m\n");
}

TEST_CASE("text from outside cannot move the cursor") {
  CHECK(printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a");
  CHECK(printable("\xc2\x9b"
                  "1m") == "\\x9b1m");
  CHECK(printable("größe") == "größe");
  CHECK(printable("\xc2") == "\xc2");
  CHECK(shows("list", R"({"status": "ok", "watchers": ["a\u001b[2J"]})") == "a\\x1b[2J\n");
}

TEST_CASE("status is a table sorted by name with what is wrong beside it") {
  const char* reply = R"({"status": "ok", "time": 1000.0,
    "statuses": {"web": "active", "bad": "active", "held": "active", "off": "stopped", "broken": "stopped", "slow": "active"},
    "details": {
      "web": {"state": "active", "wanted": 3, "running": 2, "since": 935.0},
      "bad": {"state": "backoff", "wanted": 1, "running": 0, "since": 999.0, "next_try": 1003.2,
              "error": {"stage": "exec", "errno": 2, "text": "exec nosuch: No such file or directory", "at": 999.0}},
      "slow": {"state": "active", "wanted": 2, "running": 1, "since": 990.0, "next_try": 1005.0},
      "held": {"state": "held", "wanted": 1, "running": 1, "since": 10.0,
               "held": {"by": "flapping", "reason": "5 deaths", "until": 1060.0}},
      "broken": {"state": "failed", "wanted": 1, "running": 0, "since": null,
                 "error": {"stage": "configuration", "errno": 0, "text": "numprocesses: 'x' isn't an integer"}},
      "off": {"state": "stopped", "wanted": 0, "running": 0, "since": 990.0, "stray": [812, 813]}}})";
  CHECK(shows("status", reply) ==
        "NAME    STATE    PROCESSES  UPTIME  NOTE\n"
        "bad     backoff        0/1          exec nosuch: No such file or directory; next try in 3s\n"
        "broken  failed         0/1          numprocesses: 'x' isn't an integer\n"
        "held    held           1/1  16m30s  held by flapping: 5 deaths, for 1m00s\n"
        "off     stopped        0/0          stray, for root to end: 812 813\n"
        "slow    active         1/2     10s  next start in 5s\n"
        "web     active         2/3   1m05s\n");
}

TEST_CASE("status of a plain Circus, which has no details, is a table too") {
  CHECK(shows("status", R"({"status": "ok", "statuses": {"b": "active", "a": "stopped"}})") ==
        "NAME  STATE    PROCESSES  UPTIME  NOTE\na     stopped\nb     active\n");
}

TEST_CASE("status of one watcher is its state, and what is wrong after it") {
  CHECK(shows("status", R"({"status": "active", "time": 1.0})", R"({"name": "web"})") == "active\n");
  CHECK(shows("status", R"({"status": "active", "time": 1.0,
                            "details": {"web": {"state": "active", "wanted": 1, "running": 1}}})",
              R"({"name": "web"})") == "active\n");
  CHECK(shows("status", R"({"status": "stopped", "time": 1.0, "details": {"web": {"state": "failed",
                            "error": {"text": "chdir /srv: No such file or directory"}}}})",
              R"({"name": "web"})") == "stopped  failed; chdir /srv: No such file or directory\n");
}

TEST_CASE("a stopped watcher is told by the exit status, as LSB wants it") {
  const Value name = object(R"({"name": "web"})");
  CHECK(says_not_running("status", name, object(R"({"status": "stopped"})")));
  CHECK_FALSE(says_not_running("status", name, object(R"({"status": "active"})")));
  CHECK_FALSE(says_not_running("status", name, object(R"({"status": "starting"})")));
  CHECK_FALSE(says_not_running("status", object("{}"), object(R"({"status": "ok"})")));
  CHECK_FALSE(says_not_running("start", name, object(R"({"status": "ok"})")));
}

TEST_CASE("lists are one per line and numbers are alone") {
  CHECK(shows("list", R"({"status": "ok", "watchers": ["a b", "web"]})") == "a b\nweb\n");
  CHECK(shows("list", R"({"status": "ok", "pids": [12, 13]})", R"({"name": "web"})") == "12\n13\n");
  CHECK(shows("list", R"({"status": "ok", "pids": []})").empty());
  CHECK(shows("numwatchers", R"({"status": "ok", "numwatchers": 11})") == "11\n");
  CHECK(shows("numprocesses", R"({"status": "ok", "numprocesses": 2, "watcher_name": "w"})") == "2\n");
}

TEST_CASE("options are aligned and null is empty") {
  CHECK(
      shows(
          "options",
          R"({"status": "ok", "options": {"cmd": "sleep", "uid": null, "env": {"A": "1"}, "shell": false}})") ==
      "cmd    sleep\nuid\nenv    {\"A\":\"1\"}\nshell  false\n");
}

TEST_CASE("incr says ok, the number when waited for, and that a singleton stays one") {
  CHECK(shows("incr", R"({"status": "ok"})") == "ok\n");
  CHECK(shows("incr", R"({"status": "ok", "numprocesses": 4})") == "4\n");
  CHECK(shows("decr", R"({"status": "ok", "numprocesses": 1, "singleton": true})", R"({"name": "one"})") ==
        "one is a singleton: its number of processes stays the same\n");
}

TEST_CASE("work that was waited for is told after ok") {
  CHECK(shows("stop", R"({"status": "ok", "info": null})") == "ok\n");
  CHECK(shows("restart", R"({"status": "ok", "info": {"stopped": [12], "started": [13, 14], "kept": []}})") ==
        "ok  stopped 12  started 13 14\n");
  CHECK(shows("add", R"({"status": "ok", "started": [13], "kept": []})") == "ok  started 13\n");
  CHECK(shows("rm", R"({"status": "ok"})") == "ok\n");
}

TEST_CASE("stats is a table with children below their parent") {
  const char* process =
      R"({"mem_info1": "1.61M", "mem_info2": "2.53M", "cpu": 0.5, "mem": 0.007, "ctime": "0:00.0",
    "pid": 17989, "username": "root", "nice": 0, "age": 65.2, "cmdline": "sh", "started": 1.0, "wid": 1,
    "children": [{"mem_info1": "1.43M", "mem_info2": "2.44M", "cpu": 0.0, "mem": 0.006, "ctime": "0:00.0",
                  "pid": 17990, "username": "root", "nice": 0, "age": 64.9, "cmdline": "sleep", "children": []}]})";
  const std::string rows = "17989  sh       root     0  1.61M  2.53M   0.5  0.007  0:00.0  1m05s\n";
  const std::string all = shows("stats", std::string(R"({"status": "ok", "infos": {"tree": {"17989": )") +
                                             process + R"--(}, "idle": {}}})--");
  const std::string gone = shows("stats", R"--({"infos": {"gone": {"5": "No such process (stopped?)"}}})--");
  CHECK(all.find("tree     " + rows) != std::string::npos);
  CHECK(all.find("tree     17990    sleep  root") != std::string::npos);
  CHECK(gone.find("gone       5  No such process (stopped?)\n") != std::string::npos);
  CHECK(all.find("idle         -\n") != std::string::npos);
  CHECK(all.find("idle") < all.find("tree"));
  const std::string one =
      shows("stats", std::string(R"({"status": "ok", "process": 17989, "info": )") + process + "}");
  CHECK(one == shows("dstats", std::string(R"({"status": "ok", "info": )") + process + "}"));
  const std::string daemon = shows("dstats", std::string(R"({"status": "ok", "info": )") + process + "}");
  CHECK(daemon.starts_with("  PID  COMMAND  USER  NICE"));
  CHECK(daemon.find("\n17989  sh       root     0") != std::string::npos);
}

TEST_CASE("replies of a shape that no daemon sends do not break anything") {
  for (const char* verb : {"status", "list", "stats", "dstats", "options", "get", "incr", "stop",
                           "listsockets", "events", "numwatchers", "snapshot", "publish", "ipython"}) {
    CAPTURE(verb);
    for (const char* reply :
         {"{}", "[]", "7", R"({"statuses": 7, "details": 7})", R"({"info": 7, "infos": [1]})",
          R"({"statuses": {"a": 1}, "details": {"a": 1}})", R"({"events": [1, {}, {"topic": 3}]})",
          R"({"sockets": [1]})", R"({"options": []})", R"({"watchers": "x", "pids": {}})"}) {
      CAPTURE(reply);
      const std::string text = shows(verb, reply);
      CHECK((text.empty() || text.back() == '\n'));
    }
  }
}

TEST_CASE("an event is one line with its number, time, topic and the rest") {
  setenv("TZ", "UTC", 1);
  const api::Event event{
      "watcher.web.reap",
      object(R"({"process_pid": 12, "time": 1795288906.5, "exit_code": -9, "seq": 42, "boot": "b"})")};
  CHECK(render_event(event, {}) ==
        "    42  2026-11-21 19:21:46.500  watcher.web.reap  process_pid=12  exit_code=-9\n");
  CHECK(event_json(event).starts_with(R"({"topic":"watcher.web.reap","process_pid":12,)"));
  CHECK(event_json(event).ends_with("}\n"));
  CHECK(render_event({"x", object(R"({"time": 1e300})")}, {}) == "        -  x\n");
}

TEST_CASE("ages are told in two units") {
  CHECK(age_text(0.4) == "0s");
  CHECK(age_text(59.9) == "59s");
  CHECK(age_text(60) == "1m00s");
  CHECK(age_text(7500) == "2h05m");
  CHECK(age_text(4 * 86400 + 3 * 3600) == "4d03h");
  CHECK(age_text(-1) == "?");
}
