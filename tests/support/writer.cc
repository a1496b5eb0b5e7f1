// A worker that writes numbered lines as fast as it can: "NAME NUMBER xxx…", where the number of x is NUMBER
// mod
// 60. NAME is its pid. Lines are gathered into writes of 64 KiB, so that the ends of writes are no ends of
// lines.
//
//   writer COUNT [FILE] [SIZE]   COUNT lines, or with 0 until SIGTERM; then add "PID LAST" to FILE (`-`:
//   none).
//                                With SIZE each write has so many bytes

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace {

volatile sig_atomic_t stopped = 0;

void put(const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t done = write(STDOUT_FILENO, bytes, size);
    if (done < 0) continue;  // a signal came
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 0;
  const std::string file = argc > 2 ? argv[2] : "-";
  const std::size_t size = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 64 << 10;
  struct sigaction action {};
  action.sa_handler = [](int) { stopped = 1; };
  sigaction(SIGTERM, &action, nullptr);
  const std::string name = std::to_string(getpid()) + " ";
  std::string buffer;
  long number = 0;
  while (!stopped && (count == 0 || number < count)) {
    ++number;
    buffer += name + std::to_string(number) + " ";
    buffer.append(static_cast<std::size_t>(number % 60), 'x') += '\n';
    if (buffer.size() < size) continue;
    put(buffer.data(), size);
    buffer.erase(0, size);
  }
  put(buffer.data(), buffer.size());
  if (file == "-") return 0;
  const std::string line = name + std::to_string(number) + "\n";
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0 || write(fd, line.data(), line.size()) < 0) return 99;
  return 0;
}
