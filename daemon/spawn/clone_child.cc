#include "daemon/spawn/clone_child.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "daemon/spawn/stack_pool.h"
#include "lib/os/raw_syscall.h"
#include "lib/os/signals.h"

namespace troupe {

namespace {

/// Where system calls go through libc the child writes errno, so the parent waits for its exec.
constexpr int wait_for_exec = TROUPE_RAW_SYSCALLS ? 0 : CLONE_VFORK;

/// What clone(2) calls struct clone_args, as far as Linux 5.7 has it.
struct Clone3Arguments {
  std::uint64_t flags = 0;
  std::uint64_t pidfd = 0;
  std::uint64_t child_tid = 0;
  std::uint64_t parent_tid = 0;
  std::uint64_t exit_signal = 0;
  std::uint64_t stack = 0;
  std::uint64_t stack_size = 0;
  std::uint64_t tls = 0;
  std::uint64_t set_tid = 0;
  std::uint64_t set_tid_size = 0;
  std::uint64_t cgroup = 0;
};
static_assert(sizeof(Clone3Arguments) == 88);
constexpr std::uint64_t into_cgroup = 0x2'0000'0000;  // CLONE_INTO_CGROUP

/// The pid, or minus an errno. The child begins in `entry` on its own stack and must never return from it:
/// below there is nothing. libc has no way to ask for it: its clone() knows no cgroups.
[[gnu::noinline]] long clone3(const Clone3Arguments& arguments, int (*entry)(void*), void* argument) {
#if defined(__x86_64__)
  long answer = SYS_clone3;
  register auto entry_register asm("r8") = entry;
  register auto argument_register asm("r9") = argument;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"  // the end of the chain of frames
      "mov %%r9, %%rdi\n\t"
      "call *%%r8\n\t"
      "ud2\n"
      "1:"
      : "+a"(answer)
      : "D"(&arguments), "S"(sizeof arguments), "r"(entry_register), "r"(argument_register)
      : "rcx", "r11", "memory");
  return answer;
#else
  (void)arguments, (void)entry, (void)argument;
  return -ENOSYS;
#endif
}

/// Refusals that say what this system has not: too old a kernel, or a filter of system calls.
bool is_missing(long answer) {
  return answer == -ENOSYS || answer == -EINVAL || answer == -E2BIG || answer == -EPERM;
}

/// Refusals that the same child without a cgroup would get too.
bool is_shortage(long answer) {
  return answer == -EAGAIN || answer == -ENOMEM || answer == -EMFILE || answer == -ENFILE;
}

long clone_into(ChildPlan& plan, const CloneOptions& options) {
  Clone3Arguments arguments;
  arguments.flags = CLONE_VM | wait_for_exec | into_cgroup;
  // The signal at its end is then that of this process itself, and may not be named.
  if (options.of_parent) arguments.flags |= CLONE_PARENT;
  if (!options.of_parent) arguments.exit_signal = SIGCHLD;
  arguments.stack = reinterpret_cast<std::uintptr_t>(options.stack) - StackPool::stack_size;
  arguments.stack_size = StackPool::stack_size;
  arguments.cgroup = static_cast<std::uint64_t>(options.cgroup);
  return clone3(arguments, set_up_child, &plan);
}

long clone_plain(ChildPlan& plan, const CloneOptions& options) {
  const int flags = CLONE_VM | wait_for_exec | (options.of_parent ? CLONE_PARENT : 0) | SIGCHLD;
  const int pid = clone(set_up_child, options.stack, flags, &plan);
  return pid < 0 ? -errno : pid;
}

}  // namespace

Cloned clone_child(ChildPlan& plan, const CloneOptions& options) {
  Cloned cloned;
  // The child has our handlers until it resets them: no signal may reach it before.
  const os::AllSignalsBlocked blocked;
  plan.cgroup_fd = -1;
  long answer = -ENOSYS;
  if (options.cgroup >= 0 && options.has_clone3) {
    answer = clone_into(plan, options);
    cloned.no_clone3 = is_missing(answer);
    if (answer < 0 && !cloned.no_clone3 && !is_shortage(answer))
      cloned.cgroup_error = static_cast<int>(-answer);
  }
  if (answer < 0 && !is_shortage(answer)) {
    os::Fd processes;
    if (options.cgroup >= 0 && cloned.cgroup_error == 0) {
      processes.reset(openat(options.cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC));
      plan.cgroup_fd = processes.get();
    }
    answer = clone_plain(plan, options);
  }
  cloned.pid = static_cast<int>(answer);
  return cloned;
}

}  // namespace troupe
