#include "daemon/sockets/socket_pool.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "daemon/sockets/address.h"
#include "lib/loop/loop.h"

using namespace troupe;

namespace {

conf::SocketConfig tcp(std::string name, int port = 0, std::string host = "127.0.0.1") {
  conf::SocketConfig config;
  config.name = std::move(name);
  config.host = std::move(host);
  config.port = port;
  return config;
}

conf::SocketConfig local(std::string name, std::string path) {
  conf::SocketConfig config;
  config.name = std::move(name);
  config.family = conf::SocketFamily::local;
  config.path = std::move(path);
  return config;
}

struct Folder {
  Folder() {
    char name[] = "/tmp/troupe-sockets-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { rmdir(path.c_str()); }  // fails when a file is left
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

bool exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

/// Connects to a socket of the pool; the end stays open as long as the value.
os::Fd connect_to(const SocketPool& pool, const std::string& name) {
  const Address address = Address::of(pool.find(name));
  os::Fd fd(::socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(fd.get(), address.get(), address.size()) == 0);
  return fd;
}

/// A pool whose listener notes what became readable, and then ends the loop.
struct Office final : SocketListener {
  loop::Loop loop;
  SocketPool pool{loop};
  std::vector<std::string> ready;

  Office() { pool.listen(*this); }
  void on_socket_ready(const std::string& name) override {
    ready.push_back(name);
    loop.stop();
  }
  int port(const std::string& name) const { return pool.held().at(name).open->address.port(); }
};

}  // namespace

TEST_CASE("a socket whose binding stays is the same one, under whatever name and backlog") {
  Office office;
  const int port = Address::of(open_socket(tcp("probe"))->fd.get()).port();
  REQUIRE(office.pool.apply({tcp("a", port)}));
  const int fd = office.pool.find("a");
  conf::SocketConfig renamed = tcp("b", port);
  renamed.backlog = 1;
  renamed.blocking = true;
  REQUIRE(office.pool.apply({renamed, tcp("c")}));
  CHECK(office.pool.find("b") == fd);
  CHECK(office.pool.find("a") == -1);
  CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
  CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(office.pool.list().size() == 2);
}

TEST_CASE("when one of several cannot be bound everything is as before") {
  Office office, other;
  REQUIRE(other.pool.apply({tcp("taken")}));
  Folder folder;
  REQUIRE(office.pool.apply({tcp("a"), local("l", folder / "l.sock")}));
  const int a = office.pool.find("a"), port = office.port("a");
  const auto applied = office.pool.apply({tcp("b"), tcp("c", other.port("taken"))});
  REQUIRE_FALSE(applied);
  CHECK(applied.error().text.starts_with(
      "socket 'c': could not bind 127.0.0.1:" + std::to_string(other.port("taken")) + ": taken by "));
  CHECK(office.pool.list().size() == 2);
  CHECK(exists(folder / "l.sock"));
  CHECK(office.pool.find("b") == -1);
  connect_to(office.pool, "a");
  connect_to(office.pool, "l");
  CHECK(a >= 0);
  CHECK(port > 0);
}

TEST_CASE("when one cannot be bound the one that it follows stays open, whoever holds it too") {
  Office office, other;
  Folder folder;
  REQUIRE(other.pool.apply({tcp("taken")}));
  conf::SocketConfig file = local("l", folder / "l.sock");
  REQUIRE(office.pool.apply({tcp("a"), tcp("w"), file}));
  const int a = office.pool.find("a"), w = office.pool.find("w"), l = office.pool.find("l");
  const os::Fd worker_has[]{os::Fd(dup(a)), os::Fd(dup(w)), os::Fd(dup(l))};
  file.type = conf::SocketType::datagram;
  for (int i = 0; i < 2; ++i) {
    REQUIRE_FALSE(office.pool.apply(
        {tcp("w", office.port("w"), "0.0.0.0"), file, tcp("a", other.port("taken")), tcp("n")}));
    CHECK(office.pool.find("a") == a);
    CHECK(office.pool.find("w") == w);
    CHECK(office.pool.find("l") == l);
  }
  for (const char* name : {"a", "w", "l"}) connect_to(office.pool, name);
  CHECK_FALSE(exists(folder / "l.sock.old"));
  int shares = -1;
  socklen_t size = sizeof shares;
  REQUIRE(getsockopt(w, SOL_SOCKET, SO_REUSEPORT, &shares, &size) == 0);
  CHECK(shares == 0);
}

TEST_CASE("a wider address is opened also while processes hold the socket that was there") {
  Office office;
  Folder folder;
  const int port = Address::of(open_socket(tcp("probe"))->fd.get()).port();
  conf::SocketConfig file = local("l", folder / "l.sock");
  REQUIRE(office.pool.apply({tcp("a", port), file}));
  os::Fd worker_has[]{os::Fd(dup(office.pool.find("a"))), os::Fd(dup(office.pool.find("l")))};
  file.type = conf::SocketType::seqpacket;
  REQUIRE(office.pool.apply({tcp("a", port, "0.0.0.0"), file}));
  CHECK(office.pool.held().at("a").open->address.host() == "0.0.0.0");
  CHECK_FALSE(exists(folder / "l.sock.old"));
  for (os::Fd& fd : worker_has) fd.reset();
  connect_to(office.pool, "a");
  Office other;
  CHECK_FALSE(other.pool.apply({tcp("b", port)}));
  REQUIRE(office.pool.apply({}));
}

TEST_CASE("two sockets with a port that the system chooses stay two, each with its own") {
  Office office;
  REQUIRE(office.pool.apply({tcp("a"), tcp("b")}));
  const int a = office.pool.find("a"), b = office.pool.find("b");
  REQUIRE(a != b);
  REQUIRE(office.pool.apply({tcp("b"), tcp("a")}));
  CHECK(office.pool.find("a") == a);
  CHECK(office.pool.find("b") == b);
  REQUIRE(office.pool.apply({tcp("a"), tcp("b"), tcp("c")}));
  CHECK(office.pool.find("a") == a);
  CHECK(office.pool.find("b") == b);
  CHECK(office.port("c") != office.port("b"));
  REQUIRE(office.pool.apply({tcp("c"), tcp("d")}));
  CHECK(office.pool.find("d") == a);
}

TEST_CASE("a wider address takes the place of the one that is in its way") {
  Office office;
  const int port = Address::of(open_socket(tcp("probe"))->fd.get()).port();
  REQUIRE(office.pool.apply({tcp("a", port)}));
  REQUIRE(office.pool.apply({tcp("a", port, "0.0.0.0")}));
  CHECK(office.pool.held().at("a").open->address.host() == "0.0.0.0");
  CHECK(office.port("a") == port);
}

TEST_CASE("a unix socket of another type takes the place of the old one, and only its own file is removed") {
  Folder folder;
  {
    Office office;
    conf::SocketConfig config = local("l", folder / "l.sock");
    REQUIRE(office.pool.apply({config}));
    config.type = conf::SocketType::datagram;
    config.umask = 077;
    REQUIRE(office.pool.apply({config}));
    struct stat found {};
    REQUIRE(stat((folder / "l.sock").c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0700);
    config.umask = 022;
    REQUIRE(office.pool.apply({config}));
    REQUIRE(stat((folder / "l.sock").c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0755);
  }
  CHECK_FALSE(exists(folder / "l.sock"));
}

TEST_CASE("replace takes a file over from another, who does not remove it later") {
  Folder folder;
  conf::SocketConfig config = local("l", folder / "l.sock");
  auto first = std::make_unique<Office>();
  REQUIRE(first->pool.apply({config}));
  Office second;
  REQUIRE_FALSE(second.pool.apply({config}));
  config.replace = true;
  REQUIRE(second.pool.apply({config}));
  first.reset();
  CHECK(exists(folder / "l.sock"));
  connect_to(second.pool, "l");
}

TEST_CASE("a watch tells once, and only while it is wanted") {
  Office office;
  REQUIRE(office.pool.apply({tcp("a"), tcp("b")}));
  office.pool.watch({"a", true});
  office.pool.watch({"b", true});
  office.pool.watch({"b", false});
  const os::Fd to_b = connect_to(office.pool, "b");
  const os::Fd to_a = connect_to(office.pool, "a");
  office.loop.run();
  CHECK(office.ready == std::vector<std::string>{"a"});
  office.pool.watch({"b", true});
  office.loop.run();
  CHECK(office.ready == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a watch goes on with the socket that takes the place of the old one") {
  Office office;
  REQUIRE(office.pool.apply({tcp("a")}));
  office.pool.watch({"a", true});
  REQUIRE(office.pool.apply({}));
  REQUIRE(office.pool.apply({tcp("a", 0, "127.0.0.2")}));
  const os::Fd to_a = connect_to(office.pool, "a");
  office.loop.run();
  CHECK(office.ready == std::vector<std::string>{"a"});
}

TEST_CASE(
    "of so_reuseport the pool keeps the port and takes no connection, each process gets one that does") {
  Office office;
  conf::SocketConfig config = tcp("own");
  config.so_reuseport = true;
  REQUIRE(office.pool.apply({config}));
  const Address address = Address::of(office.pool.find("own"));
  CHECK(address.port() > 0);
  const os::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(::connect(client.get(), address.get(), address.size()) != 0);
  auto one = office.pool.open_own("own");
  auto two = office.pool.open_own("own");
  REQUIRE(one);
  REQUIRE(two);
  CHECK(Address::of(one->get()).port() == address.port());
  connect_to(office.pool, "own");
  CHECK_FALSE(office.pool.open_own("nosuch"));
}

TEST_CASE("of so_reuseport and datagrams the pool has no share") {
  Office office;
  conf::SocketConfig config = tcp("dns");
  config.type = conf::SocketType::datagram;
  config.so_reuseport = true;
  CHECK_FALSE(office.pool.apply({config}));
  config.port = Address::of(open_socket(tcp("probe"))->fd.get()).port();
  REQUIRE(office.pool.apply({config}));
  auto own = office.pool.open_own("dns");
  REQUIRE(own);
  const Address address = Address::of(own->get());
  CHECK(address.port() == config.port);
  for (int i = 0; i < 20; ++i) {
    const os::Fd client(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    REQUIRE(sendto(client.get(), "x", 1, 0, address.get(), address.size()) == 1);
    char byte;
    CHECK(recv(own->get(), &byte, 1, 0) == 1);
  }
}

TEST_CASE("addresses are shown as people write them") {
  CHECK(Address::find(tcp("a", 80))->text() == "127.0.0.1:80");
  conf::SocketConfig six = tcp("a", 80, "::1");
  six.family = conf::SocketFamily::inet6;
  CHECK(Address::find(six)->text() == "[::1]:80");
  CHECK(Address::find(local("a", "/run/x.sock"))->text() == "/run/x.sock");
}
