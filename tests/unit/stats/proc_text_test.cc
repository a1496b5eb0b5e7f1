#include <doctest/doctest.h>

#include "lib/os/proc_detail.h"
#include "lib/os/proc_stat.h"

using namespace troupe;
using os::parse_proc_stat;
using os::parse_proc_status;

namespace {

/// A line of /proc/PID/stat with the given name and state; the figures are those of a real `sleep`.
std::string stat_line(std::string_view comm, std::string_view state = "S") {
  return "17984 (" + std::string(comm) + ") " + std::string(state) +
         " 17980 17984 17983 0 -1 4194560 93 7 0 0 12 34 56 78 20 -5 1 0 326600 2560000 355 "
         "18446744073709551615 94000000000000 94000000020000 140730000000000 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 "
         "0\n";
}

}  // namespace

TEST_CASE("statm tells the sizes in pages") {
  CHECK(os::parse_proc_statm("625 371 320 5 0 98 0\n", 4096) ==
        os::ProcDetail{.rss = 371 * 4096, .vsize = 625 * 4096});
  CHECK(os::parse_proc_statm("0 0 0 0 0 0 0\n", 4096) == os::ProcDetail{});
  CHECK_FALSE(os::parse_proc_statm("", 4096));
  CHECK_FALSE(os::parse_proc_statm("625", 4096));
}

TEST_CASE("a stat line gives each field its place") {
  const os::ProcStat expected{.pid = 17984,
                              .ppid = 17980,
                              .pgrp = 17984,
                              .session = 17983,
                              .state = 'S',
                              .start_time = 326600,
                              .utime = 12,
                              .stime = 34,
                              .cutime = 56,
                              .cstime = 78,
                              .nice = -5,
                              .vsize = 2560000,
                              .comm = "sleep"};
  CHECK(parse_proc_stat(stat_line("sleep")) == expected);
}

TEST_CASE("a command name may hold spaces, parentheses, a whole false stat line and any byte") {
  using namespace std::string_view_literals;
  for (const auto comm : {"a b"sv, ")"sv, "("sv, "(sd-pam)"sv, ") R 1 1 1 0"sv, ""sv, " "sv,
                          "\xff\xfe\t\x01"sv, "a\0b"sv, "x (y) z"sv, ") ("sv, "a\\nb"sv}) {
    const auto stat = parse_proc_stat(stat_line(comm));
    REQUIRE(stat);
    CHECK(stat->comm == comm);
    CHECK(stat->ppid == 17980);
    CHECK(stat->state == 'S');
    CHECK(stat->start_time == 326600);
  }
}

TEST_CASE("a stat line that is cut anywhere before its last needed field is refused") {
  const std::string line = stat_line("a b");
  const auto last_needed = line.find("2560000");
  for (std::size_t length = 0; length <= last_needed; ++length) {
    CHECK_FALSE(parse_proc_stat(std::string_view(line).substr(0, length)));
  }
  CHECK(parse_proc_stat(line.substr(0, last_needed + 7)));
}

TEST_CASE("a text that is no stat line is refused") {
  for (const auto* text :
       {"", "\n", ")", "(", "1 )(", "1 (x) ", "x (y) S 1 1 1 0 -1 0 0 0 0 0 1 1 1 1 20 0 1 0 5 6",
        "1 (y) SS 1 1 1 0 -1 0 0 0 0 0 1 1 1 1 20 0 1 0 5 6",
        "1 (y) S -x 1 1 0 -1 0 0 0 0 0 1 1 1 1 20 0 1 0 5 6",
        "1 (y) S 1 1 1 0 -1 0 0 0 0 0 99999999999999999999999 1 1 1 20 0 1 0 5 6",
        "99999999999 (y) S 1 1 1 0 -1 0 0 0 0 0 1 1 1 1 20 0 1 0 5 6"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_proc_stat(text));
  }
}

TEST_CASE("the largest figures of a stat line are read whole") {
  const auto stat = parse_proc_stat(
      "4194304 (y) R 1 1 1 0 -1 0 18446744073709551615 0 0 0 18446744073709551615 1 1 1 20 19 1 0 "
      "18446744073709551615 18446744073709551615");
  REQUIRE(stat);
  CHECK(stat->utime == UINT64_MAX);
  CHECK(stat->start_time == UINT64_MAX);
  CHECK(stat->vsize == UINT64_MAX);
  CHECK(stat->nice == 19);
}

TEST_CASE("status gives the real user and the sizes in bytes") {
  const auto detail = parse_proc_status(
      "Name:\tsleep\nState:\tS (sleeping)\nUid:\t1000\t0\t0\t0\nGid:\t7\t7\t7\t7\n"
      "VmPeak:\t    9999 kB\nVmSize:\t    2500 kB\nVmHWM:\t    8888 kB\nVmRSS:\t    1484 kB\nRssAnon:\t 112 "
      "kB\n");
  CHECK(detail == os::ProcDetail{.uid = 1000, .rss = 1484 * 1024, .vsize = 2500 * 1024});
}

TEST_CASE("the status of a zombie has no sizes and they are zero") {
  CHECK(parse_proc_status("Name:\tsleep\nState:\tZ (zombie)\nUid:\t0\t0\t0\t0\nThreads:\t1\n") ==
        os::ProcDetail{});
}

TEST_CASE("a name that looks like a status line changes nothing") {
  const auto detail =
      parse_proc_status("Name:\tUid:\t7 VmRSS: 9\\nUid:\t8\nUid:\t5\t5\t5\t5\nVmRSS:\t 1 kB\n");
  CHECK(detail == os::ProcDetail{.uid = 5, .rss = 1024});
}

TEST_CASE("a status text without a user is refused") {
  CHECK_FALSE(parse_proc_status(""));
  CHECK_FALSE(parse_proc_status("Name:\tx\nUid:"));
  CHECK_FALSE(parse_proc_status("Name:\tx\nUid:\t-1\n"));
  CHECK_FALSE(parse_proc_status("Name:\tx\nUid:\t99999999999\n"));
}
