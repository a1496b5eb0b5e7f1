// The helper that tests run as a worker: it does what its flags say, in the order of this list, and then
// waits. No test needs a shell script that sleeps. `child --help` prints the flags.

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/signal_name.h"
#include "lib/base/text.h"

namespace {

constexpr const char* usage = R"(usage: child [FLAG...]
  --marker TEXT        nothing; shows in the command line
  --ignore SIGNAL      ignore it (repeatable)
  --count SIGNAL FILE  catch it, add a line "SIGNAL PID" to FILE each time (repeatable)
  --once FILE          the first time (FILE does not exist: make it) go on; every later time skip --exit and
                       --raise and stay
  --stamp FILE         add a line "PID NANOSECONDS" (monotonic) to FILE
  --report FILE        write a JSON object about this process to FILE
  --plain FILE         start a plain child that stays; add its pid to FILE
  --setsid FILE        start a child in its own session that stays; add its pid to FILE
  --daemon FILE        start a double-forked one in its own session that stays; add its pid to FILE
  --leak MIB           take and touch that much memory
  --lines N            print "line 1" ... "line N" on standard output
  --errors N           print "error 1" ... on standard error
  --on-term MS         end MS milliseconds after a SIGTERM, with status 0
  --after MS           end after MS milliseconds; without it only signals end it
  --exit STATUS        the exit status of that end (0)
  --raise SIGNAL       end by this signal in place of the exit status
)";

struct Options {
  std::vector<int> ignored;
  std::vector<std::pair<int, std::string>> counted;
  std::string once, stamp, report, plain, setsid, daemon;
  long leak_mib = 0, lines = 0, errors = 0, on_term_ms = -1, after_ms = -1;
  int exit_status = 0, raised = 0;
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "child: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(99);
}

void append_line(const std::string& path, const std::string& line) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) fail(path);
  if (write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) fail(path);
  close(fd);
}

int signal_of(const char* text) {
  const auto number = troupe::parse_signal(text);
  if (!number) fail(std::string("no signal: ") + text);
  return *number;
}

Options parse(int argc, char** argv) {
  Options options;
  int i = 0;
  const auto next = [&]() -> const char* { return ++i < argc ? argv[i] : nullptr; };
  const auto value = [&]() -> const char* {
    const char* text = next();
    if (!text) fail("a flag without its value");
    return text;
  };
  while (const char* word = next()) {
    const std::string_view flag = word;
    if (flag == "--marker")
      value();
    else if (flag == "--ignore")
      options.ignored.push_back(signal_of(value()));
    else if (flag == "--count") {
      const int number = signal_of(value());
      options.counted.emplace_back(number, value());
    } else if (flag == "--once")
      options.once = value();
    else if (flag == "--stamp")
      options.stamp = value();
    else if (flag == "--report")
      options.report = value();
    else if (flag == "--plain")
      options.plain = value();
    else if (flag == "--setsid")
      options.setsid = value();
    else if (flag == "--daemon")
      options.daemon = value();
    else if (flag == "--leak")
      options.leak_mib = std::atol(value());
    else if (flag == "--lines")
      options.lines = std::atol(value());
    else if (flag == "--errors")
      options.errors = std::atol(value());
    else if (flag == "--on-term")
      options.on_term_ms = std::atol(value());
    else if (flag == "--after")
      options.after_ms = std::atol(value());
    else if (flag == "--exit")
      options.exit_status = std::atoi(value());
    else if (flag == "--raise")
      options.raised = signal_of(value());
    else {
      std::fputs(usage, flag == "--help" ? stdout : stderr);
      std::exit(flag == "--help" ? 0 : 98);
    }
  }
  return options;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

template <class Number>
std::string pair(const char* key, Number number) {
  return quoted(key) + ": " + std::to_string(number);
}

std::string report_limits() {
  const std::pair<const char*, int> rows[] = {
      {"nofile", RLIMIT_NOFILE}, {"core", RLIMIT_CORE},   {"nproc", RLIMIT_NPROC},
      {"as", RLIMIT_AS},         {"fsize", RLIMIT_FSIZE}, {"stack", RLIMIT_STACK},
  };
  std::string out;
  for (const auto& [name, number] : rows) {
    rlimit limit{};
    getrlimit(static_cast<__rlimit_resource_t>(number), &limit);
    const auto text = [](rlim_t n) { return n == RLIM_INFINITY ? std::string("null") : std::to_string(n); };
    out += (out.empty() ? "" : ", ") + quoted(name) + ": [" + text(limit.rlim_cur) + ", " +
           text(limit.rlim_max) + "]";
  }
  return "{" + out + "}";
}

std::string link_of(const std::string& path) {
  char target[4096];
  const ssize_t length = readlink(path.c_str(), target, sizeof target);
  return length < 0 ? std::string() : std::string(target, static_cast<std::size_t>(length));
}

/// The numbers below 1024 that are open, with what they are.
std::string report_fds() {
  std::string out;
  for (int fd = 0; fd < 1024; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) continue;
    out += (out.empty() ? "" : ", ") + quoted(std::to_string(fd)) + ": " +
           quoted(link_of("/proc/self/fd/" + std::to_string(fd)));
  }
  return "{" + out + "}";
}

std::string report_signals() {
  sigset_t mask;
  sigprocmask(SIG_BLOCK, nullptr, &mask);
  std::string blocked, ignored;
  for (int number = 1; number < 65; ++number) {
    if (sigismember(&mask, number) == 1) blocked += (blocked.empty() ? "" : ", ") + std::to_string(number);
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
      ignored += (ignored.empty() ? "" : ", ") + std::to_string(number);
    }
  }
  return "\"blocked\": [" + blocked + "], \"ignored\": [" + ignored + "]";
}

std::string report_ids() {
  gid_t groups[256];
  const int count = getgroups(256, groups);
  std::string list;
  for (int i = 0; i < count; ++i) list += (i ? ", " : "") + std::to_string(groups[i]);
  return pair("pid", getpid()) + ", " + pair("ppid", getppid()) + ", " + pair("sid", getsid(0)) + ", " +
         pair("pgid", getpgid(0)) + ", " + pair("uid", getuid()) + ", " + pair("euid", geteuid()) + ", " +
         pair("gid", getgid()) + ", " + pair("egid", getegid()) + ", \"groups\": [" + list + "]";
}

void write_report(const std::string& path, int argc, char** argv) {
  std::string args, env;
  for (int i = 0; i < argc; ++i) args += (i ? ", " : "") + quoted(argv[i]);
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    env +=
        (env.empty() ? "" : ", ") + quoted(text.substr(0, equals)) + ": " + quoted(text.substr(equals + 1));
  }
  const mode_t mask = umask(0);
  umask(mask);
  const std::string text = "{" + report_ids() + ", \"argv\": [" + args + "], \"env\": {" + env +
                           "}, \"cwd\": " + quoted(link_of("/proc/self/cwd")) + ", " + pair("umask", mask) +
                           ", \"limits\": " + report_limits() + ", \"fds\": " + report_fds() + ", " +
                           report_signals() + "}\n";
  // Written aside and renamed, so that who waits for the file never reads half of it.
  const std::string aside = path + "." + std::to_string(getpid());
  append_line(aside, text);
  if (rename(aside.c_str(), path.c_str()) != 0) fail(path);
}

std::vector<std::pair<int, std::string>> counted_signals;
volatile sig_atomic_t pending[65];

void on_signal(int number) {
  pending[number] = pending[number] + 1;
}

void catch_signal(int number) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  if (sigaction(number, &action, nullptr) != 0) fail("sigaction");
}

void start_descendant(const std::string& file, bool own_session, bool double_fork) {
  if (file.empty()) return;
  if (const pid_t pid = fork(); pid != 0) {
    if (pid < 0) fail("fork");
    if (double_fork) waitpid(pid, nullptr, 0);  // the one in between must not stay behind as a zombie
    return;
  }
  if (own_session) setsid();
  if (double_fork && fork() != 0) _exit(0);
  append_line(file, std::to_string(getpid()) + "\n");
  for (;;) pause();
}

void print_lines(long count, const char* word, FILE* out) {
  for (long i = 1; i <= count; ++i) std::fprintf(out, "%s %ld\n", word, i);
  std::fflush(out);
}

long long now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/// Waits until the end that the flags set, writing down the counted signals that come meanwhile. Signals are
/// blocked but for the wait, so none is missed between looking and sleeping.
void wait_for_end(const Options& options, const sigset_t& open_mask) {
  long long end = options.after_ms < 0 ? -1 : now_ms() + options.after_ms;
  for (;;) {
    if (options.on_term_ms >= 0 && pending[SIGTERM] > 0 && end < 0) end = now_ms() + options.on_term_ms;
    for (const auto& [number, file] : options.counted) {
      for (int times = pending[number]; times > 0; --times) {
        append_line(file, troupe::signal_name(number) + " " + std::to_string(getpid()) + "\n");
      }
    }
    for (volatile sig_atomic_t& count : pending) count = 0;
    const long long left = end < 0 ? -1 : end - now_ms();
    if (end >= 0 && left <= 0) return;
    const timespec timeout{left / 1000, left % 1000 * 1000000};
    ppoll(nullptr, 0, end < 0 ? nullptr : &timeout, &open_mask);
  }
}

bool seen_before(const std::string& file) {
  if (file.empty()) return false;
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd >= 0) close(fd);
  return fd < 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options = parse(argc, argv);
  sigset_t all, before;
  sigprocmask(SIG_SETMASK, nullptr, &before);
  if (!options.report.empty()) write_report(options.report, argc, argv);  // first: as it was handed to us

  for (const int number : options.ignored) signal(number, SIG_IGN);
  for (const auto& row : options.counted) catch_signal(row.first);
  if (options.on_term_ms >= 0) catch_signal(SIGTERM);
  if (seen_before(options.once)) options.after_ms = -1;
  start_descendant(options.plain, false, false);
  start_descendant(options.setsid, true, false);
  start_descendant(options.daemon, true, true);
  if (!options.stamp.empty()) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    append_line(options.stamp, std::to_string(getpid()) + " " +
                                   std::to_string(now.tv_sec * 1000000000LL + now.tv_nsec) + "\n");
  }
  if (options.leak_mib > 0) {
    const std::size_t size = static_cast<std::size_t>(options.leak_mib) << 20;
    static volatile char* kept = static_cast<char*>(std::malloc(size));
    if (!kept) fail("malloc");
    for (std::size_t i = 0; i < size; i += 4096) kept[i] = 1;
  }
  print_lines(options.lines, "line", stdout);
  print_lines(options.errors, "error", stderr);

  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  wait_for_end(options, before);
  if (options.raised != 0) {
    signal(options.raised, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    raise(options.raised);
  }
  return options.exit_status;
}
