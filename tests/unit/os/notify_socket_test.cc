#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "lib/os/notify_socket.h"

using namespace troupe;
using namespace troupe::os;

TEST_CASE("what a service manager wants is read once and is then gone from the environment") {
  setenv("NOTIFY_SOCKET", "/run/notify", 1);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  const auto wish = take_notify_wish();
  CHECK(wish.socket == "/run/notify");
  CHECK(wish.watchdog == 30s);
  const auto again = take_notify_wish();
  CHECK(again.socket.empty());
  CHECK(again.watchdog == Duration::zero());
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  CHECK_MESSAGE(take_notify_wish().watchdog == Duration::zero(), "it is another process that is to ping");
}

TEST_CASE("a notify socket waits once for a manager that reads nothing, and tells again when it reads") {
  const std::string name = "@troupe-notify-" + std::to_string(getpid());
  sockaddr_un address{AF_UNIX, {}};
  std::copy(name.begin() + 1, name.end(), address.sun_path + 1);
  const Fd reader(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  REQUIRE(bind(reader.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
  auto manager = NotifySocket::open(name);
  REQUIRE(manager);
  for (int i = 0; i < 2000; ++i) manager->send("WATCHDOG=1");  // a second for each would take half an hour
  char text[64];
  while (recv(reader.get(), text, sizeof text, 0) > 0) continue;
  manager->send("READY=1");
  CHECK(std::string_view(text, static_cast<std::size_t>(recv(reader.get(), text, sizeof text, 0))) ==
        "READY=1");
  CHECK(NotifySocket::open("@").error().code == Code::invalid);
  CHECK(NotifySocket::open("relative").error().code == Code::invalid);
  CHECK(NotifySocket::open("/" + std::string(107, 'x')).error().code == Code::invalid);
}
