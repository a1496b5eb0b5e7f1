#include "plugins/stats/plugin.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/json/writer.h"
#include "lib/log/log.h"
#include "lib/log/seldom.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/loop.h"
#include "lib/loop/timer_watch.h"
#include "lib/os/rlimits.h"
#include "lib/os/users.h"
#include "lib/stats/process_reader.h"
#include "lib/wire/accept_guard.h"
#include "lib/wire/bound_endpoint.h"
#include "lib/wire/context.h"
#include "lib/wire/curve_door.h"
#include "lib/wire/endpoint.h"
#include "lib/wire/monitor.h"
#include "lib/wire/zmq_watch.h"
#include "plugins/stats/read_count.h"
#include "plugins/stats/roster.h"
#include "plugins/stats/topics.h"

namespace troupe::plugins::stats {

namespace {

constexpr Duration period = 1s;
/// Messages that wait for one slow subscriber before his are dropped: two rounds of 10,000 processes.
constexpr int queue = 20000;
/// Two files each, and the kernel holds a page for each file: 16 MiB at most.
constexpr std::size_t most_kept = 2000;
/// Of the descriptors: for subscribers at least, and for what is open for a moment.
constexpr std::uint64_t for_subscribers = 256, for_moments = 64;
constexpr std::string_view daemon_group = "circus", socket_group = "sockets";

/// How many processes may have their files kept open. Raises the descriptor limit as far as it goes, and
/// keeps newcomers out who would take the last ones: libzmq ends a process that has none.
std::size_t share_descriptors() {
  if (!os::raise_descriptor_limit()) return 0;
  const auto resource = os::find_rlimit("nofile");
  const auto limit = resource ? os::get_rlimit(*resource) : make_error(Code::system, "");
  if (!limit) return 0;
  if (!limit->soft) return most_kept;
  const std::uint64_t all = std::min<std::uint64_t>(*limit->soft, 1 << 20);
  wire::refuse_connections_from(static_cast<int>(all > 2 * for_moments ? all - for_moments : all / 2));
  const std::uint64_t others = for_subscribers + for_moments;
  return std::min<std::uint64_t>(most_kept, all > others ? (all - others) / 2 : 0);
}

/// How many managed sockets this process was given.
int given_sockets() {
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (!pid || !count || parse_int(pid) != getpid()) return 0;
  return static_cast<int>(parse_int(count).value_or(0));
}

bool is_readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, 0) > 0;
}

int pid_in(const Value& reply, std::string_view key) {
  const Value* info = reply.find(key);
  const Value* pid = info ? info->find("pid") : nullptr;
  return pid && pid->as_int() ? static_cast<int>(*pid->as_int()) : 0;
}

/// A managed socket, looked at only while somebody listens.
class WatchedSocket {
 public:
  WatchedSocket(loop::Loop& loop, ListedSocket socket)
      : loop_(loop),
        socket_(std::move(socket)),
        watch_(loop, socket_.fd, {}, loop::FdWatch::OnReady::to<&WatchedSocket::on_readable>(*this)),
        again_(loop, loop::TimerWatch::OnTimer::to<&WatchedSocket::look>(*this)) {}

  const ListedSocket& socket() const { return socket_; }
  void begin() {
    count_ = {};
    (void)count_.take(loop_.now(), false);
    look();
  }
  void end() {
    watch_.set_interest({});
    again_.cancel();
  }
  int take() { return count_.take(loop_.now(), is_readable(socket_.fd)); }

 private:
  void look() {
    count_.on_look(loop_.now());
    watch_.set_interest({.readable = true});
  }
  void on_readable(loop::Ready) {
    watch_.set_interest({});
    again_.set_in(count_.on_readable(loop_.now()));
  }

  loop::Loop& loop_;
  const ListedSocket socket_;
  ReadCount count_;
  loop::FdWatch watch_;
  loop::TimerWatch again_;
};

class Stats : public Plugin {
 public:
  Stats(Services& services, const Config& config)
      : Plugin(services),
        endpoint_(config.text("stats_endpoint")),
        group_(config.text("group")),
        roster_(config.text("name")),
        reader_(share_descriptors()),
        timer_(services.loop(), loop::TimerWatch::OnTimer::to<&Stats::on_timer>(*this)) {}

  Result<void> handle_init() override;
  Start start() override { return start_; }
  void handle_recv(std::string_view topic, const Value& message) override;
  void handle_batch_end() override;
  void handle_loss() override { must_learn_ = true; }

 private:
  /// One of the daemon's own processes.
  struct Own {
    int pid;
    std::string_view name;
  };

  Result<void> bind();
  Result<void> guard();
  void on_refused(std::string_view what);
  void on_connections();
  Result<void> learn();
  Result<Value> ask(std::string_view command);
  void forget_gone();
  void on_subscription(wire::Frames& frames);
  void begin();
  void end();
  void on_timer();
  void round(bool aloud);
  void tell(std::string_view group, int pid, std::string_view name, Totals& totals, bool aloud);
  void tell_sockets();
  void send(const std::string& topic, std::string_view text);

  const std::string endpoint_, group_;
  Roster roster_;
  troupe::stats::ProcessReader reader_;
  std::vector<Own> own_;
  std::vector<std::unique_ptr<WatchedSocket>> sockets_;
  Audience audience_;
  Start start_;
  bool must_learn_ = false;
  json::ObjectWriter writer_;
  const wire::Context context_;
  std::unique_ptr<wire::CurveDoor> door_;
  log::Seldom refused_, keyless_;
  std::optional<wire::Socket> socket_;
  std::unique_ptr<wire::Monitor> monitor_;
  std::optional<wire::BoundEndpoint> bound_;
  std::optional<wire::ZmqWatch> watch_;
  Instant next_{};
  bool is_on_ = false;
  loop::TimerWatch timer_;
};

Result<void> Stats::handle_init() {
  if (endpoint_.empty()) return make_error(Code::invalid, "stats_endpoint is empty: where to publish");
  if (auto bound = bind(); !bound) return bound;
  const auto self = ask("dstats");
  if (!self) return self.error();
  own_ = {{getpid(), "circusd-stats"},
          {pid_in(*self, "info"), "circusd"},
          {pid_in(*self, "keeper"), "circusd-keeper"}};
  return learn();
}

Result<void> Stats::bind() {
  wire::BindOptions options;
  if (!group_.empty()) {
    const auto group = os::find_group(group_);
    if (!group) return group.error();
    options.group = static_cast<int>(*group);
    options.mode = 0660;
  }
  wire::SocketOptions socket_options;
  socket_options.send_queue = queue;
  socket_options.max_message = 64 << 10;  // subscribers only send topics
  socket_options.keepalive = true;
  auto socket = wire::Socket::open(context_, wire::Kind::xpub, socket_options);
  if (!socket) return socket.error();
  socket_.emplace(*std::move(socket));
  if (auto guarded = guard(); !guarded) return guarded;
  auto bound = wire::BoundEndpoint::bind(*socket_, endpoint_, options);
  if (!bound) return bound.error();
  bound_.emplace(*std::move(bound));
  watch_.emplace(services().loop(), *socket_, wire::ZmqWatch::OnMessage::to<&Stats::on_subscription>(*this));
  log::info("statistics are published on {}", bound_->name());
  return {};
}

/// With the daemon's key and for its clients, where it has keys: their files are in the environment.
Result<void> Stats::guard() {
  const char* key = std::getenv("TROUPE_CURVE_SERVER_KEY");
  const char* clients = std::getenv("TROUPE_CURVE_CLIENTS");
  if (!wire::takes_curve(endpoint_) || !key || !clients) return {};
  auto door = wire::CurveDoor::open(context_, services().loop(), {key, clients},
                                    wire::CurveDoor::Tell::to<&Stats::on_refused>(*this));
  if (!door) return door.error();
  door_ = *std::move(door);
  auto monitor = wire::Monitor::open(context_, services().loop(), *socket_,
                                     wire::Monitor::OnChange::to<&Stats::on_connections>(*this));
  if (!monitor) return monitor.error();
  monitor_ = *std::move(monitor);
  return door_->guard(*socket_);
}

void Stats::on_refused(std::string_view what) {
  if (refused_.happened(services().loop().now()) > 0) log::warning("CURVE: {}", what);
}

void Stats::on_connections() {
  const auto misfit = monitor_->take_misfit();
  if (misfit && keyless_.happened(services().loop().now()) > 0) log::warning("CURVE: {}", *misfit);
}

Result<Value> Stats::ask(std::string_view command) {
  auto reply = call(command);
  if (!reply) return reply;
  const Value* status = reply->find("status");
  if (!status || *status != Value("ok")) {
    const Value* reason = reply->find("reason");
    return make_error(Code::failed,
                      std::string(command) + " was refused: " +
                          (reason && reason->as_text() ? *reason->as_text() : "without a reason"));
  }
  return reply;
}

Result<void> Stats::learn() {
  const auto snapshot = ask("snapshot");
  if (!snapshot) return snapshot.error();
  roster_.take_snapshot(*snapshot);
  forget_gone();
  must_learn_ = false;
  const Value* seq = snapshot->find("seq");
  const Value* boot = snapshot->find("boot");
  start_ = {Start::From::after, seq && seq->as_int() ? *seq->as_int() : 0, boot ? *boot : Value()};
  // Those that are changed later come with another life of this process.
  if (sockets_.empty()) {
    for (ListedSocket& socket : sockets_of(*snapshot, given_sockets())) {
      sockets_.push_back(std::make_unique<WatchedSocket>(services().loop(), std::move(socket)));
    }
  }
  return {};
}

void Stats::forget_gone() {
  for (const int pid : roster_.take_gone()) reader_.forget(pid);
}

void Stats::handle_recv(std::string_view topic, const Value& message) {
  roster_.on_event(topic, message);
  forget_gone();
}

void Stats::handle_batch_end() {
  if (must_learn_) {
    if (const auto learnt = learn(); !learnt)
      log::warning("the processes are not known: {}", learnt.error().text);
  } else if (roster_.wants_names()) {
    const auto names = ask("list");
    if (names) roster_.take_names(*names);
  }
}

void Stats::on_subscription(wire::Frames& frames) {
  if (frames.size() != 1) return;
  audience_.on_message(frames.front());
  if (audience_.is_there() == is_on_) return;
  is_on_ ? end() : begin();
}

/// Nobody hears of this round: the next one measures from it.
void Stats::begin() {
  is_on_ = true;
  for (const auto& socket : sockets_) socket->begin();
  round(false);
  next_ = services().loop().now() + period;
  timer_.set(next_);
}

void Stats::end() {
  is_on_ = false;
  timer_.cancel();
  for (const auto& socket : sockets_) socket->end();
  reader_.forget_all();
}

/// A turn that came too late is left out, not made up for.
void Stats::on_timer() {
  const Instant now = services().loop().now();
  do {
    next_ += period;
  } while (next_ <= now);
  timer_.set(next_);
  round(true);
}

void Stats::round(bool aloud) {
  reader_.begin();
  for (const auto& [topic_name, watcher] : roster_.watchers()) {
    Totals totals;
    for (const int pid : watcher.pids) tell(watcher.name, pid, {}, totals, aloud);
    if (aloud) send(topic_of(watcher.name), json::write(totals.value()));
  }
  Totals totals;
  for (const Own& own : own_) tell(daemon_group, own.pid, own.name, totals, aloud);
  if (!aloud) return;
  send(topic_of(daemon_group), json::write(totals.value()));
  tell_sockets();
}

void Stats::tell(std::string_view group, int pid, std::string_view name, Totals& totals, bool aloud) {
  const Value* info = reader_.info(pid);
  if (!info || !aloud) return;
  totals.add(pid, *info);
  writer_.members(*info).integer("subtopic", pid);
  name.empty() ? writer_.null("name") : writer_.text("name", name);
  send(topic_of(group, pid), writer_.finish());
}

void Stats::tell_sockets() {
  if (sockets_.empty()) return;
  Value addresses = Value::array();
  int sum = 0;
  for (const auto& socket : sockets_) {
    const auto& [fd, address] = socket->socket();
    const int reads = socket->take();
    sum += reads;
    addresses.push(address);
    writer_.integer("fd", fd).integer("subtopic", fd).integer("reads", reads).text("address", address);
    send(topic_of(socket_group, fd), writer_.finish());
  }
  send(topic_of(socket_group),
       json::write(Value::object().set("addresses", std::move(addresses)).set("reads", sum)));
}

/// Whoever is too slow misses some; the next round has fresh ones.
void Stats::send(const std::string& topic, std::string_view text) {
  (void)socket_->send({topic, text});
}

}  // namespace

const PluginRow row = built_in(conf::builtin_plugin("stats"), make_plugin<Stats>);

}  // namespace troupe::plugins::stats
