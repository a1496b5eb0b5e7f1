#include "daemon/hooks/hook_pool.h"

#include "tests/unit/hooks/company.h"

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a program gets its question as JSON on standard input, and where the daemon is") {
  Company company;
  company.pool.run(Company::program(1));
  REQUIRE(company.spawner.started.size() == 1);
  CHECK(company.input_of(0) == "{\"hook\":\"before_start\",\"watcher\":\"web\",\"arguments\":{\"pid\":5}}\n");
  const core::Spawn& spawn = company.spawner.started[0].spawn;
  CHECK(is_hook_process(spawn.process));
  CHECK(spawn.spec.argv == Lines{"/bin/hook"});
  CHECK(spawn.spec.env.at("TROUPE_ENDPOINT") == "ipc://control");
}

TEST_CASE("the exit status of a program is its answer; one that a signal ended has failed") {
  Company company;
  for (core::HookId id = 1; id <= 4; ++id) company.pool.run(Company::program(id));
  company.pool.on_exit(company.process(0), Company::exit(0));
  company.pool.on_exit(company.process(1), Company::exit(3));
  company.pool.on_exit(company.process(2), Company::exit(-9));
  company.pool.on_exit(company.process(3), Company::exit({}));
  CHECK(company.notes ==
        Lines{"done 1 yes", "done 2 no", "done 3 error: it was killed by SIGKILL",
              "done 4 error: it ended, and nobody knows how: the keeper, who would, is gone"});
}

TEST_CASE("a program that cannot be started has failed, and that is told from the loop, not at once") {
  Company company;
  company.pool.run(Company::program(1));
  company.pool.on_spawn_failed(company.process(0), {"exec", ENOENT, "/bin/hook"});
  CHECK(company.notes.empty());
  company.run_until(1);
  CHECK(company.notes == Lines{"done 1 error: exec /bin/hook: No such file or directory"});
}

TEST_CASE("without descriptors a hook has failed and says so, program or function") {
  Descriptors none;
  none.lasting = 0;
  Company company(none);
  company.pool.run(Company::program(1));
  company.pool.run(Company::function(2));
  company.run_until(2);
  CHECK(company.spawner.started.empty());
  CHECK(company.notes[0].find("done 1 error: no descriptor is left") == 0);
  CHECK(company.notes[1].find("done 2 error: no descriptor is left") == 0);
}

TEST_CASE("a cancelled program is killed with what it started, be it before or after its pid is known") {
  Company company;
  company.pool.run(Company::program(1));
  company.pool.on_spawned(company.process(0), 4711);
  company.pool.cancel(1);
  company.pool.run(Company::program(2));
  company.pool.cancel(2);
  CHECK(company.spawner.signals.size() == 1);
  company.pool.on_spawned(company.process(1), 4712);
  REQUIRE(company.spawner.signals.size() == 2);
  CHECK(company.spawner.signals[0] == core::Signal{company.process(0), 4711, SIGKILL, core::Reach::tree});
  CHECK(company.spawner.signals[1].pid == 4712);
  company.pool.on_exit(company.process(0), Company::exit(-9));
  company.pool.on_exit(company.process(1), Company::exit(-9));
  CHECK(company.notes.empty());
}

TEST_CASE("a hook that failed and is cancelled before that was told is not told of") {
  Company company;
  company.pool.run(Company::program(1));
  company.pool.on_spawn_failed(company.process(0), {"exec", ENOENT, "/bin/hook"});
  company.pool.cancel(1);
  company.pool.run(Company::program(2));
  company.pool.on_spawn_failed(company.process(1), {"exec", ENOENT, "/bin/hook"});
  company.run_until(1);
  CHECK(company.notes == Lines{"done 2 error: exec /bin/hook: No such file or directory"});
}

TEST_CASE("extended_stats is what a program printed on standard output") {
  Company company;
  const auto run = [&](core::HookId id, const std::string& prints, int status) {
    company.pool.run(Company::program(id, conf::Hook::extended_stats));
    auto& started = company.spawner.started.back();
    REQUIRE(write(started.out.get(), prints.data(), prints.size()) == static_cast<ssize_t>(prints.size()));
    company.pool.on_exit(started.spawn.process, Company::exit(status));
  };
  run(1, R"({"sessions":7})", 0);
  run(2, "seven", 0);
  run(3, R"({"sessions":7})", 1);
  REQUIRE(company.notes.size() == 3);
  CHECK(company.notes[0] == "done 1 yes {\"sessions\":7}");
  CHECK(company.notes[1].find("done 2 error: what it printed is no JSON object: ") == 0);
  CHECK(company.notes[2] == "done 3 error: it exited with status 1");
}

TEST_CASE("the functions of a watcher run in one python3, which is told once who it serves") {
  Company company;
  company.pool.run(Company::function(1));
  REQUIRE(company.spawner.started.size() == 1);
  CHECK(company.spawner.started[0].spawn.spec.argv == Lines{"/usr/bin/python3", "-I", "-u", "/helper.py"});
  CHECK(company.line_of(0) == R"({"watcher":"web","env":{},"free":{},"endpoint":"ipc://control",)"
                              R"("pubsub_endpoint":"ipc://events","path":["","/etc/configured"]})");
  CHECK(company.line_of(0) ==
        R"({"run":1,"hook":"before_start","function":"module.function","arguments":{"pid":5}})");
  company.say(0, R"({"done":1,"yes":true})");
  company.run_until(1);
  company.pool.run(Company::function(2));
  CHECK(company.spawner.started.size() == 1);
  CHECK(company.line_of(0).find(R"({"run":2,)") == 0);
  company.say(0, R"({"done":2,"error":"no luck","trace":"..."})");
  company.run_until(2);
  CHECK(company.notes == Lines{"done 1 yes", "done 2 error: no luck"});
}

TEST_CASE("another environment or another version means another python3; the old one ends by itself") {
  Company company;
  company.pool.run(Company::function(1));
  company.say(0, R"({"done":1,"yes":true})");
  company.run_until(1);
  core::RunHook other = Company::function(2);
  other.spec.env["COLOUR"] = "blue";
  company.pool.run(other);
  CHECK(company.spawner.started.size() == 2);
  CHECK(company.line_is_closed(0));
  other.id = 3;
  ++other.version;
  company.pool.run(other);
  CHECK(company.spawner.started.size() == 3);
  CHECK(company.line_is_closed(1));
  CHECK(company.spawner.signals.empty());
}

TEST_CASE("the end of a watcher's hooks closes the line of its python3") {
  Company company;
  company.pool.run(Company::function(1));
  company.pool.end(1);
  company.pool.end(2);  // that has none
  CHECK(company.line_is_closed(0));
  company.pool.on_spawned(company.process(0), 4711);
  CHECK(company.spawner.signals.empty());
}

TEST_CASE("a cancelled function costs its python3 its life, also when that has no pid yet") {
  Company company;
  company.pool.run(Company::function(1));
  company.pool.cancel(1);
  CHECK(company.spawner.signals.empty());
  company.pool.on_spawned(company.process(0), 4711);
  REQUIRE(company.spawner.signals.size() == 1);
  CHECK(company.spawner.signals[0] == core::Signal{company.process(0), 4711, SIGKILL, core::Reach::tree});
  company.pool.run(Company::function(2));
  CHECK(company.spawner.started.size() == 2);
}

TEST_CASE("a python3 that dies or cannot be started is the failure of the hook that ran in it") {
  Company company;
  company.pool.run(Company::function(1));
  company.pool.on_exit(company.process(0), Company::exit(7));
  company.run_until(1);
  company.pool.run(Company::function(2));
  company.pool.on_spawn_failed(company.process(1), {"exec", ENOENT, "python3"});
  company.run_until(2);
  CHECK(company.notes ==
        Lines{"done 1 error: the python3 that it runs in: it exited with status 7",
              "done 2 error: the python3 that it runs in: exec python3: No such file or directory"});
}

TEST_CASE("what a python3 said before it ended counts") {
  Company company;
  company.pool.run(Company::function(1));
  company.say(0, R"({"done":1,"yes":true})");
  company.pool.on_exit(company.process(0), Company::exit(0));
  company.run_until(1);
  CHECK(company.notes == Lines{"done 1 yes"});
}

TEST_CASE("how a python3 ended is told, though its line ends first") {
  Company company;
  company.pool.run(Company::function(1));
  shutdown(company.spawner.started[0].in.get(), SHUT_RDWR);
  company.pool.run(Company::program(2));
  company.pool.on_spawn_failed(company.process(1), {"exec", ENOENT, "/bin/hook"});
  company.run_until(1);  // a round in which the end of the line was seen
  company.pool.on_exit(company.process(0), Company::exit(-9));
  company.run_until(2);
  CHECK(company.notes[1] == "done 1 error: the python3 that it runs in: it was killed by SIGKILL");
}

TEST_CASE("what a hook leaves running never loses the pipe that it prints into") {
  Company company;
  const auto has_reader = [&](std::size_t which) {
    return write(company.spawner.started[which].err.get(), "x", 1) == 1;
  };
  signal(SIGPIPE, SIG_IGN);
  company.pool.run(Company::function(1));
  company.pool.end(1);
  for (core::HookId id = 2; id <= 70; ++id) {
    company.pool.run(Company::program(id));
    company.pool.on_exit(company.process(id - 1), Company::exit(0));
  }
  company.pool.run(Company::function(71));
  company.run_until(69);
  for (std::size_t i = 0; i < 71; ++i) CHECK(has_reader(i));
  company.pool.run(Company::program(72, conf::Hook::extended_stats));
  company.run_until(70);
  CHECK(company.notes.back() ==
        "done 72 error: 64 processes that hooks have left running hold the pipes of theirs");
}
