// A worker that costs next to nothing itself: COUNT times 64 KiB of lines to standard output, as fast as they
// are taken.

#include <unistd.h>

#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
  std::string block;
  while (block.size() < (64 << 10) - 128) block += std::string(127, 'x') + '\n';
  block.resize(64 << 10, 'y');
  block.back() = '\n';
  for (long left = argc > 1 ? std::atol(argv[1]) : 1; left > 0; --left) {
    for (std::size_t done = 0; done < block.size();) {
      const ssize_t size = write(STDOUT_FILENO, block.data() + done, block.size() - done);
      if (size < 0) return 1;
      done += static_cast<std::size_t>(size);
    }
  }
  return 0;
}
