#include "lib/conf/option.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lib/conf/option_set.h"
#include "lib/conf/stream_options.h"

using namespace troupe;
using namespace troupe::conf;

namespace {

template <class Config>
void check_table(std::span<const Option<Config>> rows) {
  CHECK(
      std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (std::size_t i = 1; i < rows.size(); ++i) CHECK(rows[i - 1].name != rows[i].name);
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK_FALSE(row.doc.empty());
    CHECK(row.doc.ends_with('.'));
    CHECK_FALSE(row.type.empty());
    CHECK((row.where.file || row.where.set || row.where.get));
  }
}

/// The default of a row is written twice, in the row and in the struct; and print is the inverse of parse.
template <class Config>
void check_defaults(std::span<const Option<Config>> rows) {
  for (const auto& row : rows) {
    if (row.is_family() || !row.where.file) continue;
    CAPTURE(row.name);
    Config config;
    REQUIRE(row.parse(config, "", row.fallback));
    CHECK(config == Config());
    const auto printed = row.print(config, row.name);
    REQUIRE(printed.size() == 1);
    CHECK(printed[0].first == row.name);
    CHECK(printed[0].second == row.fallback);
  }
}

WatcherConfig parsed(std::string_view key, std::string_view text) {
  WatcherConfig config;
  const WatcherOption* row = find_watcher_option(key);
  REQUIRE(row);
  const auto result = row->parse(config, row->suffix(key), text);
  REQUIRE_MESSAGE(result.has_value(), std::string(key));
  return config;
}

std::string reason_in_file(std::string_view key, std::string_view text) {
  WatcherConfig config;
  const WatcherOption* row = find_watcher_option(key);
  REQUIRE(row);
  const auto result = row->parse(config, row->suffix(key), text);
  return result ? "good" : result.error().text;
}

std::string reason(std::string_view key, const Value& value) {
  WatcherConfig config;
  const auto result = set_option(config, key, value);
  if (result) return "good";
  CHECK(config == WatcherConfig());
  return result.error().text;
}

}  // namespace

TEST_CASE("the tables of options are sorted, unique and documented") {
  check_table(watcher_options());
  check_table(arbiter_options());
  check_table(socket_options());
  check_table(stream_options());
}

TEST_CASE("the default of every row is that of its member, and prints as it is written") {
  check_defaults(watcher_options());
  check_defaults(arbiter_options());
  check_defaults(socket_options());
  check_defaults(stream_options());
}

TEST_CASE("values print so that they parse back to the same") {
  struct Case {
    std::string_view key, text;
  };
  constexpr Case cases[] = {
      {"cmd", "sleep 1"},        {"args", "a 'b c'"},          {"numprocesses", "12"},
      {"shell", "true"},         {"graceful_timeout", "0.25"}, {"max_age", "86400"},
      {"warmup_delay", "1.5"},   {"stop_signal", "RTMIN+3"},   {"umask", "027"},
      {"uid", "www-data"},       {"rlimit_nofile", "4096"},    {"rlimit_core", "unlimited"},
      {"priority", "-3"},        {"max_retry", "-1"},          {"hooks.after_stop", "a.b,true"},
      {"working_dir", "/srv/x"}, {"stdout_stream.class", "F"}, {"restart_delay", "0.1"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.key);
    const WatcherOption* row = find_watcher_option(c.key);
    const WatcherConfig config = parsed(c.key, c.text);
    const auto printed = row->print(config, row->name);
    REQUIRE(printed.size() == 1);
    CHECK(printed[0].first == c.key);
    CHECK(printed[0].second == c.text);
    CHECK(parsed(c.key, printed[0].second) == config);
  }
}

TEST_CASE("a key finds its row: exact, of a family, or none") {
  CHECK(find_watcher_option("cmd")->name == "cmd");
  CHECK(find_watcher_option("rlimit_nofile")->name == "rlimit_*");
  CHECK(find_watcher_option("stdout_stream.filename")->name == "stdout_stream.*");
  CHECK(find_watcher_option("stdout_stream")->name == "stdout_stream");
  CHECK(find_watcher_option("hooks.before_start")->suffix("hooks.before_start") == "before_start");
  for (std::string_view none :
       {"", "Cmd", "rlimit_", "hooks.", "rlimit_*x", "hooks", "cm", "cmdd", "*", "zz"}) {
    CAPTURE(none);
    const auto* row = find_watcher_option(none);
    CHECK((row == nullptr || none == "hooks" || none == "rlimit_*x"));
  }
  CHECK(find_arbiter_option("check_delay"));
  CHECK_FALSE(find_arbiter_option("cmd"));
  CHECK(find_socket_option("path"));
  CHECK_FALSE(find_socket_option("paths"));
}

TEST_CASE("times in a file are seconds or have a unit") {
  CHECK(parsed("graceful_timeout", "2").graceful_timeout == 2s);
  CHECK(parsed("graceful_timeout", "0.5").graceful_timeout == 500ms);
  CHECK(parsed("graceful_timeout", "500ms").graceful_timeout == 500ms);
  CHECK(parsed("graceful_timeout", "30 s").graceful_timeout == 30s);
  CHECK(parsed("max_age", "2m").max_age == 120s);
  CHECK(parsed("max_age", "1h").max_age == 3600s);
  CHECK(parsed("max_age", "1d").max_age == 86400s);
  for (std::string_view bad : {"", "s", "x", "1x", "1 2", "--1", "nan", "inf", "1e", "30seconds", "."}) {
    CAPTURE(bad);
    CHECK(reason_in_file("graceful_timeout", bad).find("is not a time") != std::string::npos);
  }
  CHECK(reason_in_file("graceful_timeout", "-1") == "'-1' is below 0");
  CHECK(reason_in_file("graceful_timeout", "1e300") == "'1e300' is too long");
}

TEST_CASE("a file's values are checked by their type") {
  CHECK(reason_in_file("numprocesses", "many") == "'many' is not an integer");
  CHECK(reason_in_file("numprocesses", "1.5") == "'1.5' is not an integer");
  CHECK(reason_in_file("numprocesses", "-2") == "'-2' is below 0");
  CHECK(reason_in_file("numprocesses", "3000000000") == "'3000000000' is above 100000");
  CHECK(reason_in_file("numprocesses", "100000") == "good");
  CHECK(reason_in_file("numprocesses", "100001") == "'100001' is above 100000");
  CHECK(reason_in_file("numprocesses", "99999999999999999999") == "'99999999999999999999' is not an integer");
  CHECK(reason_in_file("shell", "maybe") == "'maybe' is not a boolean: yes, true, on, 1, no, false, off, 0");
  CHECK(reason_in_file("stop_signal", "TREM") == "'TREM' is not a signal");
  CHECK(reason_in_file("stop_signal", "999") == "'999' is no signal of this system");
  CHECK(reason_in_file("rlimit_nofiles", "1") == "unknown limit 'nofiles'; did you mean nofile?");
  CHECK(reason_in_file("rlimit_nofile", "x") == "'x' is not an integer, nor empty for no limit");
  CHECK(reason_in_file("umask", "088") == "'088' is not an octal mode such as 022");
  CHECK(reason_in_file("umask", "-1") == "'-1' is not an octal mode such as 022");
  CHECK(reason_in_file("umask", "1777") == "'1777' is not an octal mode such as 022");
  CHECK(reason_in_file("hooks.before_strat", "a.b") ==
        "unknown hook 'before_strat'; did you mean before_start?");
  CHECK(reason_in_file("hooks.before_start", "a.b,maybe").find("is not a hook") != std::string::npos);
  CHECK(parsed("shell", "ON").shell);
  CHECK(parsed("stop_signal", "sigint").stop_signal == 2);
  CHECK(parsed("rlimit_NOFILE", "64").rlimits.at("nofile") == 64);
  CHECK(parsed("rlimit_core", "").rlimits.at("core") == std::nullopt);
  CHECK(parsed("umask", "022").umask == 022);
}

TEST_CASE("set refuses wrong values with Circus's reasons and changes nothing") {
  CHECK(reason("nope", 1) == "unknown key 'nope'");
  CHECK(reason("use_sockets", true) == "unknown key 'use_sockets'");
  CHECK(reason("stdout_stream_conf", Value::object()) == "unknown key 'stdout_stream_conf'");
  for (std::string_view key : {"numprocesses", "max_retry", "max_age", "max_age_variance", "stop_signal"}) {
    CHECK(reason(key, "2") == "'" + std::string(key) + "' isn't an integer");
    CHECK(reason(key, 1.5) == "'" + std::string(key) + "' isn't an integer");
  }
  CHECK(reason("stop_signal", "INT") == "'stop_signal' isn't an integer");
  for (std::string_view key : {"warmup_delay", "retry_in", "graceful_timeout"}) {
    CHECK(reason(key, "1") == "'" + std::string(key) + "' isn't a number");
    CHECK(reason(key, true) == "'" + std::string(key) + "' isn't a number");
    CHECK(reason(key, 1) == "good");
    CHECK(reason(key, 0.5) == "good");
  }
  CHECK(reason("uid", 1.5) == "'uid' isn't an integer or string");
  CHECK(reason("gid", Value::array()) == "'gid' isn't an integer or string");
  for (std::string_view key : {"send_hup", "shell", "copy_env", "respawn", "stop_children",
                               "close_child_stdin", "close_child_stdout", "close_child_stderr"}) {
    CHECK(reason(key, "yes") == "'" + std::string(key) + "' isn't a valid boolean");
    CHECK(reason(key, 1) == "'" + std::string(key) + "' isn't a valid boolean");
  }
  CHECK(reason("env", "A=1") == "'env' isn't a valid object");
  CHECK(reason("env", Value::object().set("A", 2)) == "'A' isn't a string");
  CHECK(reason("rlimit_nope", 2) == "'rlimit_nope' isn't a valid rlimit setting");
  CHECK(reason("rlimit_core", "x") == "'x' rlimit value isn't a valid int");
  CHECK(reason("rlimit_core", 1.5) == "1.5 rlimit value isn't a valid int");
  CHECK(reason("hooks", Value::object().set("nope", "a.b")) == "Unknown hook {'nope': 'a.b'}");
  CHECK(reason("hooks", "a.b") == "'a.b' isn't a valid hook dict");
  CHECK(reason("stdout_stream", 1) == "'stdout_stream' isn't a valid object");
  CHECK(reason("stderr_stream", Value::object().set("filename", "f")) ==
        "'stderr_stream' must have a 'class' key");
  CHECK(reason("cmd", 1) == "'cmd' isn't a string");
  CHECK(reason("args", Value::array().push(1)) == "'args' isn't a string or a list of strings");
  CHECK(reason("umask", 18) == "'umask' isn't octal text such as \"022\"");
}

TEST_CASE("set changes the option and tells when that takes effect") {
  WatcherConfig config;
  CHECK(*set_option(config, "numprocesses", 3) == Apply::live);
  CHECK(*set_option(config, "cmd", "sleep 2") == Apply::respawn);
  CHECK(*set_option(config, "graceful_timeout", 1.5) == Apply::live);
  CHECK(*set_option(config, "rlimit_core", nullptr) == Apply::respawn);
  CHECK(*set_option(config, "rlimit_nofile", 100) == Apply::respawn);
  CHECK(*set_option(config, "uid", 1000) == Apply::respawn);
  CHECK(*set_option(config, "env", Value::object().set("B", "2")) == Apply::respawn);
  CHECK(*set_option(config, "args", Value::array().push("a b").push("c")) == Apply::respawn);
  CHECK(*set_option(config, "hooks.before_start", "m.f,true") == Apply::live);
  CHECK(config.numprocesses == 3);
  CHECK(config.cmd == "sleep 2");
  CHECK(config.graceful_timeout == 1500ms);
  CHECK(config.rlimits ==
        std::map<std::string, std::optional<std::int64_t>>{{"core", std::nullopt}, {"nofile", 100}});
  CHECK(config.uid == "1000");
  CHECK(config.env == std::map<std::string, std::string>{{"B", "2"}});
  CHECK(config.args == ArgsOption{"", {"a b", "c"}, true});
  CHECK(config.hooks.at("before_start") == HookConfig{"m.f", true});
  CHECK(*set_option(config, "numprocesses", -1) == Apply::live);
  CHECK(config.numprocesses == 0);
  CHECK(set_option(config, "numprocesses", Value(std::int64_t{1} << 40)).error().code == Code::invalid);
}

TEST_CASE("a command that could never be started is refused") {
  WatcherConfig config;
  config.cmd = "sleep 1";
  CHECK(set_option(config, "cmd", " ").error().text == "'cmd' is empty");
  CHECK(set_option(config, "cmd", "sleep '1").error().text == "'cmd': no closing quotation mark (')");
  CHECK(set_option(config, "args", "\"x").error().text == "'args': no closing quotation mark (\")");
  CHECK(config.cmd == "sleep 1");
}

TEST_CASE("a NUL byte and a variable that can have no such name are refused") {
  using namespace std::string_literals;
  WatcherConfig config;
  const auto reason = [&](std::string_view key, const Value& value) {
    const auto set = set_option(config, key, value);
    return set ? "taken" : set.error().text;
  };
  CHECK(reason("cmd", "x\0y"s) == "'cmd' has a NUL byte in it");
  CHECK(reason("args", Value::Array{"a", "b\0"s}) == "'args' has a NUL byte in it");
  CHECK(reason("working_dir", "/a\0b"s) == "'working_dir' has a NUL byte in it");
  CHECK(reason("env", Value::Object{{"A\0"s, "x"}}) == "'env' has a NUL byte in it");
  CHECK(reason("env", Value::Object{{"A=B", "x"}}) ==
        "'env' has the variable 'A=B': there can be no = in a name");
  CHECK(reason("env", Value::Object{{"", "x"}}) == "'env' has a variable without a name");
  CHECK(config == WatcherConfig());
  const auto added = [](std::string_view name, std::string_view cmd) {
    const auto made = make_added_watcher(name, cmd, {}, {});
    return made ? "made" : made.error().text;
  };
  CHECK(added("web", "") == "'cmd' is empty");
  CHECK(added("web", " ") == "'cmd' is empty");
  CHECK(added("web", "a\0"s) == "'cmd' has a NUL byte in it");
  CHECK(added("", "x") == "the name is empty: a name has 1 to 255 bytes");
  CHECK(added("caf\xe9", "x") == "the name 'caf\\xe9' is not UTF-8");
}

TEST_CASE("secrets on a command line are masked, and nothing else of it is changed") {
  CHECK(masked_command("prog  --port=80 'a b'") == "prog  --port=80 'a b'");
  CHECK(masked_command("prog --password=x -v") == "prog --password=*** -v");
  CHECK(masked_command("prog --token abc --verbose") == "prog --token *** --verbose");
  CHECK(masked_command("prog --token --verbose") == "prog --token --verbose");
  CHECK(masked_command("env DB_PASSWORD='a b' prog 'c d'") == "env DB_PASSWORD=*** prog 'c d'");
  CHECK(masked_command("sh -c \"curl --api_key=k x\"") == "sh -c 'curl --api_key=*** x'");
  CHECK(masked_command("prog --password=") == "prog --password=");
  CHECK(masked_command("prog 'open") == "prog 'open");
}

TEST_CASE("times of the wire are kept within what a timer can wait for") {
  WatcherConfig config;
  CHECK(set_option(config, "graceful_timeout", 1e300));
  CHECK(config.graceful_timeout == std::chrono::hours(24 * 366 * 100));
  CHECK(set_option(config, "graceful_timeout", -5).error().text == "'graceful_timeout' is negative");
}

TEST_CASE("several options are set together or not at all") {
  WatcherConfig config;
  CHECK(*set_options(config, Value::object().set("numprocesses", 2).set("cmd", "x")) == Apply::respawn);
  CHECK(*set_options(config, Value::object()) == Apply::live);
  const WatcherConfig before = config;
  CHECK_FALSE(set_options(config, Value::object().set("cmd", "y").set("nope", 1)));
  CHECK(config == before);
  CHECK(set_options(config, Value::array()).error().text == "'options' property should be an object");
}

TEST_CASE("a singleton has one process at most") {
  WatcherConfig config;
  config.singleton = true;
  const auto set = set_option(config, "numprocesses", 2);
  CHECK(set.error() == Error{Code::refused, "Singleton watcher has a single process"});
  const auto added =
      make_added_watcher("x", "y", nullptr, Value::object().set("numprocesses", 2).set("singleton", true));
  CHECK(added.error() == set.error());
  CHECK(set_options(config, Value::object().set("numprocesses", 3).set("singleton", false)));
  CHECK(set_option(config, "singleton", true).error() == set.error());
  CHECK(config.numprocesses == 3);
}

TEST_CASE("add makes a watcher of the defaults and its options") {
  const auto added = make_added_watcher(
      "Added2", "sleep", Value::array().push("611"),
      Value::object()
          .set("numprocesses", 2)
          .set("hooks",
               Value::object().set("before_start", Value::array().push("wirehooks.good").push(true))));
  REQUIRE(added);
  CHECK(added->name == "Added2");
  CHECK(added->cmd == "sleep");
  CHECK(added->args.words == std::vector<std::string>{"611"});
  CHECK(added->numprocesses == 2);
  CHECK(added->hooks.at("before_start") == HookConfig{"wirehooks.good", true});
  CHECK(make_added_watcher("x", "y", nullptr, nullptr)->args == ArgsOption());
  CHECK(make_added_watcher("x", "y", nullptr, Value::array()).error().text ==
        "'options' property should be an object");
}

TEST_CASE("options shows every key that Circus shows, with its types") {
  WatcherConfig config;
  config.cmd = "sleep";
  config.args.text = "600";
  config.numprocesses = 2;
  config.graceful_timeout = 2s;
  config.working_dir = "WORKDIR";
  config.free = {{"colour", "blue"}, {"flapping.attempts", "4"}};
  const Value shown = all_options(config);
  // Taken from a running Circus.
  const Value circus = Value::object()
                           .set("args", "600")
                           .set("close_child_stderr", false)
                           .set("close_child_stdin", true)
                           .set("close_child_stdout", false)
                           .set("cmd", "sleep")
                           .set("colour", "blue")
                           .set("copy_env", false)
                           .set("env", Value::object())
                           .set("executable", nullptr)
                           .set("flapping.attempts", "4")
                           .set("gid", nullptr)
                           .set("graceful_timeout", 2.0)
                           .set("max_age", 0)
                           .set("max_age_variance", 30)
                           .set("max_retry", 5)
                           .set("numprocesses", 2)
                           .set("on_demand", false)
                           .set("priority", 0)
                           .set("respawn", true)
                           .set("send_hup", false)
                           .set("shell", false)
                           .set("shell_args", nullptr)
                           .set("singleton", false)
                           .set("stderr_stream_conf", Value::object())
                           .set("stdout_stream_conf", Value::object())
                           .set("stop_children", false)
                           .set("stop_signal", 15)
                           .set("uid", nullptr)
                           .set("use_sockets", false)
                           .set("warmup_delay", 0)
                           .set("working_dir", "WORKDIR");
  for (const Member& member : *circus.as_object()) {
    CAPTURE(member.key);
    REQUIRE(shown.find(member.key));
    CHECK(*shown.find(member.key) == member.value);
    CHECK(get_option(config, member.key) == member.value);
  }
  const auto& all = *shown.as_object();
  CHECK(
      std::is_sorted(all.begin(), all.end(), [](const Member& a, const Member& b) { return a.key < b.key; }));
  CHECK_FALSE(shown.find("__name__"));
  CHECK_FALSE(shown.find("name"));
}

TEST_CASE("what was set is shown as Circus shows it") {
  WatcherConfig config;
  REQUIRE(set_option(config, "warmup_delay", 0.1));
  REQUIRE(set_option(config, "uid", "33"));
  REQUIRE(set_option(config, "stdout_stream.filename", "logged.out"));
  REQUIRE(set_option(config, "rlimit_core", nullptr));
  CHECK(get_option(config, "warmup_delay") == Value(0.1));
  CHECK(get_option(config, "uid") == Value(33));
  CHECK(get_option(config, "stdout_stream_conf") == Value::object().set("filename", "logged.out"));
  CHECK(get_option(config, "rlimit_core") == Value());
  CHECK(get_option(config, "rlimit_nofile") == std::nullopt);
  CHECK(get_option(config, "nope") == std::nullopt);
  REQUIRE(set_option(config, "args", Value::array().push("611")));
  CHECK(get_option(config, "args") == Value::array().push("611"));
}

TEST_CASE("secrets are masked in options and not in get") {
  WatcherConfig config;
  config.env = {{"DB_PASSWORD", "hunter2"}, {"HOST", "db"}, {"API_KEY", "k"}, {"EMPTY_TOKEN", ""}};
  config.free = {{"github_token", "t0ken"}, {"colour", "blue"}, {"Client-Secret", "s"}};
  const Value shown = all_options(config);
  CHECK(*shown.find("env") == Value::object()
                                  .set("API_KEY", "***")
                                  .set("DB_PASSWORD", "***")
                                  .set("EMPTY_TOKEN", "")
                                  .set("HOST", "db"));
  CHECK(*shown.find("github_token") == Value("***"));
  CHECK(*shown.find("Client-Secret") == Value("***"));
  CHECK(*shown.find("colour") == Value("blue"));
  CHECK(get_option(config, "github_token") == Value("t0ken"));
}

TEST_CASE("a free option that is named like an option is shown once") {
  WatcherConfig config;
  config.free = {{"max_retry", "7"}};
  int count = 0;
  const Value shown = all_options(config);
  for (const Member& member : *shown.as_object()) count += member.key == "max_retry";
  CHECK(count == 1);
  CHECK(*shown.find("max_retry") == Value(5));
}

TEST_CASE("globaloptions shows the five options of Circus") {
  ArbiterConfig config;
  config.endpoint = "tcp://127.0.0.1:5555";
  config.check_delay = 1;
  const Value all = all_options(config);
  CHECK(all == Value::object()
                   .set("check_delay", 1.0)
                   .set("endpoint", "tcp://127.0.0.1:5555")
                   .set("multicast_endpoint", "")
                   .set("pubsub_endpoint", "")
                   .set("stats_endpoint", ""));
  CHECK(get_option(config, "check_delay") == Value(1.0));
  CHECK(get_option(config, "pidfile") == std::nullopt);
  CHECK(get_option(config, "nope") == std::nullopt);
}

TEST_CASE("words of the command line become the values that set wants") {
  const auto convert = [](std::string_view key, std::string_view text) {
    return find_watcher_option(key)->convert(text);
  };
  CHECK(convert("numprocesses", "3") == Value(3));
  CHECK(convert("graceful_timeout", "2") == Value(2.0));
  CHECK(convert("graceful_timeout", "500ms") == Value(0.5));
  CHECK(convert("max_age", "1m") == Value(60));
  CHECK(convert("shell", "yes") == Value(true));
  CHECK(convert("stop_signal", "int") == Value(2));
  CHECK(convert("rlimit_core", "") == Value());
  CHECK(convert("rlimit_core", "5") == Value(5));
  CHECK(convert("env", "A=1,B=x=y") == Value::object().set("A", "1").set("B", "x=y"));
  CHECK(convert("cmd", "sleep 1") == Value("sleep 1"));
  CHECK(convert("numprocesses", "x") == Value("x"));
}

TEST_CASE("a watcher of more processes than a machine runs is refused on the wire") {
  WatcherConfig config;
  const auto set = set_option(config, "numprocesses", Value(2000000000));
  REQUIRE(!set);
  CHECK(set.error().code == Code::invalid);
  CHECK(set.error().text == "'numprocesses' isn't an integer of at most 100000");
  CHECK(config.numprocesses == 1);
  CHECK(set_option(config, "numprocesses", Value(100000)));
}

TEST_CASE("what counts only from a new start of the daemon is told when it changes, includes are not") {
  ArbiterConfig before, after;
  CHECK(changed_options(before, after).empty());
  after.endpoint = "tcp://127.0.0.1:1";
  after.run_dir = "/elsewhere";
  after.event_ring = 1 << 20;
  after.umask = 022;
  after.include = "more.ini";
  after.include_dir = "more";
  CHECK(changed_options(before, after) ==
        std::vector<std::string_view>{"endpoint", "event_ring", "run_dir", "umask"});
  CHECK(option_text(after, "event_ring") == "1M");
  CHECK(option_text(before, "umask") == "");
  CHECK(option_text(after, "nope") == "");
}

TEST_CASE(
    "a number that is out of range reaches the daemon as a number, so that its reason is the true one") {
  CHECK(find_watcher_option("graceful_timeout")->convert("-1") == Value(-1.0));
  CHECK(find_watcher_option("graceful_timeout")->convert("1e308") == Value(1e308));
  CHECK(find_watcher_option("graceful_timeout")->convert("2m") == Value(120.0));
  CHECK(find_watcher_option("graceful_timeout")->convert("soon") == Value("soon"));
}
