#pragma once

#include <cstddef>
#include <vector>

namespace troupe {

/// Stacks for children between clone and exec, used again and again; below each lies a page that cannot be
/// touched. At most 64 unused ones are kept.
class StackPool {
 public:
  /// Bytes of a stack.
  static constexpr std::size_t stack_size = 32 * 1024;

  StackPool() = default;
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  /// The upper end of a stack, or nullptr with errno.
  void* take();
  void give_back(void* top);

  std::size_t unused() const { return unused_.size(); }

 private:
  std::vector<void*> unused_;
};

}  // namespace troupe
