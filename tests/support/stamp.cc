// The smallest worker: stamps a file with its pid and the monotonic time, then waits for a signal. Linked
// statically and without the C++ library, so that benches measure the supervisor and not the dynamic linker.
//
// usage: stamp FILE: appends one line of 31 characters, "PPPPPPPPPP NNNNNNNNNNNNNNNNNNN\n".

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

namespace {

void put_digits(char* end, long number, int width) {
  for (int i = 0; i < width; ++i, number /= 10) *--end = static_cast<char>('0' + number % 10);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  char line[31];
  put_digits(line + 10, getpid(), 10);
  line[10] = ' ';
  put_digits(line + 30, now.tv_sec * 1000000000L + now.tv_nsec, 19);
  line[30] = '\n';
  const int fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (fd < 0 || write(fd, line, sizeof line) != sizeof line) return 1;
  close(fd);
  for (;;) pause();
}
