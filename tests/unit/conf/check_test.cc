#include <doctest/doctest.h>

#include "lib/conf/builtin_plugins.h"
#include "lib/conf/load.h"
#include "lib/conf/option_set.h"
#include "lib/conf/shown_config.h"
#include "tests/unit/conf/loaded.h"

using namespace troupe;
using namespace troupe::conf;

namespace {

using Lines = std::vector<std::string>;

Lines troupe_lines(const std::string& text) {
  return lines_of(load_text("[troupe]\n" + text));
}

/// The same under [circus]; each must be a warning.
Lines circus_lines(const std::string& text) {
  return lines_of(load_text("[circus]\n" + text));
}

Result<void> only_root(const std::string& name) {
  if (name == "root" || name == "0") return {};
  if (name == "down") return make_error(Code::system, "lookup down: Connection refused");
  return make_error(Code::not_found, "no user named " + name);
}

Lines lines_with_accounts(const std::string& text) {
  MapFiles files;
  files.files["a.ini"] = text;
  Environment environment = test_environment();
  environment.check_user = only_root;
  environment.check_group = only_root;
  return lines_of(load("a.ini", files, environment));
}

}  // namespace

TEST_CASE("a variable without its end is told, as it is not replaced") {
  const std::string in = "[watcher:w]\ncmd = sleep ";
  CHECK(troupe_lines(in + "$(circus.wid 5\n") ==
        Lines{"a.ini:3: warning: cmd: '$(circus.wid' is not replaced; its ) is missing"});
  CHECK(troupe_lines(in + "1\nargs = $(circus.wid) ((Troupe.Wid)\n") ==
        Lines{"a.ini:4: warning: args: '((Troupe.Wid' is not replaced; its )) is missing"});
  CHECK(troupe_lines(in + "$(circus.wid) $(date) ((circus.wid))\n").empty());
}

TEST_CASE("an address for discovery that is none of a group is told") {
  for (const std::string_view bad :
       {"udp://127.0.0.1:9999", "tcp://237.219.251.97:12027", "udp://237.219.251.97", "x"}) {
    CAPTURE(bad);
    const std::string text = "multicast_endpoint = " + std::string(bad) + "\n[watcher:w]\ncmd = sleep\n";
    CHECK(circus_lines(text) ==
          Lines{"a.ini:2: warning: multicast_endpoint: '" + std::string(bad) +
                "' is not udp://GROUP:PORT with a GROUP of 224.0.0.0 to 239.255.255.255; "
                "nobody is answered there"});
    CHECK(troupe_lines(text).size() == 1);
  }
  CHECK(circus_lines("multicast_endpoint = udp://239.0.0.1:1\n[watcher:w]\ncmd = sleep\n").empty());
  CHECK(circus_lines("multicast_endpoint =\n[watcher:w]\ncmd = sleep\n").empty());
}

TEST_CASE("the plugins that are built in are sorted, and their rows are found") {
  for (std::size_t i = 1; i < std::size(builtin_plugins); ++i) {
    CHECK(builtin_plugins[i - 1].name < builtin_plugins[i].name);
  }
  CHECK(find_builtin_plugin("logger")->options.size() == 3);
  CHECK_FALSE(find_builtin_plugin("loger"));
}

TEST_CASE("a plugin that is not built in is an error, with the one that was meant") {
  const Lines lines{"a.ini:3: error: use: no plugin is named 'loger'; did you mean logger?"};
  CHECK(troupe_lines("[plugin:p]\nuse = loger\n") == lines);
  CHECK(circus_lines("[plugin:p]\nuse = loger\n") == lines);  // Circus dies of it, too
}

TEST_CASE("an option that a plugin does not read is an error under [troupe]") {
  const std::string text = "[plugin:p]\nuse = logger\nfiel = x\npriorty = 2\nactive = yes\npriority = 1\n";
  CHECK(troupe_lines(text) ==
        Lines{"a.ini:4: error: unknown option 'fiel' of the plugin logger; did you mean file?",
              "a.ini:5: error: unknown option 'priorty' of the plugin logger; did you mean priority?"});
  CHECK(circus_lines(text)[0] ==
        "a.ini:4: warning: unknown option 'fiel' of the plugin logger; did you mean file?");
}

TEST_CASE("a plugin in a file must be there, and may have any option") {
  MapFiles files;
  files.files["a.ini"] = "[troupe]\n[plugin:p]\nuse = ./mine.so\nanything = 1\n";
  CHECK(lines_of(load("a.ini", files, test_environment())) ==
        Lines{"a.ini:3: error: use: there is no file './mine.so'"});
  files.files["./mine.so"] = "";
  CHECK(lines_of(load("a.ini", files, test_environment())).empty());
}

TEST_CASE("a plugin in Python is an error under [troupe], and left out under [circus]") {
  const std::string text = "[plugin:p]\nuse = circus.plugins.flapping.Flapping\n";
  const std::string why =
      "use: 'circus.plugins.flapping.Flapping' is none of the plugins that are built in, and those in Python "
      "are not run by this version";
  CHECK(troupe_lines(text) == Lines{"a.ini:3: error: " + why});
  CHECK(circus_lines(text) == Lines{"a.ini:3: warning: " + why + "; the watcher is left out"});
  CHECK(load_text("[circus]\n" + text).config.watchers.at(0).error == why);
}

TEST_CASE("a class of Circus whose plugin is built in means that plugin") {
  constexpr BuiltinPlugin rows[] = {{"ours", "", {}},
                                    {"watchdog", "", {}, "circus.plugins.watchdog.WatchDog"}};
  CHECK(find_builtin_plugin("circus.plugins.watchdog.WatchDog", rows) == &rows[1]);
  CHECK(find_builtin_plugin("watchdog", rows) == &rows[1]);
  CHECK_FALSE(find_builtin_plugin("circus.plugins.watchdog.Other", rows));
  CHECK_FALSE(find_builtin_plugin("", rows));
}

TEST_CASE("a user or group that the system does not have is told with its line") {
  CHECK(lines_with_accounts(
            "[troupe]\ngroup = nogroup\n[watcher:a]\ncmd = x\nuid = nobdy\ngid = 0\n"
            "[watcher:b]\ncmd = x\nuid = root\ngid = staf\n[plugin:p]\nuse = logger\nuid = nobdy\n") ==
        Lines{"a.ini:2: error: group: no user named nogroup", "a.ini:5: error: uid: no user named nobdy",
              "a.ini:10: error: gid: no user named staf", "a.ini:13: error: uid: no user named nobdy"});
  CHECK(lines_with_accounts("[circus]\n[watcher:a]\ncmd = x\nuid = nobdy\n") ==
        Lines{"a.ini:4: warning: uid: no user named nobdy"});
}

TEST_CASE("users that cannot be asked for are a warning") {
  CHECK(lines_with_accounts("[troupe]\n[watcher:a]\ncmd = x\nuid = down\n") ==
        Lines{"a.ini:4: warning: uid: lookup down: Connection refused"});
}

TEST_CASE("names with control characters or without end are refused") {
  CHECK(troupe_lines("[watcher:a\tb]\ncmd = x\n") ==
        Lines{"a.ini:2: error: the name 'a\\tb' has a control character in it; the watcher is left out"});
  CHECK(troupe_lines("[watcher:" + std::string(255, 'n') + "]\ncmd = x\n").empty());
  const Lines lines = troupe_lines("[watcher:" + std::string(256, 'n') + "]\ncmd = x\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("has 256 bytes; 255 is the most") != std::string::npos);
  CHECK(
      load_text("[circus]\n[watcher:a\x01]\ncmd = x\n[socket:\x7f]\nport = 1\n[plugin:\x02]\nuse = logger\n")
          .problems.size() == 3);
  CHECK(make_added_watcher("a\nb", "x", nullptr, nullptr).error().text ==
        "the name 'a\\nb' has a control character in it");
}

TEST_CASE("two watchers whose events have the same topics are told") {
  const std::string text = "[watcher:a b]\ncmd = x\n[watcher:A_B]\ncmd = x\n";
  CHECK(troupe_lines(text) ==
        Lines{"a.ini:4: error: events of 'A_B' have the same topics as those of 'a b', in "
              "a.ini:2: blanks in names become _"});
  const Loaded circus = load_text("[circus]\n" + text);
  CHECK_FALSE(circus.has_errors());
  CHECK(circus.config.watchers.size() == 2);
}

TEST_CASE("a section of variables for nobody is told") {
  const std::string text = "[watcher:web]\ncmd = x\n[env:wbe, web]\nA = 1\n[env:job*]\nA = 1\n";
  CHECK(troupe_lines(text) ==
        Lines{"a.ini:4: error: [env:wbe, web]: no watcher is named 'wbe'; did you mean web?",
              "a.ini:6: warning: [env:job*]: no watcher is named 'job*'"});
  CHECK(circus_lines(text)[0].starts_with("a.ini:4: warning: "));
}

TEST_CASE("a second socket of the same name is told") {
  CHECK(circus_lines("[socket:Web]\nport = 1\n[socket:web]\nport = 2\n")[0] ==
        "a.ini:4: warning: a second socket named 'web' (case does not count); the first one, in a.ini:2, "
        "counts");
}

TEST_CASE("a socket that a command names and nobody has is told, and one that it does not inherit") {
  CHECK(troupe_lines("[watcher:a]\ncmd = x $(circus.sockets.web)\n") ==
        Lines{"a.ini:3: error: circus.sockets.web: there is no [socket:web]"});
  const Lines lines = troupe_lines("[socket:web]\nport = 1\n[watcher:a]\ncmd = x $(circus.sockets.web)\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] ==
        "a.ini:5: warning: circus.sockets.web without use_sockets: the processes do not inherit it");
}

TEST_CASE("$WID of old files is told, as Circus does") {
  CHECK(circus_lines("[watcher:a]\ncmd = x $WID\n") ==
        Lines{"a.ini:3: warning: cmd: $WID is not replaced; write $(circus.wid)"});
}

TEST_CASE("streams are checked key by key") {
  const std::string text =
      "[watcher:a]\ncmd = x\nstdout_stream.class = FileStream\nstdout_stream.filname = y\n"
      "stdout_stream.max_bytes = much\nstdout_stream.color = red\nstderr_stream.class = FileSteam\n";
  const Lines lines = troupe_lines(text);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "a.ini:5: error: unknown option 'stdout_stream.filname'; did you mean filename?");
  CHECK(lines[1].starts_with("a.ini:6: error: stdout_stream.max_bytes: 'much'"));
  CHECK(lines[2] == "a.ini:7: warning: stdout_stream.color has no effect: FileStream does not read it");
  CHECK(lines[3] ==
        "a.ini:8: error: stderr_stream.class: no class of streams is named 'FileSteam'; did you mean "
        "FileStream?");
  const Loaded circus = load_text("[circus]\n" + text);
  CHECK_FALSE(circus.has_errors());  // Circus leaves the watcher out
  CHECK(circus.config.watchers[0].error.starts_with("stdout_stream.max_bytes: 'much'"));
}

TEST_CASE("a virtualenv puts its programs and packages before others") {
  MapFiles files;
  files.files["a.ini"] =
      "[troupe]\n[env]\nPATH = /bin\n[watcher:a]\ncmd = x\ncopy_env = 1\nvirtualenv = /v\n";
  files.files["/v/lib/python3.11/site-packages"] = "";
  files.files["/v/lib/python3.11/site-packages/more.pth"] =
      "# comment\nimport site\n/opt/lib\n/none\nlocal\n";
  files.files["/opt/lib"] = "";
  files.files["/v/lib/python3.11/site-packages/local"] = "";
  Environment environment = test_environment();
  environment.variables["PYTHONPATH"] = "/old";
  const Loaded loaded = load("a.ini", files, environment);
  CHECK(lines_of(loaded).empty());
  const WatcherConfig& a = loaded.config.watchers[0];
  CHECK(a.env.at("PATH") == "/v/bin:/bin");
  CHECK(a.env.at("PYTHONPATH") ==
        "/opt/lib:/v/lib/python3.11/site-packages/local:/old:/v/lib/python3.11/site-packages");
}

TEST_CASE("a virtualenv without packages, or with those of several versions, is told") {
  MapFiles files;
  const std::string text = "[troupe]\n[watcher:a]\ncmd = x\ncopy_env = 1\nvirtualenv = /v\n";
  files.files["a.ini"] = text;
  files.files["/v/lib/python3.9/site-packages"] = "";
  files.files["/v/lib/python3.11/site-packages"] = "";
  CHECK(
      lines_of(load("a.ini", files, test_environment())) ==
      Lines{"a.ini:5: error: virtualenv: /v has several versions of Python: /v/lib/python3.11/site-packages, "
            "/v/lib/python3.9/site-packages; set virtualenv_py_ver"});
  files.files["a.ini"] = text + "virtualenv_py_ver = 3.9\n";
  CHECK(lines_of(load("a.ini", files, test_environment())).empty());
  files.files["a.ini"] = text + "virtualenv_py_ver = 2.7\n";
  CHECK(lines_of(load("a.ini", files, test_environment())) ==
        Lines{"a.ini:5: error: virtualenv: there is no /v/lib/python2.7/site-packages"});
}

TEST_CASE("the configuration in effect is shown with the names that files use, and without secrets") {
  const Loaded loaded = load_text(
      "[circus]\n[env]\nDB_PASSWORD = hunter2\n[watcher:a]\ncmd = x\nteam = blue\nstdout_stream.filename = "
      "f\n"
      "rlimit_core = 1\nhooks.after_stop = a.b,1\n[socket:s]\nport = 1\n[plugin:p]\nuse = logger\nfile = f\n"
      "[watcher:bad]\nnumprocesses = 2\n");
  const Value whole = shown_config(loaded.config);
  CHECK(*whole.find("circus")->find("endpoint") == Value("tcp://127.0.0.1:5555"));
  CHECK(*whole.find("circus")->find("warmup_delay") == Value(0));
  const Value& a = *whole.find("watchers")->find("a");
  CHECK(*a.find("cmd") == Value("x"));
  CHECK(*a.find("autostart") == Value(true));
  CHECK(*a.find("team") == Value("blue"));
  CHECK(*a.find("rlimit_core") == Value(1));
  CHECK(*a.find("stdout_stream.filename") == Value("f"));
  CHECK(*a.find("hooks.after_stop") == Value("a.b,true"));
  CHECK(*a.find("env") == Value::object().set("DB_PASSWORD", "***"));
  CHECK_FALSE(a.find("error"));
  CHECK(*whole.find("watchers")->find("bad")->find("error") == Value("[watcher:bad] has no cmd"));
  CHECK(*whole.find("sockets")->find("s")->find("port") == Value(1));
  CHECK(*whole.find("plugins")->find("p")->find("use") == Value("logger"));
  CHECK(*whole.find("plugins")->find("p")->find("file") == Value("f"));
}
