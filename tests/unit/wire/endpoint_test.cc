#include "lib/wire/endpoint.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "lib/wire/accept_guard.h"
#include "lib/wire/bound_endpoint.h"
#include "lib/wire/monitor.h"
#include "lib/wire/who_listens.h"
#include "tests/unit/wire/pair.h"

using namespace troupe;
using namespace troupe::wire;

namespace {

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/troupe-wire-XXXXXX";
    REQUIRE(mkdtemp(name));
    path = name;
  }
  ~Folder() { std::remove(path.c_str()); }  // fails when a test leaves a file behind, which the tests check
  std::string endpoint(const char* name = "control") const { return "ipc://" + path + "/" + name; }
};

std::optional<unsigned> mode_of(const std::string& path) {
  struct stat file;
  if (lstat(path.c_str(), &file) != 0) return std::nullopt;
  return file.st_mode & 0777;
}

void write_file(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  REQUIRE(file);
  std::fputs(text.c_str(), file);
  std::fclose(file);
}

/// A listening or stale socket file that libzmq knows nothing of.
int listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(fd, 5) == 0);
  return fd;
}

std::string pid_text() {
  return std::to_string(getpid());
}

}  // namespace

TEST_CASE("the file of an ipc endpoint and the port of a tcp endpoint") {
  CHECK(ipc_path("ipc:///run/troupe/control") == "/run/troupe/control");
  CHECK(ipc_path("ipc://relative") == "relative");
  CHECK_FALSE(ipc_path("ipc://@abstract"));
  CHECK_FALSE(ipc_path("ipc://"));
  CHECK_FALSE(ipc_path("tcp://127.0.0.1:5555"));
  CHECK(tcp_port("tcp://127.0.0.1:5555") == 5555);
  CHECK(tcp_port("tcp://[::1]:80") == 80);
  CHECK_FALSE(tcp_port("tcp://127.0.0.1:*"));
  CHECK_FALSE(tcp_port("tcp://127.0.0.1"));
  CHECK_FALSE(tcp_port("tcp://127.0.0.1:99999"));
  CHECK_FALSE(tcp_port("ipc:///a:80"));
}

TEST_CASE("the listener of a port is found among the lines of the table") {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:15B3 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 11111 1 0\n"
      "   1: 0100007F:15B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22222 1 0\n"
      "   2: 0100007F:15B4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33333 1 0\n"
      "broken line\n";
  CHECK(os::find_tcp_listener(table, 5555) == 22222);
  CHECK(os::find_tcp_listener(table, 5556) == 33333);
  CHECK_FALSE(os::find_tcp_listener(table, 5557));
  CHECK_FALSE(os::find_tcp_listener("", 5555));
  CHECK(os::find_udp_socket("  7: 00000000:14E9 00000000:0000 07 0:0 0:0 0 0 0 444 2 0 0\n", 5353) == 444);
}

TEST_CASE("the listener of a path is found, also with spaces, and only by its whole path") {
  const std::string table =
      "Num       RefCount Protocol Flags    Type St Inode Path\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 111 /run/a b/control\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 222 /run/a b/control\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 333 /other/run/control\n";
  CHECK(os::find_unix_listener(table, "/run/a b/control") == 222);
  CHECK_FALSE(os::find_unix_listener(table, "/run/control"));
  CHECK(os::find_unix_listener(table, "/other/run/control") == 333);
}

TEST_CASE("an ipc endpoint has the mode that was asked for and leaves no file behind") {
  Folder folder;
  const std::string file = folder.path + "/control";
  Context context;
  {
    Socket socket = open_socket(context, Kind::router);
    const mode_t before = umask(022);
    umask(before);
    auto bound =
        BoundEndpoint::bind(socket, folder.endpoint(), {.mode = 0660, .group = static_cast<int>(getgid())});
    REQUIRE(bound);
    CHECK(bound->name() == folder.endpoint());
    CHECK(mode_of(file) == 0660u);
    CHECK(umask(before) == before);
    CHECK(mode_of(file + ".lock") == 0600u);
  }
  CHECK_FALSE(mode_of(file));
  CHECK_FALSE(mode_of(file + ".lock"));
}

TEST_CASE("an ipc endpoint that is in use is not stolen, and the message names the holder") {
  Folder folder;
  Context context;
  Socket first = open_socket(context, Kind::router), second = open_socket(context, Kind::router);
  auto bound = BoundEndpoint::bind(first, folder.endpoint());
  REQUIRE(bound);
  const auto refused = BoundEndpoint::bind(second, folder.endpoint());
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == make_error(Code::refused, folder.endpoint() + " is in use by pid " + pid_text()));
  // The refused one took nothing away.
  CHECK(mode_of(folder.path + "/control"));
  CHECK(mode_of(folder.path + "/control.lock"));
}

TEST_CASE("the file of a dead owner is replaced and a live stranger is left alone") {
  Folder folder;
  Context context;
  const std::string file = folder.path + "/control";
  const int stranger = listen_at(file);
  Socket socket = open_socket(context, Kind::router);
  const auto refused = BoundEndpoint::bind(socket, folder.endpoint());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.starts_with(folder.endpoint() + " is taken by pid " + pid_text() + " ("));
  close(stranger);
  write_file(file + ".lock", "99999\n");  // left by one that was killed; nobody holds it
  CHECK(BoundEndpoint::bind(socket, folder.endpoint()));
}

TEST_CASE("an owner whose folder was cleared leaves the files of the next one alone") {
  Folder folder;
  Context context;
  Socket first = open_socket(context, Kind::router);
  Socket second = open_socket(context, Kind::router);
  auto bound = BoundEndpoint::bind(first, folder.endpoint());
  REQUIRE(bound);
  std::optional<BoundEndpoint> old_owner(*std::move(bound));
  const std::string path = folder.path + "/control";
  REQUIRE(unlink(path.c_str()) == 0);
  REQUIRE(unlink((path + ".lock").c_str()) == 0);
  const auto next = BoundEndpoint::bind(second, folder.endpoint());
  REQUIRE(next);
  old_owner.reset();
  CHECK(access(path.c_str(), F_OK) == 0);
  CHECK(access((path + ".lock").c_str(), F_OK) == 0);
}

TEST_CASE("a file that is no socket is never replaced") {
  Folder folder;
  Context context;
  const std::string file = folder.path + "/control";
  write_file(file, "precious");
  Socket socket = open_socket(context, Kind::router);
  const auto refused = BoundEndpoint::bind(socket, folder.endpoint());
  REQUIRE_FALSE(refused);
  CHECK(refused.error() ==
        make_error(Code::refused, folder.endpoint() + ": the file is there and is no socket"));
  CHECK(mode_of(file));
  unlink(file.c_str());
}

TEST_CASE("a folder that does not exist and a path that is too long are errors") {
  Context context;
  Socket socket = open_socket(context, Kind::router);
  CHECK(BoundEndpoint::bind(socket, "ipc:///nonexistent/control").error().text ==
        "open /nonexistent/control.lock: No such file or directory");
  Folder folder;
  const auto long_path = BoundEndpoint::bind(socket, folder.endpoint(std::string(120, 'x').c_str()));
  REQUIRE_FALSE(long_path);
  CHECK(long_path.error().text.ends_with("File name too long"));
}

TEST_CASE("a tcp port that is taken names the process that has it") {
  Context context;
  Socket first = open_socket(context, Kind::router), second = open_socket(context, Kind::router);
  auto bound = BoundEndpoint::bind(first, "tcp://127.0.0.1:*");
  REQUIRE(bound);
  CHECK(tcp_port(bound->name()));
  const auto listener = who_listens(bound->name());
  REQUIRE(listener);
  CHECK(listener->pid == getpid());
  const auto refused = BoundEndpoint::bind(second, bound->name());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text ==
        bound->name() + " is taken by pid " + pid_text() + " (" + listener->name + ")");
}

TEST_CASE("an address that this machine does not have is told as that, whoever has the port elsewhere") {
  Context context;
  Socket first = open_socket(context, Kind::router), second = open_socket(context, Kind::router);
  auto bound = BoundEndpoint::bind(first, "tcp://127.0.0.1:*");
  REQUIRE(bound);
  const std::string port = std::to_string(*tcp_port(bound->name()));
  CHECK(BoundEndpoint::bind(second, "tcp://192.0.2.1:" + port).error().text ==
        "bind tcp://192.0.2.1:" + port +
            ": Cannot assign requested address; no interface of this machine has that address");
  CHECK(BoundEndpoint::bind(second, "tcp://no-such-host:" + port).error().text ==
        "bind tcp://no-such-host:" + port +
            ": No such device; write an address of this machine as a number, or the name of an interface");
}

TEST_CASE("connections are counted as they come and go, also those that never speak") {
  Folder folder;
  Context context;
  for (const std::string& endpoint : {folder.endpoint(), std::string("tcp://127.0.0.1:*")}) {
    BoundedLoop bounded;
    Socket server = open_socket(context, Kind::router);
    int wanted = -1;
    Monitor* counting = nullptr;
    auto on_change = [&] {
      if (counting->connections() == wanted) bounded.loop.stop();
    };
    auto monitor = Monitor::open(context, bounded.loop, server, Monitor::OnChange::of(on_change));
    REQUIRE(monitor);
    counting = monitor->get();
    auto bound = BoundEndpoint::bind(server, endpoint);
    REQUIRE(bound);
    std::vector<Socket> clients;
    for (int i = 0; i < 10; ++i) {
      clients.push_back(open_socket(context, Kind::dealer));
      REQUIRE(clients.back().connect(bound->name()));
    }
    wanted = 10;
    bounded.run();
    CHECK(counting->listener() >= 0);
    clients.clear();
    wanted = 0;
    bounded.run();
    CHECK(counting->connections() == 0);
  }
}

TEST_CASE("a shut door keeps newcomers out, those inside stay, and reopened it lets in again") {
  Folder folder;
  Context context;
  for (const std::string& endpoint : {folder.endpoint(), std::string("tcp://127.0.0.1:*")}) {
    BoundedLoop bounded;
    Socket server = open_socket(context, Kind::router);
    Monitor* counting = nullptr;
    auto on_change = [&] {
      if (counting->connections() == 1) bounded.loop.stop();
    };
    auto monitor = Monitor::open(context, bounded.loop, server, Monitor::OnChange::of(on_change));
    REQUIRE(monitor);
    counting = monitor->get();
    auto bound = BoundEndpoint::bind(server, endpoint);
    REQUIRE(bound);
    Socket inside = open_socket(context, Kind::dealer);
    REQUIRE(inside.connect(bound->name()));
    bounded.run();

    bound->shut(counting->listener());
    CHECK(bound->is_shut());
    Socket newcomer = open_socket(context, Kind::dealer);
    REQUIRE(newcomer.connect(bound->name()));
    REQUIRE(newcomer.send({"hello"}));
    REQUIRE(inside.send({"still here"}));
    REQUIRE(server.wait(10s));
    CHECK(server.receive()->back() == "still here");
    CHECK_FALSE(server.wait(100ms));

    bound->reopen(counting->listener());
    REQUIRE(server.wait(10s));
    CHECK(server.receive()->back() == "hello");
    bound->shut(counting->listener());
  }
}

TEST_CASE("a connection for which there is no descriptor is cut off, and the endpoint goes on") {
  Folder folder;
  Context context;
  for (const std::string& endpoint : {folder.endpoint(), std::string("tcp://127.0.0.1:*")}) {
    Socket server = open_socket(context, Kind::router);
    auto bound = BoundEndpoint::bind(server, endpoint);
    REQUIRE(bound);
    refuse_connections_from(0);
    Socket client = open_socket(context, Kind::dealer);
    REQUIRE(client.connect(bound->name()));
    REQUIRE(client.send({"hello"}));
    CHECK_FALSE(server.wait(300ms));
    refuse_connections_from(std::numeric_limits<int>::max());
    REQUIRE(server.wait(10s));  // clients of libzmq try again
    CHECK(server.receive()->back() == "hello");
  }
}

TEST_CASE("what a daemon that was killed while it was shut left aside goes with the next one") {
  Folder folder;
  Context context;
  const std::string left = *ipc_path(folder.endpoint()) + ".shut";
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, left.c_str());
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  close(fd);
  Socket server = open_socket(context, Kind::router);
  REQUIRE(BoundEndpoint::bind(server, folder.endpoint()));
  CHECK(access(left.c_str(), F_OK) != 0);
}
