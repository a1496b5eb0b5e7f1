#include "daemon/spawn/tree_stops.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "daemon/spawn/descendant.h"
#include "daemon/spawn/leader_group.h"
#include "lib/log/log.h"
#include "lib/loop/loop.h"
#include "lib/os/proc_stat.h"

namespace troupe {

namespace {

/// Members without a descriptor to watch, and looks that failed for want of one, wait this long.
constexpr Duration look_again = 100ms;
/// A tree that forks faster than we look is killed as it is.
constexpr int most_freezes = 10;

}  // namespace

struct TreeStops::Member : Descendant {
  TreeStops& stops;
  core::ProcessId process;
  bool in_cgroup;
  std::unique_ptr<loop::FdWatch> watch{};
  bool is_new = true;
  bool frozen = false;

  Member(TreeStops& owner, core::ProcessId whose, Descendant who, bool is_in_cgroup)
      : Descendant(std::move(who)), stops(owner), process(whose), in_cgroup(is_in_cgroup) {}
  void on_ready(loop::Ready) { stops.member_gone(process, pid); }  // ends this object
};

struct TreeStops::Stop {
  core::ProcessId process;
  int pid;
  bool alive;
  int signum = 0;      ///< what members that turn up get; 0 = nothing yet
  int once = 0;        ///< for those that are there now, without a word of it
  bool tree = false;   ///< descendants are looked for
  bool watch = false;  ///< the listener is to hear
  bool signal_due = false;
  bool look_due = false;   ///< a look failed
  bool confirmed = false;  ///< the last look, with the process gone, found nothing
  bool frozen = false;
  std::map<int, std::unique_ptr<Member>> members;
  LeaderGroup group{};                  ///< where it is all that is known of the tree
  std::map<int, std::uint64_t> strays;  ///< pid and start of those that we may not signal

  bool waits_for_look() const { return tree && (look_due || (!alive && members.empty() && !confirmed)); }
  bool must_kill() const { return signal_due && signum == SIGKILL; }
};

TreeStops::TreeStops(loop::Loop& loop, Leaders& leaders, Cgroups& cgroups, std::string boot,
                     std::vector<int> supervisors, int descriptor_bound)
    : loop_(loop),
      leaders_(leaders),
      cgroups_(cgroups),
      strays_(loop, Strays::OnGone::to<&TreeStops::on_stray_gone>(*this)),
      supervisors_(std::move(supervisors)),
      descriptor_bound_(descriptor_bound),
      scan_(std::move(boot)),
      soon_(loop, Callback<void()>::to<&TreeStops::round>(*this)),
      later_(loop, Callback<void()>::to<&TreeStops::round>(*this)) {}

TreeStops::~TreeStops() = default;

TreeStops::Stop& TreeStops::stop_of(core::ProcessId process, int pid, bool alive) {
  auto& stop = stops_[process];
  if (!stop) {
    stop = std::make_unique<Stop>();
    stop->process = process;
    stop->pid = pid;
    stop->alive = alive;
  }
  return *stop;
}

void TreeStops::signal_tree(core::ProcessId process, int pid, bool alive, int signum, bool watch) {
  Stop& stop = stop_of(process, pid, alive);
  stop.tree = true;
  stop.confirmed = false;
  if (watch) {
    stop.signum = signum;
    stop.watch = true;
    stop.signal_due = true;
  } else {
    stop.once = signum;
  }
  soon_.schedule();
}

void TreeStops::watch(core::ProcessId process, int pid, int signum, const std::vector<int>& signalled) {
  Stop& stop = stop_of(process, pid, true);
  stop.watch = true;
  for (const int got : signalled) {
    notices_.push_back({process, got, signum});
    if (got == pid) continue;
    const auto stat = os::read_proc_stat(got);
    if (stat && stat->state != 'Z') add_member(stop, got, stat->start_time);
  }
  for (auto& [member_pid, member] : stop.members) member->is_new = false;
  soon_.schedule();
}

void TreeStops::leader_gone(core::ProcessId process) {
  const auto found = stops_.find(process);
  if (found == stops_.end()) return;
  found->second->alive = false;
  found->second->confirmed = false;
  soon_.schedule();
}

void TreeStops::round() {
  look_at_unwatched();
  if (scan_is_due()) scan();
  take_leave();
  plan_next_round();
  deliver();
}

bool TreeStops::scan_is_due() const {
  const bool may_look = loop_.now() >= scan_not_before_;
  return std::any_of(stops_.begin(), stops_.end(), [&](const auto& entry) {
    const Stop& stop = *entry.second;
    return (stop.tree && stop.signal_due) || stop.once != 0 || (may_look && stop.waits_for_look());
  });
}

void TreeStops::scan() {
  const Instant begin = loop_.now();
  std::vector<TreeRow> rows;
  std::unordered_set<int> leaders;
  const bool looked = look(rows, leaders);
  if (looked) {
    find_new_members(rows, leaders);
    // Whatever is new after the last freeze is killed with the rest, and what it left is found at the end.
    for (int i = 0; i < most_freezes && freeze_new_members() && look(rows, leaders); ++i)
      find_new_members(rows, leaders);
  }
  send_signals();
  for (auto& [process, stop] : stops_) {
    stop->look_due = stop->tree && !looked;
    stop->confirmed =
        looked && stop->tree && !stop->alive && stop->members.empty() && !stop->group.is_there();
  }
  const Instant end = loop_.now();
  scan_not_before_ = looked && !scan_.is_blind() ? end + 2 * (end - begin) : end + look_again;
}

bool TreeStops::look(std::vector<TreeRow>& rows, std::unordered_set<int>& leaders) {
  leaders = leaders_.leader_pids();
  auto scanned = scan_.scan(leaders);
  if (!scanned) return false;
  rows = *std::move(scanned);
  // After the rows: a row whose pid another process got meanwhile is told by its start (add_member).
  in_cgroups_.clear();
  for (const auto& [process, stop] : stops_) {
    if (!stop->tree) continue;
    for (const int pid : cgroups_.processes_of(process)) in_cgroups_.emplace(pid, process);
  }
  if (scan_.is_blind()) look_without_proc(rows);
  for (TreeRow& row : rows) {
    if (const auto found = in_cgroups_.find(row.pid); found != in_cgroups_.end()) row.cgroup = found->second;
  }
  return true;
}

void TreeStops::look_without_proc(std::vector<TreeRow>& rows) {
  for (const auto& [pid, process] : in_cgroups_) {
    TreeRow row;
    row.pid = pid;
    rows.push_back(row);
  }
  for (auto& [process, stop] : stops_) {
    if (stop->tree && stop->pid > 0 && !stop->group && !cgroups_.has(process))
      stop->group = LeaderGroup(stop->pid, descriptor_bound_);
  }
}

bool TreeStops::find_new_members(const std::vector<TreeRow>& rows, const std::unordered_set<int>& leaders) {
  std::vector<TreeRoot> roots;
  std::vector<Stop*> stops;
  std::unordered_set<int> others = leaders;
  for (auto& [process, stop] : stops_) {
    if (!stop->tree) continue;
    TreeRoot root{process, stop->pid, stop->alive, {}};
    for (const auto& [pid, member] : stop->members) root.known.push_back({pid, member->start_time});
    roots.push_back(std::move(root));
    stops.push_back(stop.get());
    if (stop->alive) others.erase(stop->pid);
  }
  const std::vector<int> other_pids(others.begin(), others.end());
  const auto found = find_members(rows, roots, supervisors_, other_pids);
  bool any = false;
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const TreeMember& member : found[i]) {
      const auto known = stops[i]->members.find(member.pid);
      if (known != stops[i]->members.end() && known->second->start_time == member.start_time) continue;
      add_member(*stops[i], member.pid, member.start_time);
      any = true;
    }
  }
  return any;
}

void TreeStops::add_member(Stop& stop, int pid, std::uint64_t start_time) {
  const auto stray = stop.strays.find(pid);
  if (stray != stop.strays.end() && stray->second == start_time) return;
  int error = 0;
  os::Pidfd pidfd = os::Pidfd::open(pid, error);
  if (error == ESRCH) return;
  // The pid may have changed hands between the look and the descriptor.
  if (!scan_.is_blind()) {
    const auto stat = os::read_proc_stat(pid);
    if (stat ? stat->start_time != start_time : stat.error().code == Code::not_found) return;
  }
  if (pidfd.fd() >= descriptor_bound_) pidfd = {};
  const auto home = in_cgroups_.find(pid);
  auto member = std::make_unique<Member>(*this, stop.process, Descendant{pid, start_time, std::move(pidfd)},
                                         home != in_cgroups_.end() && home->second == stop.process);
  if (member->pidfd && stop.watch) {
    member->watch =
        std::make_unique<loop::FdWatch>(loop_, member->pidfd.fd(), loop::Ready{.readable = true},
                                        Callback<void(loop::Ready)>::to<&Member::on_ready>(*member));
  }
  stop.members[pid] = std::move(member);
}

bool TreeStops::freeze_new_members() {
  bool any = false;
  for (auto& [process, stop] : stops_) {
    if (!stop->must_kill() || cgroups_.can_kill(process)) continue;
    if (stop->alive && !stop->frozen) {
      any = leaders_.signal_leader(process, SIGSTOP) == 0 || any;
      stop->frozen = true;
    }
    for (auto& [pid, member] : stop->members) {
      if (member->frozen) continue;
      any = member->send(SIGSTOP) == 0 || any;
      member->frozen = true;
    }
  }
  return any;
}

void TreeStops::send_signals() {
  for (auto at = stops_.begin(); at != stops_.end();) {
    Stop& stop = *at->second;
    const bool killed = (stop.once == SIGKILL || stop.must_kill()) && cgroups_.kill(stop.process);
    if (stop.once != 0) {
      signal_leader(stop, stop.once, killed);
      for (auto& [pid, member] : stop.members) member->send(stop.once);
      stop.once = 0;
    }
    if (stop.signal_due && signal_leader(stop, stop.signum, killed))
      notices_.push_back({stop.process, stop.pid, stop.signum});
    signal_members(stop, killed);
    stop.signal_due = false;
    at = stop.watch ? std::next(at) : stops_.erase(at);
  }
}

/// True when it got it. One that not even SIGKILL may be sent (a setuid program, say) is left behind.
bool TreeStops::signal_leader(Stop& stop, int signum, bool killed) {
  if (!stop.alive) {
    stop.group.send(signum);
    return false;
  }
  const int error = stop.group ? signal_group(stop, signum) : leaders_.signal_leader(stop.process, signum);
  if (error == EPERM && signum == SIGKILL && !killed) {
    if (const auto stat = os::read_proc_stat(stop.pid)) stop.strays[stop.pid] = stat->start_time;
    stop.alive = false;
    notices_.push_back({stop.process, stop.pid, -1});
  }
  return error == 0;
}

/// The process gets it once: two SIGTERM may mean more than one. What became of its own is the answer.
int TreeStops::signal_group(Stop& stop, int signum) {
  const bool apart = signum == SIGKILL || !stop.group.has_leader();
  const int error = apart ? leaders_.signal_leader(stop.process, signum) : 0;
  const int of_group = stop.group.send(signum);
  return apart ? error : of_group;
}

void TreeStops::signal_members(Stop& stop, bool killed) {
  for (auto at = stop.members.begin(); at != stop.members.end();) {
    Member& member = *at->second;
    const bool wanted = stop.signum != 0 && (stop.signal_due || member.is_new);
    const int error = wanted ? member.send(stop.signum) : 0;
    const bool got_it = error == 0 || (killed && member.in_cgroup);
    if (wanted && got_it) notices_.push_back({stop.process, member.pid, stop.signum});
    member.is_new = false;
    const bool ends_later = member.in_cgroup && stop.signum != SIGKILL && cgroups_.can_kill(stop.process);
    if (error != EPERM || got_it || ends_later) {
      ++at;
      continue;
    }
    leave_behind(stop, member);
    at = stop.members.erase(at);
  }
}

/// It took another user's identity: nothing we could do would end it, so the stop does not wait for it.
void TreeStops::leave_behind(Stop& stop, Member& member) {
  log::warning("pid {} may not be signalled by this user: it is left behind", member.pid);
  stop.strays[member.pid] = member.start_time;
  member.watch.reset();
  if (strays_.add(member.pid, std::move(member.pidfd))) notices_.push_back({stop.process, member.pid, -1});
}

void TreeStops::on_stray_gone(int pid) {
  listener_->on_stray_gone(pid);
}

void TreeStops::member_gone(core::ProcessId process, int pid) {
  const auto stop = stops_.find(process);
  if (stop == stops_.end()) return;
  stop->second->members.erase(pid);
  if (stop->second->members.empty() && !stop->second->alive) soon_.schedule();
}

void TreeStops::look_at_unwatched() {
  for (auto& [process, stop] : stops_) {
    for (auto member = stop->members.begin(); member != stop->members.end();) {
      const bool gone = !member->second->watch && !member->second->is_there();
      member = gone ? stop->members.erase(member) : std::next(member);
    }
  }
}

void TreeStops::take_leave() {
  for (auto at = stops_.begin(); at != stops_.end();) {
    const Stop& stop = *at->second;
    const bool gone =
        !stop.alive && stop.members.empty() && !stop.signal_due && (!stop.tree || stop.confirmed);
    if (gone) notices_.push_back({stop.process, stop.pid, 0});
    at = gone ? stops_.erase(at) : std::next(at);
  }
  if (stops_.empty()) scan_.forget();
}

void TreeStops::plan_next_round() {
  Instant next = Instant::max();
  for (const auto& [process, stop] : stops_) {
    if (stop->waits_for_look()) next = std::min(next, scan_not_before_);
    const bool unwatched = std::any_of(stop->members.begin(), stop->members.end(),
                                       [](const auto& entry) { return !entry.second->watch; });
    if (unwatched) next = std::min(next, loop_.now() + look_again);
  }
  if (next == Instant::max()) {
    later_.cancel();
  } else {
    later_.set(next);
  }
}

void TreeStops::deliver() {
  const std::vector<Notice> notices = std::move(notices_);
  notices_.clear();
  for (const Notice& notice : notices) {
    if (notice.signum < 0) {
      listener_->on_stray(notice.process, notice.pid);
    } else if (notice.signum != 0) {
      listener_->on_signalled(notice.process, notice.pid, notice.signum);
    } else {
      listener_->on_tree_gone(notice.process);
    }
  }
}

}  // namespace troupe
