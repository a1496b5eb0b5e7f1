#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace troupe {

/// What a child does on its way to exec, in this order. The parent has the words for it
/// (PreparedChild::failure).
enum class ChildStage : std::int32_t {
  descriptors,
  setsid,
  chdir,
  standard_descriptors,
  rlimit,
  setgroups,
  setgid,
  setuid,
  death_signal,
  parent,  ///< whoever it was to die with is gone already
  exec,
};

/// What comes through the pipe when a stage fails. Nothing comes when exec succeeds.
struct ChildReport {
  ChildStage stage;
  std::int32_t error;  ///< errno
  std::int32_t index;  ///< which limit, which candidate
};

/// A limit as the kernel takes it; all bits set = unlimited.
struct ChildLimit {
  std::int32_t resource;
  /// An unlimited one that is refused becomes the hard limit (nofile in Circus).
  bool or_hard;
  std::uint64_t soft;
  std::uint64_t hard;
};

/// All that a child needs, prepared by the parent. It stays as it is until the pipe is at its end.
struct ChildPlan {
  int report_fd;
  int cgroup_fd;  ///< the cgroup.procs of the cgroup that it moves itself into; -1 = none, or it is there
  bool setsid;
  bool set_groups;
  bool set_gid;
  bool set_uid;
  bool null[3];  ///< standard descriptors that become /dev/null; the others stay
  int given[3];  ///< descriptors that become the standard ones; -1 = none
  int umask;     ///< -1 = as it is
  int death_signal;
  pid_t parent;
  uid_t uid;
  gid_t gid;
  const gid_t* groups;
  std::size_t group_count;
  const ChildLimit* limits;
  std::size_t limit_count;
  const char* cwd;                ///< nullptr = as it is
  const char* const* candidates;  ///< programs to try, one after the other; ends with nullptr
  const char* const* argv;
  const char* const* envp;
};

/// The child between clone(CLONE_VM) and exec; `plan` is a ChildPlan. Never returns but through exit. Runs
/// beside its parent in the parent's memory: raw system calls only, nothing of libc, no errno, no heap.
int set_up_child(void* plan);

}  // namespace troupe
