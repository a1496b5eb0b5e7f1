#include "ctl/interactive.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "ctl/output.h"

namespace troupe::ctl {

namespace {

/// For as long as it lives, Ctrl-C and Ctrl-\ are for what runs, and in between for nobody.
class IgnoredKeys {
 public:
  IgnoredKeys() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (std::size_t i = 0; i < std::size(signals); ++i) sigaction(signals[i], &ignore, &old_[i]);
  }
  ~IgnoredKeys() {
    for (std::size_t i = 0; i < std::size(signals); ++i) sigaction(signals[i], &old_[i], nullptr);
  }
  IgnoredKeys(const IgnoredKeys&) = delete;
  IgnoredKeys& operator=(const IgnoredKeys&) = delete;

 private:
  static constexpr int signals[] = {SIGINT, SIGQUIT};
  struct sigaction old_[2]{};
};

void run_line(const std::string& program, const std::vector<std::string>& arguments, bool shares_input) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  if (!shares_input) posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", 0, 0);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signum : {SIGINT, SIGQUIT, SIGPIPE}) sigaddset(&defaults, signum);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, "/proc/self/exe", &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    write_all(STDERR_FILENO, program + ": cannot run: " + std::strerror(error) + "\n");
    return;
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status) && shares_input) write_all(STDOUT_FILENO, "\n");
}

}  // namespace

std::optional<std::string> PipedLines::next(const std::string& prompt) {
  write_all(STDOUT_FILENO, prompt);
  std::string line;
  for (;;) {
    char c = 0;
    const ssize_t got = read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return line.empty() ? std::nullopt : std::optional(line);
    if (c == '\n') return line;
    line += c;
  }
}

void run_session(Session& session, LineSource& lines, const std::string& program) {
  std::optional<IgnoredKeys> ignored;
  if (lines.shares_input()) ignored.emplace();
  while (auto line = lines.next(session.prompt())) {
    const Session::Step step = session.on_line(*line);
    if (!step.text.empty() && !write_all(STDOUT_FILENO, step.text)) return;
    if (!step.arguments.empty()) run_line(program, step.arguments, lines.shares_input());
    if (step.ends) return;
  }
  write_all(STDOUT_FILENO, "\n");
}

}  // namespace troupe::ctl
