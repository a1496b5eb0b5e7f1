#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "daemon/hooks/hook_pool.h"
#include "lib/json/writer.h"
#include "lib/loop/loop.h"
#include "lib/loop/timer_watch.h"

namespace troupe::test {

using Lines = std::vector<std::string>;

/// Takes the place of the spawner and starts nothing: it keeps what it was asked, and the ends that a process
/// would have, so that the test can play the process.
class RecordingSpawner final : public PipedSpawner {
 public:
  struct Started {
    core::Spawn spawn;
    os::Fd in, out, err;
  };
  void spawn_piped(const core::Spawn& spawn, const StandardEnds& ends) override {
    started.push_back({spawn, os::Fd(dup(ends.in)), os::Fd(dup(ends.out)), os::Fd(dup(ends.err))});
  }
  int signal(const core::Signal& signal) override {
    signals.push_back(signal);
    return 0;
  }

  std::vector<Started> started;
  std::vector<core::Signal> signals;
};

/// A pool of hooks between recording ports; what it reports is noted in words: "done 1 yes",
/// "done 1 error: TEXT", "event web warm {}".
class Company : public HookListener, public Requests {
 public:
  explicit Company(Descriptors descriptors = {})
      : pool(loop, spawner, options(descriptors)),
        limit_(loop, Callback<void()>::to<&Company::on_limit>(*this)) {
    pool.listen(*this);
    pool.answer_with(*this);
  }

  static HookOptions options(Descriptors descriptors) {
    return {"/helper.py",      "ipc://control", "ipc://events",
            "/etc/configured", descriptors,     "/usr/bin/python3"};
  }

  static core::RunHook program(core::HookId id, conf::Hook hook = conf::Hook::before_start) {
    core::RunHook run{id, 1, hook, "/bin/hook", Value::object().set("pid", 5), {}, Value::object(), {}, 1};
    run.spec.watcher = "web";
    run.spec.argv = {"/bin/hook"};
    return run;
  }
  static core::RunHook function(core::HookId id, conf::Hook hook = conf::Hook::before_start) {
    core::RunHook run = program(id, hook);
    run.target = "module.function";
    run.spec.argv.clear();
    return run;
  }
  static Exit exit(std::optional<int> status) {
    Exit exit{};
    exit.status = status;
    return exit;
  }

  /// Runs the loop until so much was noted.
  void run_until(std::size_t count) {
    wanted_ = count;
    limit_.set_in(20s);
    if (notes.size() < wanted_) loop.run();
    limit_.cancel();
    wanted_ = no_count;
    REQUIRE(notes.size() >= count);
  }

  core::ProcessId process(std::size_t which) const { return spawner.started.at(which).spawn.process; }
  /// What the process reads of its standard input: all of it, or one line.
  std::string input_of(std::size_t which) const {
    std::string all;
    char piece[4096];
    for (ssize_t size; (size = read(spawner.started.at(which).in.get(), piece, sizeof piece)) > 0;)
      all.append(piece, static_cast<std::size_t>(size));
    return all;
  }
  std::string line_of(std::size_t which) const {
    std::string line;
    for (char c; recv(spawner.started.at(which).in.get(), &c, 1, 0) == 1 && c != '\n';) line += c;
    return line;
  }
  /// The python3 says this.
  void say(std::size_t which, const std::string& line) {
    const std::string text = line + "\n";
    REQUIRE(send(spawner.started.at(which).in.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  /// Whether the daemon has closed its end of the line to the python3.
  bool line_is_closed(std::size_t which) const {
    char piece[65536];
    ssize_t size;
    while ((size = recv(spawner.started.at(which).in.get(), piece, sizeof piece, MSG_DONTWAIT)) > 0) {
    }
    return size == 0;
  }

  void on_hook_done(core::HookId hook, const core::HookOutcome& outcome) override {
    std::string text = "done " + std::to_string(hook) + " ";
    text += outcome.error ? "error: " + *outcome.error : outcome.yes ? "yes" : "no";
    if (outcome.stats.as_object()) text += " " + json::write(outcome.stats);
    note(text);
  }
  void on_hook_event(const std::string& watcher, const std::string& topic, Value data) override {
    note("event " + watcher + " " + topic + " " + json::write(data));
  }
  std::string ask(std::string_view request) override {
    note("asked " + std::string(request));
    return reply;
  }

  loop::Loop loop;
  RecordingSpawner spawner;
  Lines notes;
  std::string reply = R"({"id":7,"status":"ok"})";  ///< to each request
  HookPool pool;

 private:
  static constexpr std::size_t no_count = static_cast<std::size_t>(-1);

  void note(std::string text) {
    notes.push_back(std::move(text));
    if (notes.size() >= wanted_) loop.stop();
  }
  void on_limit() { loop.stop(); }

  std::size_t wanted_ = no_count;
  loop::TimerWatch limit_;
};

}  // namespace troupe::test
