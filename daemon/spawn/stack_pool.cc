#include "daemon/spawn/stack_pool.h"

#include <sys/mman.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr std::size_t most_unused = 64;

std::size_t guard_size() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

void unmap(void* top) {
  munmap(static_cast<char*>(top) - StackPool::stack_size - guard_size(),
         StackPool::stack_size + guard_size());
}

}  // namespace

StackPool::~StackPool() {
  for (void* top : unused_) unmap(top);
}

void* StackPool::take() {
  if (!unused_.empty()) {
    void* top = unused_.back();
    unused_.pop_back();
    return top;
  }
  void* base = mmap(nullptr, stack_size + guard_size(), PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return nullptr;
  char* stack = static_cast<char*>(base) + guard_size();
  if (mprotect(stack, stack_size, PROT_READ | PROT_WRITE) != 0) {
    munmap(base, stack_size + guard_size());
    return nullptr;
  }
  return stack + stack_size;
}

void StackPool::give_back(void* top) {
  if (unused_.size() < most_unused) {
    unused_.push_back(top);
  } else {
    unmap(top);
  }
}

}  // namespace troupe
