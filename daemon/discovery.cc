#include "daemon/discovery.h"

#include "lib/base/text.h"
#include "lib/json/writer.h"
#include "lib/log/log.h"
#include "lib/os/multicast.h"

namespace troupe {

namespace {

constexpr int answers_a_turn = 64;  // so that a flood of questions leaves time for everything else

Result<os::Fd> open_socket(const std::string& address) {
  constexpr std::string_view scheme = "udp://";
  const std::string rest = address.starts_with(scheme) ? address.substr(scheme.size()) : "";
  const auto colon = rest.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : parse_int(rest.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) {
    return make_error(Code::invalid, "'" + address + "' is not udp://ADDRESS:PORT");
  }
  return os::open_multicast(rest.substr(0, colon), static_cast<std::uint16_t>(*port));
}

}  // namespace

std::unique_ptr<Discovery> Discovery::open(loop::Loop& loop, const std::string& address,
                                           const std::string& control_endpoint) {
  if (address.empty()) return nullptr;
  auto socket = open_socket(address);
  if (!socket) {
    log::warning("Multicast discovery is disabled, there was an error during udp socket creation. ({})",
                 socket.error().text);
    return nullptr;
  }
  std::string answer = json::write(Value::object().set("endpoint", control_endpoint));
  return std::unique_ptr<Discovery>(new Discovery(loop, *std::move(socket), std::move(answer)));
}

Discovery::Discovery(loop::Loop& loop, os::Fd socket, std::string answer)
    : socket_(std::move(socket)),
      answer_(std::move(answer)),
      watch_(loop, socket_.get(), {.readable = true},
             loop::FdWatch::OnReady::to<&Discovery::on_question>(*this)) {}

void Discovery::on_question(loop::Ready) {
  for (int i = 0; i < answers_a_turn; ++i) {
    const auto asker = os::take_datagram(socket_.get());
    if (!asker) return;
    os::send_datagram(socket_.get(), *asker, answer_);
  }
}

}  // namespace troupe
