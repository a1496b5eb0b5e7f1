#include <sys/socket.h>

#include <map>

#include "tests/unit/spawn/fixture.h"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Unix sockets at numbers of the test's choice.
class Numbered final : public SocketSource {
 public:
  void open(const std::string& name, int number) {
    const os::Fd made(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    fds_[name].reset(fcntl(made.get(), F_DUPFD_CLOEXEC, number));
  }
  std::string link(const std::string& name) const { return link_of(fds_.at(name).get()); }
  static std::string link_of(int fd) {
    char text[64];
    const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), text, sizeof text);
    return {text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

  int find(const std::string& name) const override {
    const auto found = fds_.find(name);
    return found == fds_.end() ? -1 : found->second.get();
  }
  Result<os::Fd> open_own(const std::string& name) override {
    if (name == "refused") return make_error(Code::system, "socket 'refused': could not bind x: in use");
    return os::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }

 private:
  std::map<std::string, os::Fd> fds_;
};

const char* const inventory =
    "for n in 0 3 4 5 6 7; do readlink /proc/$$/fd/$n || echo none; done 2>/dev/null;"
    "echo \"$LISTEN_FDS $LISTEN_FDNAMES $LISTEN_PID\"";

core::Spawn make_inventory(core::ProcessId id, const Lines& lines, std::vector<core::GivenSocket> sockets) {
  core::Spawn spawn =
      Company::make(id, {"/bin/sh", "-c", "exec > " + lines.path() + "; " + std::string(inventory)});
  spawn.spec.sockets = std::move(sockets);
  return spawn;
}

std::vector<std::string> read_inventory(Lines& lines) {
  std::vector<std::string> found;
  for (int i = 0; i < 7; ++i) found.push_back(lines.next());
  return found;
}

}  // namespace

TEST_CASE("a child has its sockets from 3 on in their order, wherever the daemon has them") {
  for (const bool high : {false, true}) {
    const Scratch scratch;
    Numbered sockets;
    // In each other's places if those are free, and beyond.
    sockets.open("a", high ? 200 : 4);
    sockets.open("b", high ? 100 : 3);
    sockets.open("c", 5);
    Lines lines(scratch);
    Company company;
    company.spawner.take_sockets_from(sockets);
    company.spawner.spawn(make_inventory(1, lines, {{"a"}, {"b"}, {"c"}}));
    REQUIRE(company.run_until_seen("exit 1 0"));
    CHECK(read_inventory(lines) == std::vector<std::string>{"/dev/null", sockets.link("a"), sockets.link("b"),
                                                            sockets.link("c"), "none", "none",
                                                            "3 a:b:c " + std::to_string(company.pids[0])});
  }
}

TEST_CASE("a child without sockets has none, and no word of them from the daemon's environment") {
  const Scratch scratch;
  Lines lines(scratch);
  Company company;
  setenv("LISTEN_FDS", "7", 1);
  core::Spawn spawn = make_inventory(1, lines, {});
  spawn.spec.copy_env = true;
  company.spawner.spawn(spawn);
  unsetenv("LISTEN_FDS");
  REQUIRE(company.run_until_seen("exit 1 0"));
  const auto found = read_inventory(lines);
  CHECK(found[1] == "none");
  CHECK(found.back() == "  ");
}

TEST_CASE("what the watcher's own environment says of LISTEN_FDS stays") {
  const Scratch scratch;
  Lines lines(scratch);
  Company company;
  Numbered sockets;
  company.spawner.take_sockets_from(sockets);
  sockets.open("a", 50);
  core::Spawn spawn = make_inventory(1, lines, {{"a"}});
  spawn.spec.env["LISTEN_FDS"] = "0";
  company.spawner.spawn(spawn);
  REQUIRE(company.run_until_seen("exit 1 0"));
  CHECK(read_inventory(lines).back() == "0  ");
}

TEST_CASE("a stdin_socket is descriptor 0, and one of its own is the same one there and among the sockets") {
  const Scratch scratch;
  Lines lines(scratch);
  Company company;
  Numbered sockets;
  company.spawner.take_sockets_from(sockets);
  sockets.open("a", 50);
  core::Spawn spawn = make_inventory(1, lines, {{"a"}, {"own", true}});
  spawn.spec.stdin_socket = core::GivenSocket{"own", true};
  spawn.spec.in = core::Stdio::inherit;
  const std::size_t before = open_descriptors();
  company.spawner.spawn(spawn);
  REQUIRE(company.run_until_seen("exit 1 0"));
  const auto found = read_inventory(lines);
  CHECK(found[1] == sockets.link("a"));
  CHECK(found[2].starts_with("socket:"));
  CHECK(found[0] == found[2]);
  CHECK(open_descriptors() == before);
}

TEST_CASE("a socket that is not there or cannot be opened fails the start in words") {
  Company company;
  Numbered sockets;
  company.spawner.take_sockets_from(sockets);
  core::Spawn spawn = Company::make(1, {"/bin/true"});
  spawn.spec.sockets = {{"nosuch"}};
  company.spawner.spawn(spawn);
  spawn.process = 2;
  spawn.spec.sockets = {{"refused", true}};
  company.spawner.spawn(spawn);
  REQUIRE(company.run_until([&] { return company.events.size() == 2; }));
  CHECK(company.events[0] == "failed 1 socket nosuch 2");
  CHECK(company.events[1] == "failed 2 socket refused 0: socket 'refused': could not bind x: in use");
}

TEST_CASE("a child with sockets reports a program that is not there") {
  Company company;
  Numbered sockets;
  company.spawner.take_sockets_from(sockets);
  sockets.open("a", 50);
  core::Spawn spawn = Company::make(1, {"/nonexistent/program"});
  spawn.spec.sockets = {{"a"}};
  company.spawner.spawn(spawn);
  REQUIRE(company.run_until_seen("orphan"));  // its exit, after it had failed
  CHECK(company.events[0] == "failed 1 exec /nonexistent/program 2");
}
