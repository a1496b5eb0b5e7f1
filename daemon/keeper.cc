#include "daemon/keeper.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "daemon/keeper_clock.h"
#include "daemon/keeper_protocol.h"
#include "daemon/keeper_reaper.h"
#include "daemon/keeper_takedown.h"
#include "lib/os/prompt_write.h"
#include "lib/os/signals.h"
#include "lib/os/sockets.h"

namespace troupe {

namespace {

using keeper::now_ms;

constexpr int passed_on[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH};
constexpr int watched[] = {SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH};
/// From `done` or `failed` to the end of the arbiter; then it is killed.
constexpr std::int64_t linger_ms = 10'000;
/// An arbiter that has not heard of a signal for so long, when it is asked to stop for the second time,
/// hangs.
constexpr std::int64_t patience_ms = 5'000;
/// What it does not hear of within this time after the first request, it is said that it does not.
constexpr std::int64_t notice_ms = 1'000;

/// One line on standard error, in one write; dropped when nobody reads there, for the keeper must not wait.
template <class... Arguments>
void say(const char* format, Arguments... arguments) {
  char line[600];
  static_assert(sizeof line <= PIPE_BUF);
  const int size = std::snprintf(line, sizeof line, format, arguments...);
  if (size <= 0) return;
  const auto length = std::min(static_cast<std::size_t>(size), sizeof line - 1);
  (void)os::write_promptly(STDERR_FILENO, {line, length});  // nobody is left to be told when it is broken
}

void write_boot(char (&boot)[16]) {
  unsigned char bytes[8];
  std::size_t have = 0;
  while (have < sizeof bytes) {
    const ssize_t size = getrandom(bytes + have, sizeof bytes - have, 0);
    if (size > 0) have += static_cast<std::size_t>(size);
  }
  constexpr char digits[] = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) boot[i] = digits[(bytes[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
}

keeper::Hello make_hello(const os::Limit& descriptors) {
  constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
  keeper::Hello hello;
  hello.keeper_pid = getpid();
  write_boot(hello.boot);
  hello.soft_descriptors = descriptors.soft.value_or(unlimited);
  hello.hard_descriptors = descriptors.hard.value_or(unlimited);
  return hello;
}

/// The keeper beside a living arbiter: signalfd, socket and poll; nothing here takes memory.
class Keeper {
 public:
  Keeper(int arbiter, os::Fd link, os::Fd signals, Launch& launch, os::NotifySocket manager)
      : arbiter_(arbiter),
        link_(std::move(link)),
        signals_(std::move(signals)),
        launch_(launch),
        manager_(std::move(manager)),
        reaper_(link_.get(), arbiter) {}

  int run();

 private:
  void read_signals();
  void read_orders();
  void obey(const char* message, std::size_t size);
  void end(int code);
  void tell(const char* format, const char* text);
  void send_signals();
  void count_unheard(int by);
  /// Asked to stop, and not heard.
  bool arbiter_owes() const { return !ending_ && stops_ > 0 && unheard_ > 0; }
  bool arbiter_is_stopped() const;
  void check_patience();
  bool arbiter_is_gone();
  int finish();
  int timeout() const;

  int arbiter_;
  os::Fd link_;
  os::Fd signals_;
  Launch& launch_;
  os::NotifySocket manager_;
  keeper::Reaper reaper_;
  unsigned pending_[std::size(passed_on)] = {};  ///< signals that did not fit into the socket yet
  int stops_ = 0;                                ///< how often somebody asked to stop
  int unheard_ = 0;  ///< signals of which the arbiter has not said that it read them
  std::int64_t unheard_since_ = 0;
  bool told_ = false;  ///< that it does not hear the first request
  bool signals_wait_ = false;
  bool link_open_ = true;
  bool ending_ = false;
  int code_ = 1;
  std::int64_t deadline_ = 0;
  int wait_status_ = 0;
};

int Keeper::run() {
  for (;;) {
    send_signals();
    check_patience();
    if (arbiter_is_gone()) return finish();
    reaper_.look();

    const short interest = static_cast<short>(POLLIN | (signals_wait_ || reaper_.wants_room() ? POLLOUT : 0));
    pollfd entries[] = {{signals_.get(), POLLIN, 0}, {link_open_ ? link_.get() : -1, interest, 0}};
    poll(entries, 2, timeout());
    // Orders first: what was acknowledged before a process ended is reaped before its end is told.
    if ((entries[1].revents & ~POLLOUT) != 0) read_orders();
    if (entries[0].revents != 0) read_signals();
    if (ending_ && now_ms() >= deadline_) kill(arbiter_, SIGKILL);
  }
}

int Keeper::timeout() const {
  if (!ending_ && (!arbiter_owes() || (told_ && stops_ == 1))) return -1;
  const std::int64_t until = ending_ ? deadline_ : unheard_since_ + (stops_ > 1 ? patience_ms : notice_ms);
  return static_cast<int>(std::clamp<std::int64_t>(until - now_ms(), 100, linger_ms));
}

/// The time counts from the last one it heard.
void Keeper::count_unheard(int by) {
  if (unheard_ == 0 || by < 0) unheard_since_ = now_ms();
  unheard_ = std::max(0, unheard_ + by);
}

/// By SIGSTOP, say. It hears nothing until SIGCONT, so nothing is to be waited for.
bool Keeper::arbiter_is_stopped() const {
  siginfo_t info;
  info.si_pid = 0;
  return waitid(P_PID, static_cast<id_t>(arbiter_), &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != 0;
}

void Keeper::check_patience() {
  if (!arbiter_owes()) {
    told_ = told_ && unheard_ > 0;
    return;
  }
  const bool stopped = arbiter_is_stopped();
  const std::int64_t waited = now_ms() - unheard_since_;
  if (stops_ > 1 && (stopped || waited >= patience_ms)) {
    say("trouped: the arbiter (pid %d) %s: it is killed\n", arbiter_,
        stopped ? "is stopped by a signal and was asked to stop twice"
                : "does not react to the request to stop");
    stops_ = 0;  // say it once; its end is what follows
    kill(arbiter_, SIGKILL);
  } else if (stops_ == 1 && !told_ && (stopped || waited >= notice_ms)) {
    told_ = true;
    say(stopped ? "trouped: the arbiter (pid %d) is stopped by a signal and hears nothing until SIGCONT; a "
                  "second "
                  "request to stop kills it\n"
                : "trouped: the arbiter (pid %d) does not react to the request to stop; after a second one "
                  "it has "
                  "5 s, then it is killed\n",
        arbiter_);
  }
}

void Keeper::read_signals() {
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGCHLD) {
      reaper_.hint(static_cast<int>(info.ssi_pid));
      continue;
    }
    const auto* const place = std::find(std::begin(passed_on), std::end(passed_on), number);
    if (place == std::end(passed_on)) continue;
    ++pending_[place - std::begin(passed_on)];
    if (!os::asks_to_stop(number)) continue;
    if (stops_ < 2) ++stops_;
  }
}

void Keeper::send_signals() {
  signals_wait_ = false;
  for (std::size_t i = 0; i < std::size(passed_on) && link_open_; ++i) {
    for (; pending_[i] > 0; --pending_[i]) {
      keeper::Signalled message;
      message.number = passed_on[i];
      if (send(link_.get(), &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        count_unheard(+1);
        continue;
      }
      signals_wait_ = errno == EAGAIN || errno == ENOBUFS;
      return;
    }
  }
}

void Keeper::read_orders() {
  while (link_open_) {
    char message[sizeof(keeper::Failed)];
    const ssize_t size = recv(link_.get(), message, sizeof message, MSG_DONTWAIT);
    if (size > 0) {
      obey(message, static_cast<std::size_t>(size));
    } else if (size < 0 && errno == ECONNRESET) {
      continue;  // it left with messages of ours unread; what it said last is still to come
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
      link_open_ = false;  // its end follows, and is what counts
    } else if (errno == EAGAIN) {
      return;
    }
  }
}

void Keeper::obey(const char* message, std::size_t size) {
  keeper::Order order;
  if (size < sizeof order) return;
  std::memcpy(&order, message, sizeof order);
  switch (order.kind) {
    case keeper::Kind::ack:
      reaper_.acknowledged(order.value);
      break;
    case keeper::Kind::heard:
      count_unheard(-1);
      break;
    case keeper::Kind::ready:
      launch_.report(0);
      break;
    case keeper::Kind::done:
      end(order.value);
      break;
    case keeper::Kind::failed: {
      keeper::Failed failed;
      if (size != sizeof failed) return;
      std::memcpy(&failed, message, sizeof failed);
      failed.text[sizeof failed.text - 1] = '\0';
      say("trouped: %s\n", failed.text);
      tell("STATUS=%s", failed.text);
      end(failed.value);
      break;
    }
    case keeper::Kind::tell: {
      keeper::Tell lines;
      if (size != sizeof lines) return;
      std::memcpy(&lines, message, sizeof lines);
      lines.text[sizeof lines.text - 1] = '\0';
      manager_.send(lines.text);
      break;
    }
    default:
      break;
  }
}

void Keeper::tell(const char* format, const char* text) {
  char lines[600];
  const int size = std::snprintf(lines, sizeof lines, format, text);
  if (size > 0) manager_.send({lines, std::min(static_cast<std::size_t>(size), sizeof lines - 1)});
}

void Keeper::end(int code) {
  if (ending_) return;
  ending_ = true;
  code_ = code;
  deadline_ = now_ms() + linger_ms;
}

bool Keeper::arbiter_is_gone() {
  const pid_t pid = waitpid(arbiter_, &wait_status_, WNOHANG);
  return pid == arbiter_ || (pid < 0 && errno == ECHILD);
}

int Keeper::finish() {
  read_orders();  // what it said last
  if (!ending_) {
    if (WIFSIGNALED(wait_status_)) {
      say("trouped: the arbiter (pid %d) was killed by signal %d; stopping everything\n", arbiter_,
          WTERMSIG(wait_status_));
    } else {
      say("trouped: the arbiter (pid %d) exited unasked with status %d; stopping everything\n", arbiter_,
          WEXITSTATUS(wait_status_));
    }
    tell("STOPPING=1\nSTATUS=%s", "the arbiter is gone; stopping everything");
  }
  if (!ending_ || getpid() == 1) keeper::take_down(signals_.get());
  return code_;
}

/// In the forked child.
[[noreturn]] void become_arbiter(ArbiterProgram& program, os::Fd socket, const Launch& launch) {
  setsid();
  prctl(PR_SET_NAME, "trouped-arbiter", 0, 0, 0);  // so that ps -o comm, pgrep and top tell the two apart
  constexpr int ignored[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
  os::ignore_signals(ignored);
  os::unblock_all_signals();
  auto link = KeeperLink::open(std::move(socket), launch.in_background(), launch.errors());
  if (!link) {
    say("trouped: %s\n", link.error().text.c_str());
    std::exit(1);
  }
  std::exit(program.run(std::move(*link)));
}

int give_up(const Error& error) {
  say("trouped: %s\n", error.text.c_str());
  return 1;
}

}  // namespace

int run_keeper(ArbiterProgram& program, Launch& launch, os::NotifySocket manager) {
  // Children that only stop or go on are no news.
  struct sigaction no_stops = {};
  no_stops.sa_handler = SIG_DFL;
  no_stops.sa_flags = SA_NOCLDSTOP;
  sigaction(SIGCHLD, &no_stops, nullptr);
  // A standard error without a reader ends neither keeper nor arbiter; the spawner sets it back for
  // processes.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a log file at the limit of file sizes is an error like any other
  if (getpid() != 1) prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

  auto signals = os::open_signal_fd(watched);
  if (!signals) return give_up(signals.error());
  auto pair = os::open_message_pair();
  if (!pair) return give_up(pair.error());
  auto descriptors = os::raise_descriptor_limit();
  if (!descriptors) return give_up(descriptors.error());

  const keeper::Hello hello = make_hello(*descriptors);
  if (send(pair->first.get(), &hello, sizeof hello, MSG_NOSIGNAL) < 0)
    return give_up(make_error(Code::system, std::string("send: ") + std::strerror(errno)));

  std::fflush(nullptr);  // or both would write what is buffered
  const pid_t arbiter = fork();
  if (arbiter < 0) return give_up(make_error(Code::system, std::string("fork: ") + std::strerror(errno)));
  if (arbiter == 0) {
    pair->first.reset();
    signals->reset();
    manager = {};
    launch.forget();
    become_arbiter(program, std::move(pair->second), launch);
  }
  pair->second.reset();
  program.leave_to_arbiter();
  return Keeper(arbiter, std::move(pair->first), std::move(*signals), launch, std::move(manager)).run();
}

}  // namespace troupe
