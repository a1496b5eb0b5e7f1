#include "daemon/spawn/child_setup.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>

#include "lib/os/raw_syscall.h"

// Nothing here may call a function of another source: a call into libc could bind a symbol, take a lock or
// write errno while the parent does the same. A test reads the symbols of the object file.

namespace troupe {

namespace {

using os::raw;
using os::raw_syscall;

constexpr int first_free = 3;
constexpr int report_place = first_free;
constexpr int first_socket = report_place + 1;  // until the report has served
constexpr int highest_signal = 64;
constexpr int kernel_sigset_size = 8;
constexpr std::uint64_t unlimited = ~std::uint64_t{0};

struct KernelLimit {
  std::uint64_t soft;
  std::uint64_t hard;
};

[[noreturn]] void leave() {
  for (;;) raw_syscall(SYS_exit_group, 127);
}

[[noreturn]] void fail(int fd, ChildStage stage, long answer, std::int32_t index = 0) {
  const ChildReport report{stage, static_cast<std::int32_t>(-answer), index};
  raw_syscall(SYS_write, fd, raw(&report), sizeof report);
  leave();
}

void check(long answer, ChildStage stage, std::int32_t index = 0) {
  if (answer < 0) fail(report_place, stage, answer, index);
}

/// Before the others are closed, these among them.
void take_given_descriptors(const ChildPlan& plan) {
  for (int fd = 0; fd < first_free; ++fd) {
    if (plan.given[fd] < 0) continue;
    const long placed = raw_syscall(SYS_dup3, plan.given[fd], fd, 0);
    if (placed < 0) fail(plan.report_fd, ChildStage::standard_descriptors, placed);
  }
}

/// Out of the way of the places that are about to be taken.
void lift_sockets(const ChildPlan& plan) {
  const int end = first_socket + static_cast<int>(plan.socket_count);
  for (std::size_t i = 0; i < plan.socket_count; ++i) {
    if (plan.sockets[i] >= end) continue;
    const long lifted = raw_syscall(SYS_fcntl, plan.sockets[i], F_DUPFD_CLOEXEC, end);
    if (lifted < 0) fail(plan.report_fd, ChildStage::sockets, lifted);
    plan.sockets[i] = static_cast<int>(lifted);
  }
}

/// Each one behind its last place, which is still the report's.
void gather_sockets(const ChildPlan& plan) {
  for (std::size_t i = 0; i < plan.socket_count; ++i) {
    const int place = first_socket + static_cast<int>(i);
    check(raw_syscall(SYS_dup3, plan.sockets[i], place, O_CLOEXEC), ChildStage::sockets);
  }
}

/// Before anything that can hang: a child that hangs must not hold the descriptors of its parent.
void close_others(const ChildPlan& plan) {
  lift_sockets(plan);
  if (plan.report_fd != report_place) {
    const long moved = raw_syscall(SYS_dup3, plan.report_fd, report_place, O_CLOEXEC);
    if (moved < 0) fail(plan.report_fd, ChildStage::descriptors, moved);
  }
  gather_sockets(plan);
  const int end = first_socket + static_cast<int>(plan.socket_count);
  const long closed = raw_syscall(SYS_close_range, end, ~0u, 0);
  if (closed != -ENOSYS) return check(closed, ChildStage::descriptors);
  // Kernels before 5.9: one by one, to the limit that the parent had.
  KernelLimit limit{0, 0};
  check(raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, raw(&limit)), ChildStage::descriptors);
  for (auto fd = static_cast<std::uint64_t>(end); fd < limit.soft; ++fd)
    raw_syscall(SYS_close, static_cast<long>(fd));
}

/// Before it can have children. One that may not is outside: other rules than the cgroup tell whose its
/// descendants are.
void move_to_cgroup(const ChildPlan& plan) {
  if (plan.cgroup_fd >= 0) raw_syscall(SYS_write, plan.cgroup_fd, raw("0"), 1);
}

void reset_dispositions() {
  // A kernel sigaction of SIG_DFL, without flags: all zero.
  const unsigned long by_default[4] = {0, 0, 0, 0};
  for (int number = 1; number <= highest_signal; ++number)
    raw_syscall(SYS_rt_sigaction, number, raw(by_default), 0, kernel_sigset_size);
}

void set_standard_descriptors(const ChildPlan& plan) {
  if (!plan.null[0] && !plan.null[1] && !plan.null[2]) return;
  const long null = raw_syscall(SYS_openat, AT_FDCWD, raw("/dev/null"), O_RDWR | O_CLOEXEC);
  check(null, ChildStage::standard_descriptors);
  for (int fd = 0; fd < first_free; ++fd) {
    if (plan.null[fd]) check(raw_syscall(SYS_dup3, null, fd, 0), ChildStage::standard_descriptors);
  }
}

void set_limits(const ChildPlan& plan) {
  for (std::size_t i = 0; i < plan.limit_count; ++i) {
    const ChildLimit& limit = plan.limits[i];
    KernelLimit wanted{limit.soft, limit.hard};
    long answer = raw_syscall(SYS_prlimit64, 0, limit.resource, raw(&wanted), 0);
    if (answer < 0 && limit.or_hard && limit.hard == unlimited) {
      KernelLimit now{0, 0};
      raw_syscall(SYS_prlimit64, 0, limit.resource, 0, raw(&now));
      wanted.soft = now.hard;
      wanted.hard = now.hard;
      answer = raw_syscall(SYS_prlimit64, 0, limit.resource, raw(&wanted), 0);
    }
    check(answer, ChildStage::rlimit, static_cast<std::int32_t>(i));
  }
}

void set_identity(const ChildPlan& plan) {
  if (plan.set_groups)
    check(raw_syscall(SYS_setgroups, static_cast<long>(plan.group_count), raw(plan.groups)),
          ChildStage::setgroups);
  if (plan.set_gid) check(raw_syscall(SYS_setresgid, plan.gid, plan.gid, plan.gid), ChildStage::setgid);
  if (plan.set_uid) check(raw_syscall(SYS_setresuid, plan.uid, plan.uid, plan.uid), ChildStage::setuid);
}

void set_death_signal(const ChildPlan& plan) {
  if (plan.death_signal == 0) return;
  // After the change of user, which clears it.
  check(raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, plan.death_signal), ChildStage::death_signal);
  if (raw_syscall(SYS_getppid) != plan.parent) fail(report_place, ChildStage::parent, -ESRCH);
}

/// The report makes room, and each socket moves down by one; what stays at the old places is closed by exec.
/// Returns where reports go from now on.
int place_sockets(const ChildPlan& plan) {
  if (plan.socket_count == 0) return report_place;
  const int end = first_socket + static_cast<int>(plan.socket_count);
  const long report = raw_syscall(SYS_fcntl, report_place, F_DUPFD_CLOEXEC, end);
  check(report, ChildStage::sockets);
  for (int place = first_socket; place < end; ++place) {
    const long moved = raw_syscall(SYS_dup3, place, place - 1, 0);
    if (moved < 0) fail(static_cast<int>(report), ChildStage::sockets, moved);
  }
  return static_cast<int>(report);
}

/// Nobody else knows it in time: LISTEN_PID is the pid of who is to take the sockets.
void write_pid(char* digits) {
  if (digits == nullptr) return;
  long pid = raw_syscall(SYS_getpid);
  char reversed[20];
  int count = 0;
  for (; pid > 0; pid /= 10) reversed[count++] = static_cast<char>('0' + pid % 10);
  while (count > 0) *digits++ = reversed[--count];
  *digits = '\0';
}

[[noreturn]] void execute(const ChildPlan& plan, int report) {
  long error = -ENOENT;
  std::int32_t which = -1;
  for (std::int32_t i = 0; plan.candidates[i] != nullptr; ++i) {
    const long answer = raw_syscall(SYS_execve, raw(plan.candidates[i]), raw(plan.argv), raw(plan.envp));
    if (answer == -ENOENT || answer == -ENOTDIR) continue;
    if (error != -EACCES) {
      error = answer;
      which = i;
    }
    if (answer != -EACCES) fail(report, ChildStage::exec, answer, i);
  }
  fail(report, ChildStage::exec, error, which);
}

}  // namespace

int set_up_child(void* argument) {
  const ChildPlan& plan = *static_cast<const ChildPlan*>(argument);
  move_to_cgroup(plan);
  take_given_descriptors(plan);
  close_others(plan);
  reset_dispositions();
  if (plan.setsid) check(raw_syscall(SYS_setsid), ChildStage::setsid);
  if (plan.umask >= 0) raw_syscall(SYS_umask, plan.umask);
  if (plan.cwd != nullptr) check(raw_syscall(SYS_chdir, raw(plan.cwd)), ChildStage::chdir);
  set_standard_descriptors(plan);
  set_limits(plan);
  set_identity(plan);
  set_death_signal(plan);
  const unsigned long no_signals = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, raw(&no_signals), 0, kernel_sigset_size);
  write_pid(plan.pid_digits);
  execute(plan, place_sockets(plan));
}

}  // namespace troupe
