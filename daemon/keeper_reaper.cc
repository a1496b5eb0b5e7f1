#include "daemon/keeper_reaper.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/os/child_list.h"

namespace troupe::keeper {

namespace {

/// waitid as the kernel has it: with the usage, which that of libc leaves out.
int wait_for(idtype_t type, int id, siginfo_t& info, int options, rusage* usage) {
  info.si_pid = 0;
  long answer;
  do {
    answer = syscall(SYS_waitid, type, id, &info, options | WEXITED | WNOHANG, usage);
  } while (answer < 0 && errno == EINTR);
  return answer == 0 ? info.si_pid : 0;
}

std::int64_t microseconds(const timeval& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec;
}

Exited message_of(const siginfo_t& info, const rusage& usage) {
  Exited message;
  message.pid = info.si_pid;
  message.status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
  message.core_dumped = info.si_code == CLD_DUMPED;
  message.user_time = microseconds(usage.ru_utime);
  message.system_time = microseconds(usage.ru_stime);
  message.max_rss = static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
  return message;
}

}  // namespace

bool Reaper::is_in_flight(int pid) const {
  return std::find(in_flight_, in_flight_ + count_, pid) != in_flight_ + count_;
}

bool Reaper::offer(int pid) {
  if (pid <= 0 || pid == leave_alone_ || count_ == max_in_flight || is_in_flight(pid)) return false;
  siginfo_t info;
  rusage usage;
  if (wait_for(P_PID, pid, info, WNOWAIT, &usage) == 0) return false;
  const Exited message = message_of(info, usage);
  if (send(socket_, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    wants_room_ = errno == EAGAIN || errno == ENOBUFS;  // the zombie stays and is found again
    unsure_ = true;
    return false;
  }
  in_flight_[count_++] = pid;
  return true;
}

void Reaper::hint(int pid) {
  if (count_ > 0) unsure_ = true;
  offer(pid);
}

void Reaper::acknowledged(int pid) {
  auto* const end = in_flight_ + count_;
  auto* const found = std::find(in_flight_, end, pid);
  if (found == end) return;
  siginfo_t info;
  wait_for(P_PID, pid, info, 0, nullptr);
  *found = in_flight_[--count_];
  acknowledged_ = true;
}

void Reaper::look() {
  wants_room_ = false;
  if (std::exchange(acknowledged_, false) && unsure_ && count_ > 0 && count_ <= max_in_flight / 2)
    offer_all_children();
  if (count_ > 0) return;
  unsure_ = false;
  siginfo_t info;
  const int first = wait_for(P_ALL, 0, info, WNOWAIT, nullptr);
  if (first == 0) return;
  if (offer(first) || first == leave_alone_) offer_all_children();
}

void Reaper::offer_all_children() {
  os::ChildList children;
  unsure_ = false;
  while (const int pid = children.next()) {
    if (count_ == max_in_flight) {
      unsure_ = true;
      return;
    }
    offer(pid);
  }
}

}  // namespace troupe::keeper
