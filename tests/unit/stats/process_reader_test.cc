#include "lib/stats/process_reader.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

#include "daemon/stats/collector.h"
#include "tests/unit/stats/child.h"

using namespace troupe;
using namespace troupe::stats;

namespace {

/// A copy without what moves between two looks.
Value steady(const Value& info) {
  Value steady = Value::object();
  for (const Member& member : *info.as_object()) {
    if (member.key != "age" && member.key != "cpu") steady.append(member.key, member.value);
  }
  return steady;
}

}  // namespace

TEST_CASE("the reader says of a process what dstats would, whether its files are kept open or not") {
  const Child child;
  Counted counted;
  Collector& collector = counted.collector;
  const Value expected = steady(collector.self(child.pid()));
  for (const std::size_t most_kept : {0, 1}) {
    CAPTURE(most_kept);
    ProcessReader reader(most_kept);
    for (int round = 0; round < 3; ++round) {
      reader.begin();
      const auto info = reader.info(child.pid());
      REQUIRE(info);
      CHECK(steady(*info) == expected);
      CHECK(reader.kept() == most_kept);
    }
  }
}

TEST_CASE("a process that is gone has no info, and its files are given back when it is forgotten") {
  for (const std::size_t most_kept : {0, 8}) {
    ProcessReader reader(most_kept);
    Child child;
    reader.begin();
    CHECK(reader.info(child.pid()));
    child.reap();
    reader.begin();
    CHECK_FALSE(reader.info(child.pid()));
    reader.forget(child.pid());
    reader.forget(child.pid());
    CHECK(reader.kept() == 0);
  }
}

TEST_CASE("a zombie has zeros, and no name") {
  const Child child(Child::Life::ends);
  ProcessReader reader(1);
  reader.begin();
  const auto info = reader.info(child.pid());
  REQUIRE(info);
  CHECK(*info->find("mem_info1") == Value("0B"));
  CHECK(*info->find("cmdline") == Value("N/A"));
  CHECK(*info->find("cpu") == Value(0.0));
}

TEST_CASE("no more files are kept open than were allowed, and none when all are forgotten") {
  const Child first, second, third;
  ProcessReader reader(2);
  reader.begin();
  for (const Child* child : {&first, &second, &third}) CHECK(reader.info(child->pid()));
  CHECK(reader.kept() == 2);
  reader.forget(first.pid());
  CHECK(reader.info(first.pid()));
  CHECK(reader.kept() == 2);
  reader.forget_all();
  CHECK(reader.kept() == 0);
  reader.begin();
  CHECK(reader.info(third.pid()));
}

TEST_CASE("without a descriptor left a process is there and not known") {
  const Child child;
  ProcessReader reader(8);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 0;
  reader.begin();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto info = reader.info(child.pid());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(info);
  CHECK(*info->find("cpu") == Value("N/A"));
  CHECK(reader.kept() == 0);
  reader.begin();
  CHECK(*reader.info(child.pid())->find("cpu") == Value(0.0));
}

TEST_CASE("what has grown since the last round has another size") {
  ProcessReader reader(1);
  reader.begin();
  const Value before = *reader.info(getpid());
  const std::vector<char> grown(64 << 20, 'x');
  reader.begin();
  const Value* after = reader.info(getpid());
  REQUIRE(after);
  CHECK(grown.back() == 'x');
  CHECK(*after->find("mem_info1") != *before.find("mem_info1"));
}
