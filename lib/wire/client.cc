#include "lib/wire/client.h"

#include <sys/random.h>
#include <zmq.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "lib/os/reader.h"
#include "lib/wire/connection_events.h"
#include "lib/wire/request.h"

namespace troupe::wire {

namespace {

std::string random_hex() {
  std::uint64_t number = 0;
  (void)!getrandom(&number, sizeof number, GRND_NONBLOCK);
  char text[17];
  std::snprintf(text, sizeof text, "%016lx", static_cast<unsigned long>(number));
  return text;
}

std::string seconds_text(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", std::round(to_seconds(duration) * 1000) / 1000);
  return text;
}

}  // namespace

Result<Client> Client::connect(const Context& context, std::string endpoint,
                               const std::optional<ClientKeys>& keys) {
  // libzmq keeps what was sent while nobody is there; a second is what a cast may take at the end.
  Result<Socket> socket = Socket::open(context, Kind::dealer, {.linger = 1s});
  if (!socket) return socket.error();
  if (keys && takes_curve(endpoint)) {
    if (const auto used = socket->use_client_keys(*keys); !used) return used.error();
  }
  auto connection = open_connection_events(
      context, *socket, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
  if (!connection) return connection.error();
  if (const auto connected = socket->connect(endpoint); !connected) return connected.error();
  return Client(*std::move(socket), *std::move(connection), std::move(endpoint));
}

Client::Client(Socket socket, Socket connection, std::string endpoint)
    : socket_(std::move(socket)),
      connection_(std::move(connection)),
      endpoint_(std::move(endpoint)),
      prefix_(random_hex()) {}

Result<Value> Client::call(std::string_view command, const Value& properties, Duration timeout) {
  char serial[17];
  std::snprintf(serial, sizeof serial, "%016lx", ++calls_);
  const std::string id = prefix_ + serial;
  const Instant deadline = std::chrono::steady_clock::now() + timeout;
  (void)find_loss();  // a connection that was lost before this call is being made anew
  const auto sent = socket_.send({encode_request({std::string(command), properties, "\"" + id + "\""})});
  if (!sent) return sent.error();
  while (socket_.wait(deadline - std::chrono::steady_clock::now(), {&connection_, output_})) {
    const auto loss = find_loss();  // looked for first, as the answer may have come just before it
    if (auto answer = find_answer(Value(id))) return *std::move(answer);
    if (loss) {
      connect_anew();
      return make_error(Code::failed, *loss);
    }
    if (std::string why = std::exchange(failed_, false) && probe_ ? probe_(endpoint_) : ""; !why.empty()) {
      connect_anew();
      return make_error(Code::not_found, endpoint_ + ": " + why);
    }
    if (output_ >= 0 && os::is_reader_gone(output_)) {
      return make_error(Code::failed, "nobody reads the output any more");
    }
  }
  // What was never delivered must not keep the process at its end.
  socket_.set_linger(Duration::zero());
  return make_error(Code::timed_out, "no answer from " + endpoint_ + " within " + seconds_text(timeout));
}

/// A new connection, which does not bring the old request to whoever listens next. Nobody waits for that one.
void Client::connect_anew() {
  socket_.set_linger(Duration::zero());
  if (auto ended = socket_.disconnect(endpoint_); ended) (void)!socket_.connect(endpoint_);
}

/// The reply to this call; those to others are dropped.
std::optional<Result<Value>> Client::find_answer(const Value& id) {
  while (const auto frames = socket_.receive()) {
    if (frames->empty()) continue;
    Result<Value> reply = reader_.parse(frames->back());
    if (!reply) {
      return make_error(Code::invalid_json, endpoint_ + " answers what is not JSON: " + reply.error().text);
    }
    if (is_reply_to(*reply, id)) return reply;
  }
  return std::nullopt;
}

/// How the connection was lost since the last look.
std::optional<std::string> Client::find_loss() {
  std::optional<std::string> loss;
  while (const auto frames = connection_.receive()) {
    const auto happened = to_connection_event(*frames);
    if (happened && happened->event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
      greeted_ = true;
      shut_out_ = false;
    }
    if (happened && happened->event == ZMQ_EVENT_CONNECT_RETRIED) failed_ = true;
    if (!happened || happened->event != ZMQ_EVENT_DISCONNECTED) continue;
    shut_out_ = !greeted_;
    loss = endpoint_ + " closed the connection " +
           (std::exchange(greeted_, false)
                ? "without an answer: what was asked may or may not have been carried out"
                : "before it could be asked");
  }
  return loss;
}

/// An error without an id is an answer too: the other side could not read the request.
bool Client::is_reply_to(const Value& reply, const Value& id) const {
  const Value* own = reply.find("id");
  return own && (*own == id || (own->is_null() && reply.find("errno")));
}

Result<void> Client::cast(std::string_view command, const Value& properties) {
  socket_.set_linger(1s);
  return socket_.send({encode_request({std::string(command), properties, {}, true})});
}

}  // namespace troupe::wire
