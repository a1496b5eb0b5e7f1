#include "daemon/spawn/tree.h"

#include <doctest/doctest.h>

using namespace troupe;

namespace {

constexpr int keeper = 10;
constexpr int supervisors[] = {keeper, 11};

/// A process in a session and group of its own.
TreeRow alone(int pid, int ppid) {
  return {pid, ppid, pid, pid, static_cast<std::uint64_t>(pid) * 10};
}
TreeRow in_session(int pid, int ppid, int session) {
  return {pid, ppid, session, session, static_cast<std::uint64_t>(pid) * 10};
}
TreeRow tagged(TreeRow row, core::ProcessId tag) {
  row.tag = tag;
  return row;
}

std::vector<int> members_of_first(const std::vector<TreeRow>& rows, const std::vector<TreeRoot>& roots,
                                  const std::vector<int>& others = {}) {
  std::vector<int> pids;
  const auto members = find_members(rows, roots, supervisors, others);
  for (const TreeMember& member : members.front()) pids.push_back(member.pid);
  return pids;
}

using Pids = std::vector<int>;

}  // namespace

TEST_CASE("the session of a process is its own, however far its members are") {
  CHECK(members_of_first({alone(100, keeper), in_session(101, 100, 100), in_session(102, 1, 100)},
                         {{1, 100, true, {}}}) == Pids{101, 102});
}

TEST_CASE("a process group that left the session counts by its group") {
  CHECK(members_of_first({alone(100, keeper), {101, 1, 100, 50, 1}}, {{1, 100, true, {}}}) == Pids{101});
}

TEST_CASE("a descendant in its own session is found by the chain of its parents, however long") {
  CHECK(members_of_first({alone(100, keeper), alone(101, 100), alone(102, 101), in_session(103, 102, 102)},
                         {{1, 100, true, {}}}) == Pids{101, 102, 103});
}

TEST_CASE("a descendant whose chain is broken is found by what was known, then by its environment") {
  const std::vector<TreeRow> rows{alone(100, keeper), alone(101, keeper), alone(102, 101),
                                  tagged(alone(103, keeper), 1), alone(104, 103)};
  CHECK(members_of_first(rows, {{1, 100, true, {{101, 1010}}}}) == Pids{101, 102, 103, 104});
  // The pid of the known one was given again.
  CHECK(members_of_first(rows, {{1, 100, true, {{101, 999}}}}) == Pids{103, 104});
}

TEST_CASE("the root is not a member of itself, and zombies are nobody's") {
  TreeRow zombie = in_session(101, 100, 100);
  zombie.zombie = true;
  CHECK(members_of_first({alone(100, keeper), zombie}, {{1, 100, true, {}}}).empty());
}

TEST_CASE("a stranger with the pid of a root that is gone takes nobody with it") {
  const std::vector<TreeRow> rows{alone(100, 1), in_session(101, 100, 100), tagged(alone(102, keeper), 1)};
  CHECK(members_of_first(rows, {{1, 100, false, {}}}) == Pids{102});
  // While the root is a zombie, its session is its own.
  std::vector<TreeRow> held = rows;
  held[0].zombie = true;
  CHECK(members_of_first(held, {{1, 100, false, {}}}) == Pids{101, 102});
}

TEST_CASE("a root that is gone still has its session") {
  CHECK(members_of_first({in_session(101, keeper, 100)}, {{1, 100, false, {}}}) == Pids{101});
}

TEST_CASE("other processes and the supervisors are never members, nor does a chain lead through them") {
  const std::vector<TreeRow> rows{alone(keeper, 1),
                                  alone(11, keeper),
                                  alone(100, 11),
                                  tagged(alone(200, keeper), 1),
                                  in_session(201, 200, 200),
                                  tagged(in_session(202, 1, 200), 1),
                                  tagged(alone(12, keeper), 2)};
  CHECK(members_of_first(rows, {{1, 100, true, {{11, 110}}}}, {200}).empty());
}

TEST_CASE("a process without a session of its own still has its descendants by the chain") {
  // Its session and group are those of the daemon, which are no sign.
  CHECK(members_of_first({alone(11, keeper), in_session(100, keeper, 11), in_session(101, 100, 11),
                          in_session(102, keeper, 11)},
                         {{1, 100, true, {}}}, {102}) == Pids{101});
}

TEST_CASE("every root gets its own members from one table") {
  const std::vector<TreeRow> rows{alone(100, keeper), alone(200, keeper), in_session(101, 1, 100),
                                  in_session(201, 1, 200), tagged(alone(300, 1), 2)};
  const std::vector<TreeRoot> roots{{1, 100, true, {}}, {2, 200, true, {}}};
  const auto members = find_members(rows, roots, supervisors, {});
  CHECK(members[0] == std::vector<TreeMember>{{101, 1010}});
  CHECK(members[1] == std::vector<TreeMember>{{201, 2010}, {300, 3000}});
}

TEST_CASE("a table that was read while pids changed hands may have a circle of parents") {
  CHECK(
      members_of_first({alone(100, keeper), alone(101, 102), alone(102, 101)}, {{1, 100, true, {}}}).empty());
}

TEST_CASE("a pid of 0 is no root, and session 0 or group 0 are nobody's") {
  // As the threads of the kernel and what came in from another pid namespace look.
  const std::vector<TreeRow> rows{
      {2, 0, 0, 0, 20}, {50, 2, 0, 0, 500}, alone(100, keeper), {101, 100, 0, 0, 1010}};
  CHECK(members_of_first(rows, {{1, 0, true, {}}}).empty());
  CHECK(members_of_first(rows, {{1, 0, false, {}}}).empty());
  CHECK(members_of_first(rows, {{1, -1, true, {}}}).empty());
  CHECK(members_of_first(rows, {{1, 100, true, {}}}, {0}) == Pids{101});
}

TEST_CASE("the cgroup decides before session, parents and environment") {
  const auto in_cgroup = [](TreeRow row, core::ProcessId process) {
    row.cgroup = process;
    return row;
  };
  const std::vector<TreeRow> rows{alone(100, keeper),
                                  in_cgroup(tagged(alone(101, 1), 2), 1),
                                  in_cgroup(in_session(102, 200, 200), 1),
                                  alone(103, 102),
                                  in_cgroup(in_session(104, 300, 300), 1),
                                  alone(200, keeper),
                                  in_session(201, 200, 200),
                                  in_cgroup(alone(202, 1), 9)};
  const std::vector<TreeRoot> roots{{1, 100, true, {}}, {2, 200, true, {}}};
  const int others[] = {300};
  const auto members = find_members(rows, roots, supervisors, others);
  CHECK(members[0] == std::vector<TreeMember>{{101, 1010}, {102, 1020}, {103, 1030}, {104, 1040}});
  CHECK(members[1] == std::vector<TreeMember>{{201, 2010}});
}

TEST_CASE("a supervisor is nobody's member, whatever cgroup it is in") {
  TreeRow row = alone(keeper, 1);
  row.cgroup = 1;
  CHECK(members_of_first({row, alone(100, keeper)}, {{1, 100, true, {}}}).empty());
}
