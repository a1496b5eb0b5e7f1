#include "ctl/top_feed.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "ctl/one_shot.h"
#include "ctl/remote.h"
#include "ctl/render_values.h"
#include "ctl/top_stream.h"
#include "lib/base/text.h"
#include "lib/conf/endpoint.h"
#include "lib/json/reader.h"
#include "lib/os/fd.h"
#include "lib/wire/subscriber.h"

namespace troupe::ctl {

namespace {

constexpr Duration interval = 1s;
constexpr Duration patience_for_sample = 3s;
constexpr Duration patience_for_action = 5s;
constexpr int most_pages = 5;  ///< of events in one round; what is left comes with the next

/// Follows the numbers of the events from the oldest one that is kept.
class RestartCounter {
 public:
  /// False: it is another life of the daemon, or it did not answer.
  bool ask(Daemon& daemon) {
    for (int page = 0; page < most_pages; ++page) {
      Value question = Value::object().set("topic", "watcher.");
      if (!boot_.empty()) question.set("since", next_).set("boot", boot_);
      const auto reply = daemon.call("events", question, patience_for_sample);
      if (!reply) return false;
      if (is_error(*reply)) {  // another life of the daemon, or too old: from the oldest one again
        restarts_.clear();
        boot_.clear();
        return false;
      }
      if (!take(*reply)) break;
    }
    return true;
  }
  const Restarts& counts() const { return restarts_; }

 private:
  /// Whether there are more.
  bool take(const Value& reply) {
    const Value* events = reply.find("events");
    if (!events || !events->as_array()) return false;
    for (const Value& event : *events->as_array()) restarts_.add(text_or(event, "topic", ""), event);
    next_ = static_cast<std::int64_t>(number_or(reply, "next", 0));
    boot_ = text_or(reply, "boot", "");
    return !events->as_array()->empty() && next_ < static_cast<std::int64_t>(number_or(reply, "last", 0));
  }

  Restarts restarts_;
  std::int64_t next_ = 0;
  std::string boot_;
};

/// Listens to the stream of statistics of one daemon, if there is one.
class Stream {
 public:
  static std::unique_ptr<Stream> open(const wire::Context& context, Daemon& daemon,
                                      const std::string& control, const Surroundings& around) {
    const auto global = daemon.call("globaloptions", Value::object(), patience_for_sample);
    const auto self = daemon.call("dstats", Value::object(), patience_for_sample);
    const Value* options = global ? global->find("options") : nullptr;
    const Value* info = self ? self->find("info") : nullptr;
    if (!options || !info) return nullptr;
    const std::string topic = "stat.";
    const auto keys = wire::load_client_keys(around.keys);
    if (!keys) return nullptr;
    auto subscriber = wire::Subscriber::connect(
        context, conf::reachable(plain(*options, "stats_endpoint"), control), {&topic, 1}, *keys);
    if (!subscriber) return nullptr;
    const auto pid = static_cast<std::int64_t>(number_or(*info, "pid", 0));
    return std::unique_ptr<Stream>(new Stream(*std::move(subscriber), pid));
  }

  /// As StreamFigures, up to now.
  std::optional<Value> stats() {
    const Instant now = std::chrono::steady_clock::now();
    while (const auto message = subscriber_.receive()) {
      auto data = reader_.parse(message->text);
      if (data) figures_.add(message->topic, *std::move(data), now);
    }
    return figures_.stats(now);
  }

 private:
  Stream(wire::Subscriber subscriber, std::int64_t daemon)
      : subscriber_(std::move(subscriber)), figures_(daemon) {}

  wire::Subscriber subscriber_;
  json::Reader reader_;
  StreamFigures figures_;
};

}  // namespace

struct TopFeed::Impl {
  struct Action {
    std::string verb, watcher;
  };

  explicit Impl(const Settings& from) : settings(from), wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (int ends[2]; pipe2(ends, O_CLOEXEC) == 0) {
      wanted = os::Fd(ends[0]);
      answers_wanted = os::Fd(ends[1]);
    }
    thread = std::thread([this] { run(); });
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      ending = true;
    }
    changed.notify_one();
    wanted.reset();  // nor is an answer waited for any longer
    thread.join();
    close(wake);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void run() {
    while (auto action = next()) {
      if (!action->verb.empty()) act(*action);
      sample();
    }
  }

  /// What to do before the next sample, after waiting for its time; nothing when it is over.
  std::optional<Action> next() {
    std::unique_lock lock(mutex);
    if (!first) changed.wait_for(lock, interval, [this] { return ending || !actions.empty(); });
    first = false;
    if (ending) return std::nullopt;
    if (actions.empty()) return Action{};
    Action action = std::move(actions.front());
    actions.pop_front();
    return action;
  }

  /// The daemon, looked for again when it did not answer.
  Daemon* find() {
    if (daemon) return daemon.get();
    const Surroundings around = surroundings(settings);
    const auto found = find_endpoint(settings, around);
    if (!found) return trouble("no daemon: " + found.error().text.substr(0, found.error().text.find('\n')));
    endpoint = *found;
    auto remote = Remote::connect(context, endpoint, around);
    if (!remote) return trouble(remote.error().text);
    daemon = std::make_unique<Remote>(*std::move(remote));
    daemon->give_up_with(answers_wanted.get());
    stream = Stream::open(context, *daemon, endpoint, around);
    return daemon.get();
  }

  Daemon* trouble(std::string text) {
    stream.reset();
    daemon.reset();
    tell({.message = std::move(text), .bad = true});
    return nullptr;
  }

  void act(const Action& action) {
    Daemon* to = find();
    if (!to) return;
    const Value properties = Value::object().set("name", action.watcher).set("match", "simple");
    const auto reply = to->call(action.verb, properties, patience_for_action);
    const std::string what = action.verb + " " + action.watcher + ": ";
    if (!reply) {
      tell({.message = what + reply.error().text, .bad = true});
    } else {
      const bool bad = is_error(*reply);
      tell({.message = what + (bad ? plain(*reply, "reason") : "ok"), .bad = bad});
    }
  }

  void sample() {
    Daemon* from = find();
    if (!from) return;
    const auto status = from->call("status", Value::object(), patience_for_sample);
    if (!status) {
      trouble(status.error().text);
      return;
    }
    const Value stats = figures(*from);
    if (!restarts.ask(*from)) stream = Stream::open(context, *from, endpoint, surroundings(settings));
    tell({.watchers = read_sample(*status, stats, restarts.counts())});
  }

  /// From the stream, so that the daemon has nothing to measure; or else from the daemon.
  Value figures(Daemon& from) {
    if (auto told = stream ? stream->stats() : std::nullopt) return *std::move(told);
    auto asked = from.call("stats", Value::object(), patience_for_sample);
    return asked ? *std::move(asked) : Value();
  }

  void tell(TopNews more) {
    const std::lock_guard lock(mutex);
    if (more.watchers) news.watchers = std::move(more.watchers);
    if (!more.message.empty()) {
      news.message = std::move(more.message);
      news.bad = more.bad;
    }
    fresh = true;
    eventfd_write(wake, 1);
  }

  const Settings settings;
  const int wake;
  os::Fd wanted, answers_wanted;  ///< a pipe; as soon as the first is closed no answer is waited for
  wire::Context context;          ///< used by the thread only, as are the next five to `first`
  std::string endpoint;
  std::unique_ptr<Remote> daemon;
  std::unique_ptr<Stream> stream;
  RestartCounter restarts;
  bool first = true;
  std::mutex mutex;  ///< of all below but the thread
  std::condition_variable changed;
  std::deque<Action> actions;
  TopNews news;
  bool fresh = false, ending = false;
  std::thread thread;
};

TopFeed::TopFeed(const Settings& settings) : impl_(std::make_unique<Impl>(settings)) {}
TopFeed::~TopFeed() = default;

int TopFeed::descriptor() const {
  return impl_->wake;
}

std::optional<TopNews> TopFeed::take() {
  const std::lock_guard lock(impl_->mutex);
  eventfd_t count = 0;
  eventfd_read(impl_->wake, &count);
  if (!std::exchange(impl_->fresh, false)) return std::nullopt;
  return std::exchange(impl_->news, {});
}

void TopFeed::act(const std::string& verb, const std::string& watcher) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->actions.push_back({verb, watcher});
  }
  impl_->changed.notify_one();
}

}  // namespace troupe::ctl
