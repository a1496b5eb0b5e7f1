#include "daemon/stream/streams.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "daemon/stream/backup_shift.h"
#include "lib/loop/deferred.h"
#include "lib/loop/loop.h"
#include "lib/loop/timer_watch.h"

using namespace troupe;

namespace {

/// Streams on a loop of their own, with a folder for files; "processes" are the write ends that the test
/// holds.
struct Rig : OutputListener {
  explicit Rig(StreamsOptions options = {})
      : folder(make_folder()), streams(std::in_place, loop, std::move(options)) {
    streams->listen(*this);
  }
  ~Rig() override {
    streams.reset();
    std::filesystem::remove_all(folder);
  }

  static std::string make_folder() {
    char name[] = "/tmp/troupe-streams-XXXXXX";
    REQUIRE(mkdtemp(name));
    return name;
  }
  std::string path(const std::string& name = "log") const { return folder + "/" + name; }
  std::string content(const std::string& name = "log") const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// A process whose standard output goes to the file.
  os::Fd start(core::ProcessId process, conf::StreamSettings settings = {}) {
    core::Spawn spawn{process, {}};
    if (!settings.filename) settings.filename = path();
    spawn.spec.out = core::Stdio::stream;
    spawn.spec.out_stream = core::Capture{"web", static_cast<int>(process), settings};
    OutputEnds ends;
    error = streams->open(spawn, ends);
    streams->on_cloned(process, static_cast<int>(process) + 100);
    return std::move(ends.out);
  }

  /// The stream of a process is another now.
  void redirect(core::ProcessId process, const conf::StreamSettings& settings) {
    streams->redirect(
        {process, core::Output::out, core::Capture{"web", static_cast<int>(process), settings}});
  }

  template <class Condition>
  bool until(Condition condition, Duration patience = 20s) {
    const Instant end = loop.now() + patience;
    while (!condition() && loop.now() < end) {
      tick.set_in(1ms);
      loop.run();
    }
    return condition();
  }
  void stop() { loop.stop(); }
  void on_output_trouble(const OutputTrouble& trouble) override { troubles.push_back(trouble); }

  loop::Loop loop;
  loop::TimerWatch tick{loop, loop::TimerWatch::OnTimer::to<&Rig::stop>(*this)};
  std::string folder;
  std::optional<Streams> streams;
  std::vector<OutputTrouble> troubles;
  int error = 0;
};

/// Looks in every round of the loop whether 250 old files are just being moved, and stops the loop then.
struct Rounds {
  explicit Rounds(Rig& of) : rig(of) { again.schedule(); }
  void look() {
    if (!saw_it && std::filesystem::exists(rig.path("log.251")) && rig.content() == "first\n") {
      saw_it = true;
      rig.loop.stop();
    }
    again.schedule();
  }

  Rig& rig;
  bool saw_it = false;
  loop::Deferred again{rig.loop, loop::Deferred::OnCall::to<&Rounds::look>(*this)};
};

void say(const os::Fd& end, const std::string& bytes) {
  REQUIRE(write(end.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
}

}  // namespace

TEST_CASE("what one process writes is in the file as it comes") {
  Rig rig;
  const os::Fd end = rig.start(1);
  say(end, "a line\nand a half");
  CHECK(rig.until([&] { return rig.content() == "a line\nand a half"; }));
  say(end, std::string("\0\xff\n", 3));
  CHECK(rig.until([&] { return rig.content() == "a line\nand a half" + std::string("\0\xff\n", 3); }));
}

TEST_CASE("of two processes nobody writes into a line of the other") {
  Rig rig;
  const os::Fd one = rig.start(1);
  say(one, "half of ");
  CHECK(rig.until([&] { return rig.content() == "half of "; }));
  const os::Fd two = rig.start(2);
  say(two, "two\n");
  rig.until([] { return false; }, 20ms);
  CHECK(rig.content() == "half of ");
  say(one, "one\nonce ");
  CHECK(rig.until([&] { return rig.content() == "half of one\ntwo\n"; }));
  say(one, "more\n");
  CHECK(rig.until([&] { return rig.content() == "half of one\ntwo\nonce more\n"; }));
}

TEST_CASE("a line much longer than a stage stays whole beside others") {
  Rig rig;
  os::Fd one = rig.start(1);
  const os::Fd two = rig.start(2);
  const std::string piece(40000, 'x');
  std::string line;
  for (int i = 0; i < 5; ++i) {
    say(one, piece);
    line += piece;
    say(two, "short\n");
    rig.until([] { return false; }, 5ms);
  }
  say(one, "end\n");
  CHECK(rig.until([&] { return rig.content().size() == line.size() + 4 + 5 * 6; }));
  CHECK(rig.content().find(line + "end\n") != std::string::npos);
}

TEST_CASE("a process that ends in a line does not spoil the line of the next one") {
  Rig rig;
  os::Fd one = rig.start(1);
  say(one, "cut");
  one.reset();
  rig.streams->on_exit(1);
  CHECK(rig.content() == "cut");
  const os::Fd two = rig.start(2);
  say(two, "whole\n");
  CHECK(rig.until([&] { return rig.content() == "cut\nwhole\n"; }));
}

TEST_CASE("an exit writes what is in the pipe at once, and what descendants write comes later") {
  Rig rig;
  os::Fd end = rig.start(1);
  say(end, "last words\n");
  rig.streams->on_exit(1);
  CHECK(rig.content() == "last words\n");
  say(end, "of a child\n");
  CHECK(rig.until([&] { return rig.content() == "last words\nof a child\n"; }));
}

TEST_CASE("the end of the daemon writes what is in the pipes, unfinished lines too") {
  Rig rig;
  const os::Fd one = rig.start(1);
  const os::Fd two = rig.start(2);
  say(one, "one\nhal");
  say(two, "two\n");
  rig.streams.reset();
  CHECK(rig.content() == "one\nhal\ntwo\n");
}

TEST_CASE("a line that was begun is ended in the file that was renamed") {
  Rig rig;
  const os::Fd end = rig.start(1);
  say(end, "half ");
  CHECK(rig.until([&] { return rig.content() == "half "; }));
  std::filesystem::rename(rig.path(), rig.path("old"));
  say(end, "line\nnext\n");
  CHECK(rig.until([&] { return rig.content() == "next\n"; }));
  CHECK(rig.content("old") == "half line\n");
}

TEST_CASE("a truncated file goes on at its end") {
  Rig rig;
  const os::Fd end = rig.start(1);
  say(end, "before\n");
  CHECK(rig.until([&] { return rig.content() == "before\n"; }));
  std::filesystem::resize_file(rig.path(), 0);
  say(end, "after\n");
  CHECK(rig.until([&] { return rig.content() == "after\n"; }));
}

TEST_CASE("a spawn fails with EMFILE before the reserve is touched") {
  StreamsOptions options;
  options.descriptors.lasting = 3;
  Rig rig(options);
  CHECK_FALSE(rig.start(1));
  CHECK(rig.error == EMFILE);
}

TEST_CASE("a file that cannot be opened is told once, and its end is told when it can") {
  Rig rig;
  conf::StreamSettings settings;
  settings.filename = rig.path("no/log");
  const os::Fd end = rig.start(1, settings);
  say(end, "kept\n");
  rig.until([] { return false; }, 700ms);
  REQUIRE(rig.troubles.size() == 1);
  CHECK(rig.troubles[0].text == "open " + rig.path("no/log") + ": No such file or directory");
  CHECK(rig.troubles[0].of == std::vector<OutputName>{{"web", core::Output::out}});
  std::filesystem::create_directory(rig.path("no"));
  CHECK(rig.until([&] { return rig.content("no/log") == "kept\n"; }));
  REQUIRE(rig.troubles.size() == 2);
  CHECK(rig.troubles[1].over);
  CHECK(rig.troubles[1].dropped == 0);
}

TEST_CASE(
    "without a filename there is a file that nobody else can know or read, one for the life of the daemon") {
  Rig rig;
  setenv("TMPDIR", rig.folder.c_str(), 1);
  const auto files = [&] {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(rig.folder)) names.push_back(entry.path());
    return names;
  };
  core::Spawn spawn{1, {}};
  spawn.spec.out = core::Stdio::stream;
  spawn.spec.out_stream = core::Capture{"a/b", 1, {}};
  for (spawn.process = 1; spawn.process <= 2; ++spawn.process) {
    OutputEnds ends;
    REQUIRE(rig.streams->open(spawn, ends) == 0);
    say(ends.out, "a line\n");
    ends.out.reset();
    rig.streams->on_exit(spawn.process);
  }
  unsetenv("TMPDIR");
  REQUIRE(files().size() == 1);
  const std::string path = files().front();
  struct stat found {};
  REQUIRE(stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  CHECK(found.st_size == 14);
  CHECK(path.find("-a_b-stdout-") != path.npos);
  CHECK_FALSE(path.ends_with("XXXXXX"));
}

TEST_CASE("rotation happens between lines") {
  Rig rig;
  conf::StreamSettings settings;
  settings.filename = rig.path();
  settings.max_bytes = 12;
  settings.backup_count = 2;
  const os::Fd end = rig.start(1, settings);
  say(end, "one\ntwo\nthree\nfour\nfive\na line that is too long\nsix\nsev");
  CHECK(rig.until([&] { return rig.content() == "six\n"; }));
  CHECK(rig.content("log.1") == "a line that is too long\n");
  CHECK(rig.content("log.2") == "five\n");
  CHECK_FALSE(std::filesystem::exists(rig.path("log.3")));
}

TEST_CASE("a rotation of many old files is done in parts, and at once when the process has ended") {
  Rig rig;
  conf::StreamSettings settings;
  settings.filename = rig.path();
  settings.max_bytes = 8;
  settings.backup_count = 300;
  const auto make = [&](const std::string& name) { std::ofstream(rig.path(name)) << name << '\n'; };
  for (int number = 1; number <= 250; ++number)
    make("log." + std::to_string(number) + (number % 2 == 0 ? "" : ".gz"));
  make("log.252");  // behind a gap: it stays
  const os::Fd end = rig.start(1, settings);
  say(end, "first\nsecond\n");
  CHECK(rig.until([&] { return rig.content() == "second\n"; }));
  CHECK(rig.content("log.1") == "first\n");
  CHECK(rig.content("log.2.gz") == "log.1.gz\n");
  CHECK(rig.content("log.251") == "log.250\n");
  CHECK(rig.content("log.252") == "log.252\n");
  say(end, "third\nfourth\nfifth\n");
  rig.streams->on_exit(1);
  CHECK(rig.content() == "fifth\n");
  CHECK(rig.content("log.1") == "fourth\n");
  CHECK(rig.content("log.4") == "first\n");
  CHECK(rig.content("log.254") == "log.250\n");
}

TEST_CASE("after the end of one of two processes a rotation is done in parts as before") {
  Rig rig;
  conf::StreamSettings settings;
  settings.filename = rig.path();
  settings.max_bytes = 8;
  settings.backup_count = 300;
  for (int number = 1; number <= 250; ++number)
    std::ofstream(rig.path("log." + std::to_string(number))) << number << '\n';
  const os::Fd stays = rig.start(1, settings);
  os::Fd ends = rig.start(2, settings);
  ends.reset();
  rig.streams->on_exit(2);
  Rounds rounds(rig);
  say(stays, "first\nsecond\n");
  CHECK(rig.until([&] { return rig.content() == "second\n"; }));
  CHECK(rounds.saw_it);
}

TEST_CASE("a changed stream counts for a file that is open, also for the processes that were there") {
  Rig rig;
  conf::StreamSettings settings;
  settings.filename = rig.path();
  const os::Fd old = rig.start(1, settings);
  say(old, "not rotated\n");
  CHECK(rig.until([&] { return rig.content() == "not rotated\n"; }));
  settings.max_bytes = 10;
  settings.backup_count = 2;
  const os::Fd changed = rig.start(2, settings);
  say(old, "one\ntwo\nthree\n");
  CHECK(rig.until([&] { return rig.content() == "three\n"; }));
  CHECK(rig.content("log.1") == "one\ntwo\n");
  CHECK(rig.content("log.2") == "not rotated\n");
}

TEST_CASE("a rotation that is under way when its stream is changed is broken off and loses nothing") {
  Rig rig;
  conf::StreamSettings settings;
  settings.filename = rig.path();
  settings.max_bytes = 8;
  settings.backup_count = 300;
  for (int number = 1; number <= 250; ++number)
    std::ofstream(rig.path("log." + std::to_string(number))) << number << '\n';
  const os::Fd end = rig.start(1, settings);
  say(end, "first\nsecond\n");
  {
    Rounds rounds(rig);
    REQUIRE(rig.until([&] { return rounds.saw_it; }));
  }
  settings.max_bytes = 0;
  settings.backup_count = 0;
  const os::Fd changed = rig.start(2, settings);
  CHECK(rig.until([&] { return rig.content().ends_with("second\n"); }));
  say(changed, "third\n");
  CHECK(rig.until([&] { return rig.content().ends_with("second\nthird\n"); }));
  CHECK(rig.content("log.251") == "250\n");
}

TEST_CASE("a file is rotated by the clock also when each process lives shorter than the interval") {
  Rig rig;
  conf::StreamSettings settings;
  settings.kind = conf::StreamClass::timed_rotating_file;
  settings.filename = rig.path();
  settings.rotate_when = conf::RotateWhen::second;
  settings.rotate_interval = 2;
  core::ProcessId process = 0;
  const auto files = [&] {
    const auto all = std::filesystem::directory_iterator(rig.folder);
    return std::distance(begin(all), end(all));
  };
  // One after the other, each at the earliest when the one before it is gone.
  const bool rotated = rig.until([&] {
    os::Fd one = rig.start(++process, settings);
    say(one, "a line\n");
    one.reset();
    rig.streams->on_exit(process);
    return files() > 1;
  });
  CHECK(rotated);
}

TEST_CASE("a stream that goes elsewhere ends its line where it began, and what is not begun goes with it") {
  Rig rig;
  conf::StreamSettings settings;
  const os::Fd end = rig.start(1);
  say(end, "half ");
  CHECK(rig.until([&] { return rig.content() == "half "; }));
  settings.filename = rig.path("passed over");
  rig.redirect(1, settings);
  settings.filename = rig.path("new");
  rig.redirect(1, settings);
  say(end, "a line\nwhole\n");
  CHECK(rig.until([&] { return rig.content("new") == "whole\n"; }));
  CHECK(rig.content() == "half a line\n");
  CHECK(rig.content("passed over").empty());
  settings.filename = rig.path();
  rig.redirect(1, settings);  // at the end of a line
  say(end, "back\n");
  CHECK(rig.until([&] { return rig.content() == "half a line\nback\n"; }));
  rig.redirect(99, settings);  // has no stream
}

TEST_CASE("a stream that is on its way elsewhere when its process ends loses nothing") {
  Rig rig;
  os::Fd end = rig.start(1);
  say(end, "half ");
  CHECK(rig.until([&] { return rig.content() == "half "; }));
  conf::StreamSettings settings;
  settings.filename = rig.path("new");
  rig.redirect(1, settings);
  say(end, "a line\nwhole\nlast");
  end.reset();
  rig.streams->on_exit(1);
  CHECK(rig.content() == "half a line\n");
  CHECK(rig.content("new") == "whole\nlast");
}

TEST_CASE("a stream may become one that changes lines, and one that does not") {
  Rig rig;
  conf::StreamSettings settings;
  settings.filename = rig.path();
  const os::Fd end = rig.start(1, settings);
  say(end, "as it ");
  CHECK(rig.until([&] { return rig.content() == "as it "; }));
  settings.time_format = "T";
  rig.redirect(1, settings);
  say(end, "is\nwith time\n");
  CHECK(rig.until([&] { return rig.content() == "as it is\nT [101] | with time\n"; }));
  settings.time_format.reset();
  rig.redirect(1, settings);
  say(end, "plain\n");
  CHECK(rig.until([&] { return rig.content() == "as it is\nT [101] | with time\nplain\n"; }));
}

TEST_CASE("from a file that cannot be written a stream takes along what waits") {
  Rig rig;
  conf::StreamSettings settings;
  settings.filename = rig.path("no/log");
  const os::Fd end = rig.start(1, settings);
  say(end, "waits\n");
  rig.until([] { return false; }, 5ms);
  settings.filename = rig.path();
  rig.redirect(1, settings);
  CHECK(rig.until([&] { return rig.content() == "waits\n"; }));
}

TEST_CASE("old files change places in steps, and what was broken off goes on at the gap") {
  Rig rig;
  const auto make = [&](const std::string& name) { std::ofstream(rig.path(name)) << name; };
  for (const char* name : {"log.1", "log.2.gz", "log.3"}) make(name);
  {
    BackupShift shift(rig.path(), 3);
    int steps = 4;  // finds the last place, frees it, moves one
    REQUIRE(shift.go_on(steps) == 0);
    CHECK(shift.is_under_way());
    CHECK(steps == 0);
  }
  CHECK(rig.content("log.3.gz") == "log.2.gz");
  BackupShift shift(rig.path(), 3);
  REQUIRE(shift.finish() == 0);
  CHECK_FALSE(shift.is_under_way());
  CHECK(rig.content("log.2") == "log.1");
  CHECK(rig.content("log.3.gz") == "log.2.gz");
  CHECK_FALSE(std::filesystem::exists(rig.path("log.1")));
  make("log.1");
  REQUIRE(shift.finish() == 0);
  CHECK(rig.content("log.3") == "log.1");
  CHECK_FALSE(std::filesystem::exists(rig.path("log.3.gz")));
}

TEST_CASE("the tail has what was written, from splices and from stages") {
  Rig rig;
  const os::Fd one = rig.start(1);
  say(one, "a\nb\n");
  rig.streams->on_exit(1);
  const os::Fd two = rig.start(2);
  say(two, "c\n");
  rig.streams->on_exit(2);
  core::LogQuery query;
  query.watcher = "web";
  const core::LogPage page = rig.streams->tails().read(query);
  REQUIRE(page.lines.size() == 3);
  CHECK(page.lines[0].line.text == "a");
  CHECK(page.lines[2].line.text == "c");
  CHECK(page.lines[2].pid == 102);
}

TEST_CASE("a turn is shared: who writes without end does not keep another waiting") {
  Rig rig;
  conf::StreamSettings settings;
  settings.filename = rig.path("busy");
  const os::Fd busy = rig.start(1, settings);
  fcntl(busy.get(), F_SETFL, O_NONBLOCK);
  const os::Fd quiet = rig.start(2);
  const std::string block(65536, 'x');
  say(quiet, "here\n");
  bool done = false;
  for (int rounds = 0; rounds < 20 && !done; ++rounds) {
    while (write(busy.get(), block.data(), block.size()) > 0) continue;
    done = rig.until([&] { return rig.content() == "here\n"; }, 2ms);
  }
  CHECK(done);
}
