#include "lib/conf/load.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/conf/loaded.h"

using namespace troupe;
using namespace troupe::conf;

namespace {

using Lines = std::vector<std::string>;

const WatcherConfig& watcher(const Loaded& loaded, std::string_view name) {
  for (const WatcherConfig& config : loaded.config.watchers) {
    if (config.name == name) return config;
  }
  FAIL("no watcher " << name);
  return loaded.config.watchers.front();
}

std::string free_option(const WatcherConfig& config, std::string_view key) {
  for (const auto& [free, text] : config.free) {
    if (free == key) return text;
  }
  return "<missing>";
}

}  // namespace

TEST_CASE("a small file under [troupe] has our defaults") {
  const Loaded loaded = load_text("[troupe]\n[watcher:web]\ncmd = sleep 1\n");
  CHECK(lines_of(loaded).empty());
  const ArbiterConfig& arbiter = loaded.config.arbiter;
  CHECK(arbiter.dialect == Dialect::troupe);
  CHECK(arbiter.endpoint == "ipc:///run/troupe/control");
  CHECK(arbiter.pubsub_endpoint == "ipc:///run/troupe/events");
  CHECK(arbiter.stats_endpoint == "ipc:///run/troupe/stats");
  CHECK(arbiter.run_dir == "/run/troupe");
  REQUIRE(loaded.config.watchers.size() == 1);
  WatcherConfig expected;
  expected.name = "web";
  expected.cmd = "sleep 1";
  expected.origin = {"a.ini", 2};
  CHECK(loaded.config.watchers[0] == expected);
}

TEST_CASE("a file under [circus] has the endpoints of Circus") {
  const Loaded loaded = load_text("[circus]\ncheck_delay = 5\n[watcher:web]\ncmd = sleep 1\n");
  CHECK(lines_of(loaded).empty());
  CHECK(loaded.config.arbiter.dialect == Dialect::circus);
  CHECK(loaded.config.arbiter.endpoint == "tcp://127.0.0.1:5555");
  CHECK(loaded.config.arbiter.pubsub_endpoint == "tcp://127.0.0.1:5556");
  CHECK(loaded.config.arbiter.stats_endpoint == "tcp://127.0.0.1:5557");
}

TEST_CASE("ten mistakes are ten lines") {
  const Loaded loaded = load_text(
      "[troupe]\n"
      "check_dealy = 5\n"
      "umask = 9\n"
      "[watcher:a]\n"
      "cmd = sh -c 'x\n"
      "numprocesses = -1\n"
      "stop_signal = TREM\n"
      "rlimit_nofil = 5\n"
      "nonsense\n"
      "[wathcer:b]\n"
      "cmd = x\n"
      "[watcher:c]\n"
      "singleton = true\n"
      "numprocesses = 2\n"
      "[watcher:A]\n"
      "cmd = x\n");
  CHECK(lines_of(loaded) == Lines{
                                "a.ini:2: error: unknown option 'check_dealy'; did you mean check_delay?",
                                "a.ini:3: error: umask: '9' is not an octal mode such as 022",
                                "a.ini:5: error: cmd: no closing quotation mark (')",
                                "a.ini:6: error: numprocesses: '-1' is below 0",
                                "a.ini:7: error: stop_signal: 'TREM' is not a signal",
                                "a.ini:8: error: rlimit_nofil: unknown limit 'nofil'; did you mean nofile?",
                                "a.ini:9: error: neither a section, nor key = value, nor a comment",
                                "a.ini:10: error: unknown section 'wathcer:b'; did you mean watcher?",
                                "a.ini:12: error: [watcher:c] has no cmd",
                                "a.ini:12: error: Cannot have 2 processes with a singleton watcher",
                                "a.ini:15: error: a second watcher named 'A' (case does not count); the "
                                "first one, in a.ini:4, counts",
                            });
  CHECK(loaded.has_errors());
}

TEST_CASE("what Circus ignores or survives is a warning in its dialect") {
  const Loaded loaded = load_text(
      "[circus]\n"
      "stream_backend = thread\nhttpd_close_outputs = true\nunheard = of\n"
      "check_dealy = 5\n"
      "[strange]\n"
      "x = 1\n"
      "[watcher:empty]\n"
      "[watcher:a]\n"
      "cmd = x\n"
      "numprocesses = -1\n"
      "[watcher:A]\n"
      "cmd = y\n");
  CHECK(lines_of(loaded) == Lines{
                                "a.ini:4: warning: unknown option 'unheard'",
                                "a.ini:5: warning: unknown option 'check_dealy'; did you mean check_delay?",
                                "a.ini:6: warning: unknown section 'strange'",
                                "a.ini:8: warning: [watcher:empty] is empty and left out",
                                "a.ini:11: warning: numprocesses: '-1' is below 0",
                                "a.ini:12: warning: a second watcher named 'A' (case does not count); the "
                                "first one, in a.ini:9, counts",
                            });
  CHECK_FALSE(loaded.has_errors());
  REQUIRE(loaded.config.watchers.size() == 1);
  CHECK(loaded.config.watchers[0].numprocesses == 0);
}

TEST_CASE("what stops Circus is an error in its dialect") {
  const Loaded loaded = load_text(
      "[circus]\n"
      "check_delay = soon\n"
      "warmup_delay = x\n"
      "[watcher:a]\n"
      "cmd = x\n"
      "numprocesses = many\n"
      "shell = maybe\n"
      "stop_signal = NOPE\n"
      "stdout_stream = FileStream\n"
      "nonsense\n"
      "[plugin:p]\n"
      "x = 1\n");
  const Lines lines = lines_of(loaded);
  CHECK(lines.size() == 8);
  for (const std::string& line : lines) {
    CAPTURE(line);
    CHECK(line.find(": error: ") != std::string::npos);
  }
}

TEST_CASE("a watcher that Circus leaves out stays in its list as failed, and the others run") {
  struct Case {
    std::string_view lines, error;
  };
  constexpr Case cases[] = {
      {"cmd = x\nmax_age = x", "max_age: 'x' is not a time"},
      {"cmd = x\nsingleton = 1\nnumprocesses = 2", "Cannot have 2 processes with a singleton watcher"},
      {"cmd = x\ncopy_path = 1", "copy_env and copy_path must have the same value"},
      {"cmd = x\nvirtualenv = /v", "copy_env must be true to use virtualenv"},
      {"cmd = x\ncopy_env = 1\nvirtualenv = /v", "virtualenv: there is no /v/lib/pythonX.Y/site-packages"},
      {"cmd = x\nstdout_stream.time_format = %Y", "stdout_stream has neither a class nor a filename"},
      {"cmd = x\nrlimit_nope = 1", "rlimit_nope: unknown limit 'nope'"},
      {"cmd = x\nstdin_socket = web", "stdin_socket: there is no [socket:web]"},
      {"cmd = x\numask = 9", "umask: '9' is not an octal mode such as 022"},
      {"cmd = sh -c 'x", "cmd: no closing quotation mark (')"},
      {"numprocesses = 1", "[watcher:bad] has no cmd"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.lines);
    const std::string text = "[watcher:bad]\n" + std::string(c.lines) + "\n[watcher:good]\ncmd = y\n";
    const Loaded circus = load_text("[circus]\nx = 1\n" + text);
    CHECK_FALSE(circus.has_errors());
    REQUIRE(circus.config.watchers.size() == 2);
    CHECK(watcher(circus, "bad").error.starts_with(c.error));
    CHECK(watcher(circus, "good").error.empty());
    const Loaded troupe = load_text("[troupe]\n" + text);
    CHECK(troupe.has_errors());
    CHECK(load_text("[circus]\n" + text, true).has_errors());
  }
}

TEST_CASE("strict turns every warning into an error") {
  const std::string text = "[circus]\nnope = 1\n[watcher:a]\ncmd = x\n";
  CHECK_FALSE(load_text(text).has_errors());
  CHECK(load_text(text, true).has_errors());
}

TEST_CASE("a file that is indented as a whole is told so, line by line, before what follows from it") {
  const std::string why =
      "error: an indented line that continues nothing: sections and keys begin in the first column";
  CHECK(lines_of(load_text("  [troupe]\n  [watcher:a]\n  cmd = x\n")) ==
        Lines{"a.ini:1: " + why, "a.ini:2: " + why, "a.ini:3: " + why,
              "a.ini: error: no root section: there must be [troupe] or [circus]"});
}

TEST_CASE("a quote that a comment leaves open is told with the comment") {
  const std::string open = "a.ini:3: error: cmd: no closing quotation mark (\")";
  CHECK(lines_of(load_text("[troupe]\n[watcher:a]\ncmd = sh -c \"a ; b\"\n")) ==
        Lines{open + ": what follows a blank and ; is a comment; leave the blank out"});
  CHECK(lines_of(load_text("[troupe]\n[watcher:a]\ncmd = sh -c \"a; b\n")) == Lines{open});
  CHECK(lines_of(load_text("[troupe]\n[watcher:a]\ncmd = sh -c \"a; b\"\n")).empty());
}

TEST_CASE("a name that is not UTF-8 is told with its line and its bytes") {
  CHECK(lines_of(load_text("[troupe]\n[watcher:caf\xe9]\ncmd = x\n")) ==
        Lines{"a.ini:2: error: the name 'caf\\xe9' is not UTF-8; the watcher is left out"});
  CHECK(lines_of(load_text("[troupe]\n[watcher:gr\xc3\xbcn]\ncmd = x\n")).empty());
}

TEST_CASE("there must be exactly one root section") {
  CHECK(lines_of(load_text("[watcher:a]\ncmd = x\n")) ==
        Lines{"a.ini: error: no root section: there must be [troupe] or [circus]"});
  CHECK(
      lines_of(load_text("[troupe]\n[circus]\n")) ==
      Lines{"a.ini:2: error: [circus] beside [troupe], which stands in a.ini:1; there must be one of them"});
  CHECK(lines_of(load_text("")) ==
        Lines{"a.ini: error: no root section: there must be [troupe] or [circus]"});
}

TEST_CASE("a file that cannot be read is one line") {
  MapFiles files;
  CHECK(lines_of(load("dir/none.ini", files, test_environment())) ==
        Lines{"dir/none.ini: error: cannot read dir/none.ini: No such file or directory"});
}

TEST_CASE("unknown keys of a watcher are free options, with a word when they are nearly known") {
  const Loaded loaded = load_text(
      "[troupe]\n[watcher:a]\ncmd = x\ncolour = blue\nflapping.attempts = 4\nCmd = y\nmax_rety = 3\n"
      "env = prod\n");
  CHECK(lines_of(loaded) ==
        Lines{"a.ini:6: warning: 'Cmd' is not an option of watchers; did you mean cmd?",
              "a.ini:7: warning: 'max_rety' is not an option of watchers; did you mean max_retry?"});
  using Free = std::vector<std::pair<std::string, std::string>>;
  CHECK(
      watcher(loaded, "a").free ==
      Free{{"colour", "blue"}, {"flapping.attempts", "4"}, {"Cmd", "y"}, {"max_rety", "3"}, {"env", "prod"}});
}

TEST_CASE("the name option names the watcher, and the name in the header may hold anything") {
  const Loaded loaded =
      load_text("[troupe]\n[watcher:a]\ncmd = x\nname = b\n[watcher:c:d e]\ncmd = y\n[watcher:]\ncmd = z\n");
  REQUIRE(loaded.config.watchers.size() == 2);
  CHECK(loaded.config.watchers[0].name == "b");
  CHECK(loaded.config.watchers[1].name == "c:d e");
  CHECK(lines_of(loaded) == Lines{"a.ini:7: error: a watcher without a name: write [watcher:NAME]"});
}

TEST_CASE("watchers are sorted by name") {
  const Loaded loaded =
      load_text("[troupe]\n[watcher:b]\ncmd=x\n[plugin:a]\nuse=logger\n[watcher:a]\ncmd=x\n");
  REQUIRE(loaded.config.watchers.size() == 3);
  CHECK(loaded.config.watchers[0].name == "a");
  CHECK(loaded.config.watchers[1].name == "b");
  CHECK(loaded.config.watchers[2].name == "plugin:a");
}

TEST_CASE("[DEFAULT] gives its keys to every section that has not got them") {
  const Loaded loaded = load_text(
      "[DEFAULT]\nnumprocesses = 2\ncolour = blue\n[circus]\ncheck_delay = 1\n"
      "[watcher:a]\ncmd = x\n[watcher:b]\ncmd = x\nnumprocesses = 3\n");
  CHECK(lines_of(loaded).empty());
  CHECK(watcher(loaded, "a").numprocesses == 2);
  CHECK(watcher(loaded, "b").numprocesses == 3);
  CHECK(free_option(watcher(loaded, "b"), "colour") == "blue");
}

TEST_CASE("a mistake in [DEFAULT] is told once, not once for each section") {
  const Loaded loaded = load_text(
      "[DEFAULT]\nshell = maybe\nmax_rety = 1\n[troupe]\n[watcher:a]\ncmd = x\n[watcher:b]\ncmd = x\n");
  CHECK(lines_of(loaded) ==
        Lines{"a.ini:2: error: shell: 'maybe' is not a boolean: yes, true, on, 1, no, false, off, 0",
              "a.ini:3: warning: 'max_rety' is not an option of watchers; did you mean max_retry?"});
}

TEST_CASE("[env] is for all watchers, [env:PATTERNS] for those that match, later ones win") {
  const Loaded loaded = load_text(
      "[troupe]\n"
      "[env:web*]\nA = pattern\nX = $HOME/x\n"
      "[env]\nA = all\nB = b\nC = $NOPE $HOME ${HOME} $home\n"
      "[env:web-1]\nX = last\n"
      "[watcher:web-1]\ncmd = x\n[watcher:web-2]\ncmd = x\n[watcher:Web]\ncmd = x\n");
  CHECK(lines_of(loaded).empty());
  CHECK(watcher(loaded, "web-1").env ==
        Variables{{"A", "pattern"}, {"B", "b"}, {"C", "/home/me ${HOME} $home"}, {"X", "last"}});
  CHECK(watcher(loaded, "web-2").env.at("X") == "/home/me/x");
  CHECK(watcher(loaded, "Web").env == Variables{{"A", "all"}, {"B", "b"}, {"C", "/home/me ${HOME} $home"}});
}

TEST_CASE("variables of the environment are replaced when the file is read, also in typed options") {
  const Loaded loaded = load_text(
      "[troupe]\n"
      "pidfile = $(circus.env.HOME)/pid\n"
      "[env]\nHOME = /overlaid\nURL = http://$(troupe.env.N)\n"
      "[env:a]\nN = 9\nRAW = $(circus.env.N)\n"
      "[watcher:a]\n"
      "cmd = x $(circus.env.N) $(circus.wid) ((circus.env.HOME)) $(circus.env.NOPE)\n"
      "numprocesses = $(circus.env.N)\n"
      "free = $(circus.env.N)\n");
  CHECK(lines_of(loaded).empty());
  CHECK(loaded.config.arbiter.pidfile == "/overlaid/pid");
  const WatcherConfig& a = watcher(loaded, "a");
  CHECK(a.cmd == "x 9 $(circus.wid) /overlaid $(circus.env.NOPE)");
  CHECK(a.numprocesses == 3);  // a typed option does not see the watcher's own environment
  CHECK(free_option(a, "free") == "9");
  CHECK(a.env ==
        Variables{{"HOME", "/overlaid"}, {"URL", "http://3"}, {"N", "9"}, {"RAW", "$(circus.env.N)"}});
}

TEST_CASE("a command of 64 KiB full of semicolons is taken whole") {
  std::string cmd = "sh -c \"a";
  while (cmd.size() < 65536) cmd += " ; b;";
  cmd += "\"";
  const Loaded loaded = load_text("[troupe]\n[watcher:a]\ncmd = x;" + cmd + "\n");
  CHECK(lines_of(loaded).empty());
  CHECK(watcher(loaded, "a").cmd == "x;" + cmd);
}

TEST_CASE("a plugin is a watcher of its own kind that keeps all its keys") {
  const Loaded loaded = load_text(
      "[troupe]\n[plugin:Log]\nuse = logger\nmax_retry = 3\nfile = $(circus.env.N)\npriority = 4\n"
      "[plugin:off]\nuse = logger\nactive = False\n");
  CHECK(lines_of(loaded).empty());
  const WatcherConfig& plugin = watcher(loaded, "plugin:Log");
  CHECK(plugin.plugin == "logger");
  CHECK(plugin.singleton);
  CHECK(plugin.copy_env);
  CHECK(plugin.copy_path);
  CHECK(plugin.respawn);
  CHECK(plugin.autostart);
  CHECK(plugin.close_child_stdout);
  CHECK_FALSE(plugin.close_child_stderr);  // its complaints are to be seen; Circus hides them
  CHECK(plugin.priority == 4);
  CHECK(plugin.max_retry == 3);
  using Free = std::vector<std::pair<std::string, std::string>>;
  CHECK(plugin.free == Free{{"max_retry", "3"}, {"file", "3"}, {"priority", "4"}});
  CHECK_FALSE(watcher(loaded, "plugin:off").autostart);
}

TEST_CASE("with debug a plugin keeps the daemon's output") {
  const Loaded loaded = load_text("[troupe]\ndebug = on\n[plugin:p]\nuse = logger\n");
  CHECK_FALSE(watcher(loaded, "plugin:p").close_child_stdout);
}

TEST_CASE("a value that a plugin's watcher cannot take stops only our dialect") {
  const std::string text = "[plugin:p]\nuse = logger\nmax_age = never\n";
  CHECK(load_text("[troupe]\n" + text).has_errors());
  const Loaded circus = load_text("[circus]\n" + text);
  CHECK_FALSE(circus.has_errors());
  CHECK(watcher(circus, "plugin:p").error.empty());
  CHECK(free_option(watcher(circus, "plugin:p"), "max_age") == "never");
}

TEST_CASE("sockets are read and checked") {
  const Loaded loaded =
      load_text("[circus]\n[socket:Web]\nport = 8888\nhost = 127.0.0.1\n[socket:l]\npath = l.sock\n");
  CHECK(lines_of(loaded).empty());
  REQUIRE(loaded.config.sockets.size() == 2);
  CHECK(loaded.config.sockets[0].name == "l");
  CHECK(loaded.config.sockets[0].family == SocketFamily::local);
  CHECK(loaded.config.sockets[1].name == "web");
  CHECK(loaded.config.sockets[1].port == 8888);
  for (std::string_view bad : {"port = x", "port = 70000", "family = AF_INIT", "type = STREAM", "prot = tcp",
                               "family = AF_UNIX", "umask = 8"}) {
    CAPTURE(bad);
    CHECK(load_text("[troupe]\n[socket:s]\n" + std::string(bad) + "\n").has_errors());
    CHECK_FALSE(load_text("[circus]\n[socket:s]\n" + std::string(bad) + "\n").has_errors());
  }
}

TEST_CASE("the umask of a socket is octal, and Circus's default written out is what it is there") {
  const std::string text = "[socket:s]\npath = s.sock\n";
  CHECK(load_text("[troupe]\n" + text + "umask = 027\n").config.sockets[0].umask == 027);
  CHECK(load_text("[circus]\n" + text).config.sockets[0].umask == 010);
  const Loaded circus = load_text("[circus]\n" + text + "umask = 8\n");
  CHECK(lines_of(circus) ==
        Lines{"a.ini:4: warning: umask: 8, Circus's default as it is written there, is 010 in octal"});
  CHECK(circus.config.sockets[0].umask == 010);
}

TEST_CASE("so_reuseport of a unix socket is told and left out") {
  const std::string text = "[socket:s]\npath = s.sock\nso_reuseport = on\n";
  CHECK(load_text("[troupe]\n" + text).has_errors());
  const Loaded circus = load_text("[circus]\n" + text);
  CHECK(lines_of(circus) ==
        Lines{"a.ini:4: warning: so_reuseport: a Unix socket has no such thing; the processes share it"});
  CHECK_FALSE(circus.config.sockets[0].so_reuseport);
}

TEST_CASE("options without effect in this version are told, once each and only when they are used") {
  const Loaded loaded = load_text(
      "[circus]\nhttpd = 1\ndebug_gc = yes\nmulticast_endpoint =\nstatsd = no\n[watcher:a]\ncmd = x\n"
      "stdout_stream.class = FileStream\nstdout_stream.filename = f\nhooks.before_start = m.f\n"
      "on_demand = true\nuse_sockets = false\n");
  Lines lines = lines_of(loaded);
  CHECK(lines == Lines{
                     "a.ini:2: warning: httpd is not carried out: there is no web page",
                     "a.ini:3: warning: debug_gc has no effect: there is no garbage collector",
                 });
}

TEST_CASE("a hook whose program does not run is told, with its line") {
  for (const bool circus : {false, true}) {
    MapFiles files;
    files.not_run["/x/prepare"] = "it may not be executed";
    files.files["a.ini"] =
        std::string(circus ? "[circus]" : "[troupe]") +
        "\n[watcher:a]\ncmd = x\nhooks.before_start = /x/prepare\nhooks.after_start = m.f\n";
    const Loaded loaded = load("a.ini", files, test_environment());
    CHECK(lines_of(loaded) == Lines{std::string("a.ini:4: ") + (circus ? "warning" : "error") +
                                    ": hooks.before_start: /x/prepare: it may not be executed"});
  }
}

TEST_CASE("shell_args without shell is a slip") {
  CHECK(lines_of(load_text("[troupe]\n[watcher:a]\ncmd = x\nshell_args = y\n")) ==
        Lines{"a.ini:4: warning: shell_args without shell has no effect"});
  CHECK(lines_of(load_text("[troupe]\n[watcher:a]\ncmd = x\nshell = 1\nshell_args = y\n")).empty());
}

TEST_CASE("a watcher without a working_dir shows the daemon's folder") {
  MapFiles files;
  files.files["a.ini"] = "[troupe]\n[watcher:a]\ncmd = x\n[watcher:b]\ncmd = x\nworking_dir = /srv\n";
  Environment environment = test_environment();
  environment.cwd = "/here";
  const Loaded loaded = load("a.ini", files, environment);
  CHECK(watcher(loaded, "a").working_dir == "/here");
  CHECK(watcher(loaded, "b").working_dir == "/srv");
}

TEST_CASE("a thousand watchers load without a problem") {
  std::string text = "[troupe]\n";
  for (int i = 0; i < 1000; ++i) {
    text += "[watcher:w" + std::to_string(i) + "]\ncmd = x $(circus.wid)\ncolour = blue\n";
  }
  const Loaded loaded = load_text(text);
  CHECK(loaded.problems.empty());
  CHECK(loaded.config.watchers.size() == 1000);
}
