// The floor of the start bench: a bare posix_spawn loop.
//
// usage: floor_start COUNT PROGRAM [ARG...]: starts COUNT processes, then waits until its standard input ends
// and kills them.

#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<pid_t> children(static_cast<std::size_t>(std::atoi(argv[1])));
  for (pid_t& pid : children) {
    if (posix_spawn(&pid, argv[2], nullptr, nullptr, argv + 2, environ) != 0) return 1;
  }
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  for (const pid_t pid : children) kill(pid, SIGKILL);
}
