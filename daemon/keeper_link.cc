#include "daemon/keeper_link.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "daemon/keeper_protocol.h"
#include "lib/os/system_error.h"

namespace troupe {

namespace {

constexpr int greeting_ms = 5000;
constexpr int most_messages = 128;

template <class Message>
bool decode(Message& message, const char* bytes, std::size_t size) {
  if (size != sizeof message) return false;
  std::memcpy(&message, bytes, sizeof message);
  return true;
}

std::optional<std::uint64_t> limit_from(std::uint64_t value) {
  if (value == std::numeric_limits<std::uint64_t>::max()) return {};
  return value;
}

Exit exit_from(const keeper::Exited& message) {
  return {.pid = message.pid,
          .status = message.status,
          .core_dumped = message.core_dumped != 0,
          .user_time = std::chrono::microseconds(message.user_time),
          .system_time = std::chrono::microseconds(message.system_time),
          .max_rss = static_cast<long>(message.max_rss)};
}

}  // namespace

Result<KeeperLink> KeeperLink::open(os::Fd socket, bool in_background, int errors) {
  pollfd entry{socket.get(), POLLIN, 0};
  if (poll(&entry, 1, greeting_ms) <= 0) return make_error(Code::timed_out, "keeper: no greeting in 5 s");
  char bytes[sizeof(keeper::Hello) + 1];
  const ssize_t size = recv(socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
  if (size < 0) return os::system_error("recv", "keeper", errno);
  keeper::Hello hello;
  if (!decode(hello, bytes, static_cast<std::size_t>(size)) || hello.kind != keeper::Kind::hello ||
      hello.version != keeper::protocol_version)
    return make_error(Code::invalid, "keeper: it speaks another version of the protocol");

  KeeperLink link;
  link.socket_ = std::move(socket);
  link.boot_.assign(hello.boot, sizeof hello.boot);
  link.keeper_pid_ = hello.keeper_pid;
  link.descriptor_limit_ = {limit_from(hello.soft_descriptors), limit_from(hello.hard_descriptors)};
  link.in_background_ = in_background;
  link.errors_ = errors;
  return link;
}

// Blocking: there are at most as many acknowledgements under way as exits and signals, which fit, and the
// keeper reads all the time.
template <class Message>
bool KeeperLink::send(const Message& message) {
  ssize_t size;
  do {
    size = ::send(socket_.get(), &message, sizeof message, MSG_NOSIGNAL);
  } while (size < 0 && errno == EINTR);
  return size >= 0;
}

KeeperLink::News KeeperLink::read() {
  News news;
  for (int i = 0; i < most_messages; ++i) {
    char bytes[sizeof(keeper::Hello) + 1];
    const ssize_t size = recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (size > 0) {
      add(news, bytes, static_cast<std::size_t>(size));
    } else if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
      break;
    } else {
      news.keeper_gone = true;
      break;
    }
  }
  return news;
}

void KeeperLink::add(News& news, const char* bytes, std::size_t size) {
  keeper::Exited exited;
  keeper::Signalled signalled;
  if (decode(exited, bytes, size) && exited.kind == keeper::Kind::exited) {
    news.exits.push_back(exit_from(exited));
  } else if (decode(signalled, bytes, size) && signalled.kind == keeper::Kind::signal) {
    news.signals.push_back(signalled.number);
    send(keeper::Order{keeper::Kind::heard, signalled.number});
  }
}

bool KeeperLink::ack(int pid) {
  return send(keeper::Order{keeper::Kind::ack, pid});
}

bool KeeperLink::ready() {
  // Without /dev/null the launcher's terminal stays open: no reason not to serve.
  if (in_background_) (void)os::detach_standard_descriptors(errors_);
  return send(keeper::Order{keeper::Kind::ready, 0});
}

bool KeeperLink::tell(std::string_view lines) {
  keeper::Tell message;
  std::memcpy(message.text, lines.data(), std::min(lines.size(), sizeof message.text - 1));
  return send(message);
}

bool KeeperLink::done(int code) {
  return send(keeper::Order{keeper::Kind::done, code});
}

bool KeeperLink::failed(int code, std::string_view text) {
  keeper::Failed message;
  message.value = code;
  std::memcpy(message.text, text.data(), std::min(text.size(), sizeof message.text - 1));
  return send(message);
}

}  // namespace troupe
