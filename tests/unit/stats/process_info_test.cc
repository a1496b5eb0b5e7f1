#include <doctest/doctest.h>

#include "lib/stats/cpu_samples.h"
#include "lib/stats/process_info.h"

using namespace troupe;
using namespace troupe::stats;

namespace {

constexpr os::Machine machine{
    .ticks_per_second = 100, .total_memory = 24'000'000'000, .boot_time = 1795290000};
constexpr double now = 1795290261.5;

ProcessReading sleeper() {
  return {.stat = {.pid = 17984, .ppid = 1, .state = 'S', .start_time = 25556, .nice = 0, .comm = "sleep"},
          .detail = {.uid = 0, .rss = 1'519'616, .vsize = 2'560'000},
          .cmdline = std::string("/usr/bin/sleep\0"
                                 "300\0",
                                 19),
          .username = "root",
          .cpu = 0};
}

os::ProcStat busy(std::uint64_t utime, std::uint64_t stime, std::uint64_t start_time = 7) {
  return {.pid = 5, .state = 'R', .start_time = start_time, .utime = utime, .stime = stime};
}

const Instant t0{};

}  // namespace

TEST_CASE("the info of a watched process has Circus's keys in its order and formats") {
  const WatchedProcess watched{.pid = 17984, .wid = 1, .started = 1795290256.25};
  const Value expected(Value::Object{{"mem_info1", "1.45M"},
                                     {"mem_info2", "2.44M"},
                                     {"cpu", 0.0},
                                     {"mem", 0.006},
                                     {"ctime", "0:00.0"},
                                     {"pid", 17984},
                                     {"username", "root"},
                                     {"nice", 0},
                                     {"create_time", 1795290255.56},
                                     {"age", 5.25},
                                     {"cmdline", "sleep"},
                                     {"children", Value::array()},
                                     {"started", watched.started},
                                     {"wid", 1}});
  CHECK(process_info(sleeper(), machine, now, {}, watched) == expected);
}

TEST_CASE("a process that is not watched has no wid and no start and is as old as the kernel says") {
  const Value info = process_info(sleeper(), machine, 1795290256.06, {}, {});
  CHECK_FALSE(info.find("started"));
  CHECK_FALSE(info.find("wid"));
  CHECK(*info.find("age")->as_double() == doctest::Approx(0.5));
}

TEST_CASE("children stand as objects in the info of their parent") {
  const Value child = process_info(sleeper(), machine, now, {}, {});
  const Value info = process_info(sleeper(), machine, now, {child, child}, {});
  REQUIRE(info.find("children")->as_array()->size() == 2);
  CHECK(info.find("children")->as_array()->front() == child);
}

TEST_CASE("a zombie has zeros and no command line, and its processor time stays") {
  ProcessReading zombie = sleeper();
  zombie.stat.state = 'Z';
  zombie.stat.utime = 277;
  zombie.detail = {};
  zombie.cmdline.clear();
  zombie.cpu = 12.5;
  const Value info = process_info(zombie, machine, now, {}, {});
  CHECK(*info.find("mem_info1") == Value("0B"));
  CHECK(*info.find("mem_info2") == Value("0B"));
  CHECK(*info.find("mem") == Value(0.0));
  CHECK(*info.find("cpu") == Value(0.0));
  CHECK(*info.find("cmdline") == Value("N/A"));
  CHECK(*info.find("ctime") == Value("0:02.77"));
}

TEST_CASE("a hidden process has the same keys and says that it does not know") {
  const WatchedProcess watched{.pid = 9, .wid = 3, .started = now - 2};
  const Value info = hidden_info(9, now, watched);
  const Value full = process_info(sleeper(), machine, now, {}, watched);
  REQUIRE(info.as_object()->size() == full.as_object()->size());
  for (std::size_t i = 0; i < full.as_object()->size(); ++i) {
    CHECK((*info.as_object())[i].key == (*full.as_object())[i].key);
  }
  CHECK(*info.find("cpu") == Value("N/A"));
  CHECK(*info.find("mem") == Value("N/A"));
  CHECK(*info.find("age") == Value(2.0));
  CHECK(*info.find("wid") == Value(3));
  CHECK(*hidden_info(9, now, {}).find("age") == Value("N/A"));
}

TEST_CASE("an age is never below zero when the clock was set back") {
  const WatchedProcess watched{.pid = 17984, .wid = 1, .started = now + 100};
  CHECK(*process_info(sleeper(), machine, now, {}, watched).find("age") == Value(0.0));
}

TEST_CASE("a machine of unknown memory gives zero percent") {
  CHECK(*process_info(sleeper(), {.total_memory = 0}, now, {}, {}).find("mem") == Value(0.0));
}

TEST_CASE("sizes are bytes below 1,024 and two decimals of the largest unit above") {
  CHECK(human_size(0) == "0B");
  CHECK(human_size(1023) == "1023B");
  CHECK(human_size(1024) == "1.00K");
  CHECK(human_size(1'519'616) == "1.45M");
  CHECK(human_size(34'886'123) == "33.27M");
  CHECK(human_size(std::uint64_t{5} << 30) == "5.00G");
  CHECK(human_size(std::uint64_t{3} << 40) == "3.00T");
  CHECK(human_size(UINT64_MAX) == "16.00E");
}

TEST_CASE("processor time is minutes of the hour, seconds and the first digits of the microseconds") {
  CHECK(cpu_time_text(0, 100) == "0:00.0");
  CHECK(cpu_time_text(5, 100) == "0:00.50");
  CHECK(cpu_time_text(50, 100) == "0:00.50");
  CHECK(cpu_time_text(277, 100) == "0:02.77");
  CHECK(cpu_time_text(6'000 * 59 + 5'999, 100) == "59:59.99");
  CHECK(cpu_time_text(6'000 * 61 + 300, 100) == "1:03.0");
  CHECK(cpu_time_text(1, 1000) == "0:00.10");
}

TEST_CASE("processor time counts the children that were waited for") {
  ProcessReading parent = sleeper();
  parent.stat.utime = 100;
  parent.stat.stime = 20;
  parent.stat.cutime = 3;
  parent.stat.cstime = 5000;
  CHECK(*process_info(parent, machine, now, {}, {}).find("ctime") == Value("0:51.23"));
}

TEST_CASE("the program's name is the base of the first word of the first argument") {
  using namespace std::string_view_literals;
  CHECK(program_name("/usr/bin/python3\0-m\0http.server\0"sv) == "python3");
  CHECK(program_name("sleep\0/usr/bin\0"sv) == "sleep");
  CHECK(program_name("nginx: master process /usr/sbin/nginx"sv) == "nginx:");
  CHECK(program_name("  padded  "sv) == "padded");
  CHECK(program_name("-bash\0"sv) == "-bash");
  CHECK(program_name(""sv) == "N/A");
  CHECK(program_name("\0\0"sv) == "N/A");
  CHECK(program_name("\0hidden"sv) == "N/A");
  CHECK(program_name("/"sv) == "N/A");
  CHECK(program_name("   \0x"sv) == "N/A");
}

TEST_CASE("the first question about a process finds no use and the next the share since then") {
  CpuSamples samples;
  CHECK(samples.percent(busy(1000, 1000), 100, t0) == 0);
  CHECK(samples.percent(busy(1040, 1010), 100, t0 + 1s) == 50.0);
  CHECK(samples.percent(busy(1040, 1010), 100, t0 + 2s) == 0);
  CHECK(samples.percent(busy(1340, 1110), 100, t0 + 3s) == 400.0);
  CHECK(samples.percent(busy(1341, 1110), 100, t0 + 6s) == 0.3);
}

TEST_CASE("the children's time of a process is not its own use") {
  CpuSamples samples;
  auto stat = busy(0, 0);
  samples.percent(stat, 100, t0);
  stat.cutime = stat.cstime = 500;
  CHECK(samples.percent(stat, 100, t0 + 1s) == 0);
}

TEST_CASE("another process under an old pid starts from nothing") {
  CpuSamples samples;
  samples.percent(busy(1000, 0, 7), 100, t0);
  CHECK(samples.percent(busy(5000, 0, 8), 100, t0 + 1s) == 0);
  CHECK(samples.percent(busy(5050, 0, 8), 100, t0 + 2s) == 50.0);
  CHECK(samples.size() == 1);
}

TEST_CASE("a question right after another gets the same answer and does not spoil the next") {
  CpuSamples samples;
  samples.percent(busy(0, 0), 100, t0);
  CHECK(samples.percent(busy(50, 0), 100, t0 + 1s) == 50.0);
  CHECK(samples.percent(busy(51, 0), 100, t0 + 1s + 1ms) == 50.0);
  CHECK(samples.percent(busy(70, 0), 100, t0 + 2s) == 20.0);
}

TEST_CASE("a count that goes back is no use") {
  CpuSamples samples;
  samples.percent(busy(100, 0), 100, t0);
  CHECK(samples.percent(busy(99, 0), 100, t0 + 1s) == 0);
}

TEST_CASE("processes that are gone are forgotten") {
  CpuSamples samples;
  for (int pid = 1; pid <= 1000; ++pid) samples.percent({.pid = pid, .start_time = 7}, 100, t0);
  CHECK(samples.size() == 1000);
  samples.drop_gone([](int pid) { return pid == 3 || pid == 4; });
  CHECK(samples.size() == 2);
}
