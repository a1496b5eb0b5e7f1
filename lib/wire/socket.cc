#include "lib/wire/socket.h"

#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "lib/wire/context.h"
#include "lib/wire/curve.h"

namespace troupe::wire {

namespace {

constexpr std::size_t max_frames = 16;

/// In the order of Kind.
constexpr struct {
  int type;
  std::string_view name;
} kinds[] = {
    {ZMQ_ROUTER, "ROUTER socket"}, {ZMQ_DEALER, "DEALER socket"}, {ZMQ_PUB, "PUB socket"},
    {ZMQ_XPUB, "XPUB socket"},     {ZMQ_SUB, "SUB socket"},       {ZMQ_PAIR, "PAIR socket"},
};

/// A signal that came in between is no answer.
template <class Call>
int again(Call call) {
  int result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

template <class T>
bool set(void* socket, int option, T value) {
  return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

bool set_text(void* socket, int option, const std::string& text) {
  return zmq_setsockopt(socket, option, text.c_str(), text.size() + 1) == 0;
}

int milliseconds(Duration duration) {
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

/// The first question after a minute of silence, three more at twenty seconds' distance.
bool set_keepalive(void* socket) {
  return set(socket, ZMQ_TCP_KEEPALIVE, 1) && set(socket, ZMQ_TCP_KEEPALIVE_IDLE, 60) &&
         set(socket, ZMQ_TCP_KEEPALIVE_INTVL, 20) && set(socket, ZMQ_TCP_KEEPALIVE_CNT, 3);
}

/// What a refused address needs, where the words of errno do not tell. libzmq looks no host names up to bind.
std::string_view advice_for(int error) {
  if (error == EADDRNOTAVAIL) return "; no interface of this machine has that address";
  if (error == ENODEV) return "; write an address of this machine as a number, or the name of an interface";
  return "";
}

/// A frame that libzmq holds, and who counts it.
struct Piece {
  std::string text;
  Backlog backlog;
};

void release(void*, void* hint) {
  const std::unique_ptr<Piece> piece(static_cast<Piece*>(hint));
  piece->backlog->remove(piece->text.size());
}

bool configure(void* socket, Kind kind, const SocketOptions& options) {
  bool good = set(socket, ZMQ_LINGER, milliseconds(options.linger)) &&
              set(socket, ZMQ_SNDHWM, options.send_queue) && set(socket, ZMQ_RCVHWM, options.receive_queue) &&
              set(socket, ZMQ_MAXMSGSIZE, options.max_message);
  if (!options.identity.empty()) {
    good =
        good && zmq_setsockopt(socket, ZMQ_ROUTING_ID, options.identity.data(), options.identity.size()) == 0;
  }
  if (options.keepalive) good = good && set_keepalive(socket);
  if (kind == Kind::router) good = good && set(socket, ZMQ_ROUTER_MANDATORY, int{options.mandatory});
  if (kind == Kind::xpub) good = good && set(socket, ZMQ_XPUB_VERBOSE, int{options.every_subscription});
  return good;
}

}  // namespace

Result<Socket> Socket::open(const Context& context, Kind kind, const SocketOptions& options) {
  const auto& row = kinds[static_cast<std::size_t>(kind)];
  void* handle = zmq_socket(context.handle(), row.type);
  Socket socket(handle, std::string(row.name));
  if (!handle) return socket.failure("open", socket.name_);
  if (!configure(handle, kind, options)) return socket.failure("set an option of", socket.name_);
  return socket;
}

Socket::~Socket() {
  if (handle_) zmq_close(handle_);
}

Socket::Socket(Socket&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      name_(std::move(other.name_)),
      on_touch_(std::exchange(other.on_touch_, {})) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(name_, other.name_);
  std::swap(on_touch_, other.on_touch_);
  return *this;
}

Error Socket::failure(std::string_view what, std::string_view endpoint) const {
  const int error = errno;
  const Code code = error == EAGAIN         ? Code::limit
                    : error == EHOSTUNREACH ? Code::not_found
                    : error == EADDRINUSE   ? Code::refused
                                            : Code::system;
  const char* reason = error == EAGAIN ? "the queue is full" : zmq_strerror(error);
  return make_error(code, std::string(what) + " " + std::string(endpoint) + ": " + reason);
}

Result<void> Socket::bind(const std::string& endpoint) {
  if (again([&] { return zmq_bind(handle_, endpoint.c_str()); }) != 0) {
    const std::string_view advice = advice_for(errno);
    Error error = failure("bind", endpoint);
    error.text += advice;
    return error;
  }
  name_ = endpoint;
  return {};
}

Result<void> Socket::connect(const std::string& endpoint) {
  if (again([&] { return zmq_connect(handle_, endpoint.c_str()); }) != 0)
    return failure("connect to", endpoint);
  name_ = endpoint;
  return {};
}

Result<void> Socket::use_server_key(const std::string& secret_key) {
  const std::string domain = "troupe";
  if (set(handle_, ZMQ_CURVE_SERVER, 1) && set_text(handle_, ZMQ_CURVE_SECRETKEY, secret_key) &&
      zmq_setsockopt(handle_, ZMQ_ZAP_DOMAIN, domain.data(), domain.size()) == 0)
    return {};
  return failure("set the CURVE key of", name_);
}

Result<void> Socket::use_client_keys(const ClientKeys& keys) {
  if (set_text(handle_, ZMQ_CURVE_SERVERKEY, keys.server) &&
      set_text(handle_, ZMQ_CURVE_PUBLICKEY, keys.own.public_key) &&
      set_text(handle_, ZMQ_CURVE_SECRETKEY, keys.own.secret_key))
    return {};
  return failure("set the CURVE keys of", name_);
}

Result<void> Socket::unbind(const std::string& endpoint) {
  if (again([&] { return zmq_unbind(handle_, endpoint.c_str()); }) != 0) return failure("unbind", endpoint);
  return {};
}

Result<void> Socket::disconnect(const std::string& endpoint) {
  if (again([&] { return zmq_disconnect(handle_, endpoint.c_str()); }) != 0) {
    return failure("disconnect from", endpoint);
  }
  return {};
}

Result<void> Socket::subscribe(std::string_view prefix) {
  if (zmq_setsockopt(handle_, ZMQ_SUBSCRIBE, prefix.data(), prefix.size()) != 0) {
    return failure("subscribe at", name_);
  }
  return {};
}

void Socket::set_linger(Duration linger) {
  set(handle_, ZMQ_LINGER, milliseconds(linger));
}

std::string Socket::last_endpoint() const {
  char text[1024];
  std::size_t length = sizeof text;
  if (zmq_getsockopt(handle_, ZMQ_LAST_ENDPOINT, text, &length) != 0 || length == 0) return {};
  return {text, length - 1};
}

Result<void> Socket::send_all(std::span<const std::string_view> frames, bool more) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const int flags = ZMQ_DONTWAIT | (more || i + 1 < frames.size() ? ZMQ_SNDMORE : 0);
    if (again([&] { return zmq_send(handle_, frames[i].data(), frames[i].size(), flags); }) == -1) {
      return failure("send to", name_);
    }
  }
  return {};
}

Result<void> Socket::touched(Result<void> result) const {
  if (on_touch_) on_touch_();
  return result;
}

Result<void> Socket::send(std::span<const std::string_view> frames) {
  return touched(send_all(frames, false));
}

Result<void> Socket::send(const Frames& frames) {
  const std::vector<std::string_view> views(frames.begin(), frames.end());
  return send(std::span<const std::string_view>(views));
}

Result<void> Socket::send(Frames frames, const Backlog& backlog) {
  const std::vector<std::string_view> first(frames.begin(), frames.end() - 1);
  if (auto sent = send_all(first, true); !sent) return touched(sent);
  auto piece = std::make_unique<Piece>(Piece{std::move(frames.back()), backlog});
  std::string& text = piece->text;
  zmq_msg_t message;
  if (zmq_msg_init_data(&message, text.data(), text.size(), release, piece.get()) != 0) {
    return touched(failure("send to", name_));
  }
  backlog->add(text.size());
  piece.release();
  if (again([&] { return zmq_msg_send(&message, handle_, ZMQ_DONTWAIT); }) != -1) return touched({});
  const Error error = failure("send to", name_);
  zmq_msg_close(&message);
  return touched(error);
}

std::optional<Frames> Socket::receive() {
  std::optional<Frames> frames;
  zmq_msg_t message;
  for (bool more = true; more;) {
    zmq_msg_init(&message);
    if (again([&] { return zmq_msg_recv(&message, handle_, ZMQ_DONTWAIT); }) == -1) {
      zmq_msg_close(&message);
      break;
    }
    if (!frames) frames.emplace();
    if (frames->size() < max_frames) {
      frames->emplace_back(static_cast<const char*>(zmq_msg_data(&message)), zmq_msg_size(&message));
    }
    more = zmq_msg_more(&message) != 0;
    zmq_msg_close(&message);
  }
  if (on_touch_) on_touch_();
  return frames;
}

bool Socket::wait(Duration timeout, const AlsoAwaited& also) {
  const bool ends = timeout != for_ever;
  const Instant deadline = std::chrono::steady_clock::now() + (ends ? timeout : Duration::zero());
  std::vector<zmq_pollitem_t> items{{handle_, 0, ZMQ_POLLIN, 0}};
  if (also.socket) items.push_back({also.socket->handle_, 0, ZMQ_POLLIN, 0});
  if (also.output >= 0) items.push_back({nullptr, also.output, ZMQ_POLLERR, 0});
  for (;;) {
    const Duration left = std::max(deadline - std::chrono::steady_clock::now(), Duration::zero());
    const int ready = zmq_poll(items.data(), static_cast<int>(items.size()), ends ? milliseconds(left) : -1);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace troupe::wire
