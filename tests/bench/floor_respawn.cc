// The floor of the respawn bench: nothing but a loop that waits for SIGCHLD, reaps, and spawns again.
//
// usage: floor_respawn COUNT PROGRAM [ARG...]: keeps COUNT children alive; prints the pid of each one that it
// starts on a line. Ends when its standard input does, and kills the children.

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <set>

namespace {

pid_t start(char** argv) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  if (posix_spawn(&pid, argv[0], nullptr, &attributes, argv, environ) != 0) std::exit(1);
  posix_spawnattr_destroy(&attributes);
  char line[32];
  const int length = std::snprintf(line, sizeof line, "%d\n", pid);
  if (write(STDOUT_FILENO, line, static_cast<std::size_t>(length)) != length) std::exit(1);
  return pid;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  sigprocmask(SIG_BLOCK, &mask, nullptr);
  const int signals = signalfd(-1, &mask, SFD_CLOEXEC);

  std::set<pid_t> children;
  for (int i = 0; i < std::atoi(argv[1]); ++i) children.insert(start(argv + 2));

  pollfd watched[] = {{signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while (poll(watched, 2, -1) > 0 && watched[1].revents == 0) {
    signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != sizeof info) return 1;
    for (pid_t pid; (pid = waitpid(-1, nullptr, WNOHANG)) > 0;) {
      children.erase(pid);
      children.insert(start(argv + 2));
    }
  }
  for (const pid_t pid : children) kill(pid, SIGKILL);
}
