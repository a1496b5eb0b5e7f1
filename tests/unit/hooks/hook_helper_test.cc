#include "daemon/hooks/hook_helper.h"

#include <thread>

#include "tests/unit/hooks/company.h"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A python3 with a hook that runs in it.
struct Running : Company {
  Running() {
    pool.run(function(1));
    pool.on_spawned(process(0), 4711);
    line_of(0);
    line_of(0);
  }
};

}  // namespace

TEST_CASE("requests of hooks are answered while they run, events are passed on") {
  Running company;
  company.say(0, R"({"id":7,"command":"list","properties":{}})");
  company.say(0, R"({"event":"warm","data":{"pid":5}})");
  company.say(0, R"({"event":"odd","data":[1]})");
  company.say(0, R"({"done":1,"yes":true,"stats":{"n":1}})");
  company.run_until(4);
  CHECK(company.notes == Lines{R"(asked {"id":7,"command":"list","properties":{}})",
                               R"(event web warm {"pid":5})", "event web odd {}", R"(done 1 yes {"n":1})"});
  CHECK(company.line_of(0) == R"({"id":7,"status":"ok"})");
}

TEST_CASE("an answer to a hook that does not run is not heard") {
  Running company;
  company.say(0, R"({"done":2,"yes":true})");
  company.say(0, R"({"done":"1","yes":true})");
  company.say(0, R"({"done":1,"yes":false})");
  company.say(0, R"({"done":1,"yes":true})");
  company.say(0, R"({"event":"last"})");
  company.run_until(2);
  CHECK(company.notes == Lines{"done 1 no", "event web last {}"});
}

TEST_CASE("a python3 that says what is no JSON, or a line that is too long, is ended") {
  const std::string long_line(HookHelper::longest_line + 1, 'x');
  for (const std::string& text : {std::string("hello\n"), std::string("[1]\n"), long_line}) {
    Running company;
    std::thread python([&] {  // the line holds less than that at once
      send(company.spawner.started[0].in.get(), text.data(), text.size(), MSG_NOSIGNAL);
    });
    company.run_until(1);
    python.join();
    CHECK(company.notes[0].find("done 1 error: the python3 that it runs in: it has said ") == 0);
    REQUIRE(company.spawner.signals.size() == 1);
    CHECK(company.spawner.signals[0] == core::Signal{company.process(0), 4711, SIGKILL, core::Reach::tree});
  }
}

TEST_CASE("a python3 that asks and does not read the replies is ended") {
  Running company;
  company.reply = std::string(1 << 20, 'x');
  for (int i = 0; i < 10; ++i) company.say(0, R"({"id":7,"command":"list"})");
  company.run_until(9);
  while (company.notes.back().find("done 1") != 0) company.run_until(company.notes.size() + 1);
  CHECK(company.notes.back() ==
        "done 1 error: the python3 that it runs in: it does not read the replies to its requests");
}

TEST_CASE("a python3 that closes its line has failed") {
  Running company;
  company.spawner.started[0].in.reset();
  company.run_until(1);
  CHECK(company.notes ==
        Lines{"done 1 error: the python3 that it runs in: it has closed its line to the daemon"});
}
