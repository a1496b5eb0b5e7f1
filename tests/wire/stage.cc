#include "tests/wire/stage.h"

#include <cerrno>
#include <csignal>

namespace troupe {

Stage::Stage(conf::ArbiterConfig config)
    : router_(open(context_, wire::Kind::router, {.receive_queue = 2, .mandatory = true})),
      publisher_(open(context_, wire::Kind::xpub, {.send_queue = 100000, .every_subscription = true})),
      config_(std::move(config)),
      turn_(loop_, loop::Deferred::OnCall::to<&Stage::on_turn>(*this)),
      reread_(loop_, loop::Deferred::OnCall::to<&Stage::on_reread>(*this)),
      pump_(loop_, loop::Deferred::OnCall::to<&Stage::on_pump>(*this)),
      guard_(loop_, loop::TimerWatch::OnTimer::to<&Stage::on_late>(*this)),
      service_(loop_, {router_, publisher_},
               {clock_, kernel_, outputs_, outputs_, alarms_, sockets_, hooks_, *this}, config_,
               core::World::Settings{}, {"boot-of-the-test", 1}) {}

wire::Socket Stage::open(const wire::Context& context, wire::Kind kind, const wire::SocketOptions& options) {
  auto socket = wire::Socket::open(context, kind, options);
  REQUIRE(socket);
  REQUIRE(socket->bind("tcp://127.0.0.1:*"));
  return *std::move(socket);
}

void Stage::settle() {
  until([this] { return happenings_.empty() && !turn_.is_scheduled() && !reread_.is_scheduled(); });
}

void Stage::advance(Duration duration) {
  const Instant end = clock_.time + duration;
  for (;;) {
    auto first = alarms_.times.end();
    for (auto at = alarms_.times.begin(); at != alarms_.times.end(); ++at) {
      if (first == alarms_.times.end() || at->second < first->second) first = at;
    }
    if (first == alarms_.times.end() || first->second > end) break;
    const core::TimerKey key = first->first;
    clock_.time = std::max(clock_.time, first->second);
    alarms_.times.erase(first);
    arbiter().on_alarm(key);
    settle();
  }
  clock_.time = end;
}

void Stage::on_turn() {
  arbiter().on_turn();
  loop_.stop();
}

void Stage::on_reread() {
  arbiter().on_reread(file);
  loop_.stop();
}

void Stage::on_pump() {
  for (std::deque<Happening> now = std::exchange(happenings_, {}); !now.empty(); now.pop_front())
    happen(now.front());
  loop_.stop();
}

void Stage::on_late() {
  late_ = true;
  loop_.stop();
}

void Stage::happen(const Happening& happening) {
  switch (happening.kind) {
    case Happening::spawned:
      arbiter().on_spawned(happening.process, happening.pid, clock_.time);
      break;
    case Happening::failed:
      arbiter().on_spawn_failed(happening.process, SpawnFailure{"exec", ENOENT, "missing"});
      break;
    case Happening::exited:
      arbiter().on_exit(Exit{happening.pid, happening.status});
      break;
    case Happening::tree_gone:
      arbiter().on_tree_gone(happening.process);
      break;
  }
}

void Stage::Kernel::spawn(const core::Spawn& spawn) {
  const std::string& program = spawn.spec.argv.front();
  if (program == "missing") {
    stage_.happenings_.push_back({Happening::failed, spawn.process});
  } else {
    processes_[++last_pid_] = {spawn.process, program == "stubborn"};
    stage_.happenings_.push_back({Happening::spawned, spawn.process, last_pid_});
  }
  stage_.pump_.schedule();
}

int Stage::Kernel::signal(const core::Signal& signal) {
  const auto found = processes_.find(signal.pid);
  if (found == processes_.end()) return ESRCH;
  const bool dies = signal.signum == SIGKILL || (signal.signum == SIGTERM && !found->second.stubborn);
  if (dies) {
    stage_.happenings_.push_back({Happening::exited, 0, signal.pid, -signal.signum});
    if (signal.watch) stage_.happenings_.push_back({Happening::tree_gone, found->second.id});
    stage_.pump_.schedule();
  }
  return 0;
}

core::ProcessId Stage::Kernel::on_exit(const Exit& exit) {
  const auto found = processes_.find(exit.pid);
  if (found == processes_.end()) return 0;
  const core::ProcessId id = found->second.id;
  processes_.erase(found);
  return id;
}

Stage::Client::Client(Stage& on, wire::Kind kind, const std::string& endpoint,
                      const wire::SocketOptions& options)
    : stage(on),
      socket(*wire::Socket::open(on.context_, kind, options)),
      watch(on.loop_, socket, wire::ZmqWatch::OnMessage::to<&Client::on_message>(*this)) {
  REQUIRE(socket.connect(endpoint));
  if (kind == wire::Kind::sub) REQUIRE(socket.subscribe(""));
}

void Stage::Client::on_message(wire::Frames& frames) {
  got.push_back(std::move(frames));
  stage.loop_.stop();
}

Value Stage::call(Client& client, const std::string& request) {
  REQUIRE(client.socket.send({request}));
  until([&] { return !client.got.empty(); });
  const std::string text = client.got.front().back();
  client.got.pop_front();
  auto reply = reader_.parse(text);
  REQUIRE_MESSAGE(reply.has_value(), text);
  return *std::move(reply);
}

}  // namespace troupe
