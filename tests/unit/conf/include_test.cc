#include <doctest/doctest.h>

#include "tests/unit/conf/loaded.h"

using namespace troupe;
using namespace troupe::conf;

namespace {

using Lines = std::vector<std::string>;

Loaded load_files(std::map<std::string, std::string> files) {
  MapFiles source;
  source.files = std::move(files);
  return load("etc/a.ini", source, test_environment());
}

Lines names_of(const Loaded& loaded) {
  Lines names;
  for (const WatcherConfig& watcher : loaded.config.watchers)
    names.push_back(watcher.name + " " + watcher.cmd);
  return names;
}

}  // namespace

TEST_CASE("a file where a folder is to be named is told") {
  MapFiles files;
  files.files["etc/a.ini"] = "[troupe]\ninclude_dir = b.ini\n[watcher:w]\ncmd = sleep\n";
  files.files["etc/b.ini"] = "[watcher:v]\ncmd = sleep\n";
  CHECK(lines_of(load("etc/a.ini", files, test_environment())) ==
        std::vector<std::string>{
            "etc/a.ini:2: error: include_dir: 'b.ini' is a file and no folder; write include = b.ini"});
}

TEST_CASE("includes are found beside the main file, and the main file beats them") {
  const Loaded loaded = load_files({
      {"etc/a.ini", "[troupe]\ninclude = b.ini c*.ini\ninclude_dir = conf.d\n[watcher:x]\ncmd = main\n"},
      {"etc/b.ini", "[watcher:x]\ncmd = b\nnumprocesses = 2\n[watcher:y]\ncmd = b\n"},
      {"etc/c1.ini", "[watcher:y]\ncmd = c1\n[watcher:z]\ncmd = c1\n"},
      {"etc/conf.d/1.ini", "[watcher:d]\ncmd = 1\n"},
      {"etc/conf.d/2.txt", "[watcher:e]\ncmd = 2\n"},
  });
  CHECK(lines_of(loaded).empty());
  CHECK(names_of(loaded) == Lines{"d 1", "x main", "y b", "z c1"});
  CHECK(loaded.config.watchers[1].numprocesses == 2);
}

TEST_CASE("problems in an include name that file") {
  const Loaded loaded = load_files({
      {"etc/a.ini", "[troupe]\ninclude = b.ini\n"},
      {"etc/b.ini", "[watcher:x]\ncmd = b\nshell = maybe\n"},
  });
  CHECK(lines_of(loaded) ==
        Lines{"etc/b.ini:3: error: shell: 'maybe' is not a boolean: yes, true, on, 1, no, "
              "false, off, 0"});
}

TEST_CASE("an include that is not there is an error under [troupe] and a warning under [circus]") {
  CHECK(lines_of(load_files({{"etc/a.ini", "[troupe]\ninclude = nope.ini\n"}})) ==
        Lines{"etc/a.ini:2: error: include: nothing matches 'nope.ini'"});
  CHECK(lines_of(load_files({{"etc/a.ini", "[circus]\ninclude = nope.ini\n"}})) ==
        Lines{"etc/a.ini:2: warning: include: nothing matches 'nope.ini'"});
  CHECK(lines_of(load_files({{"etc/a.ini", "[troupe]\ninclude = n*.ini\ninclude_dir = none\n"}})) ==
        Lines{"etc/a.ini:2: warning: include: nothing matches 'n*.ini'",
              "etc/a.ini:3: warning: include_dir: nothing matches 'none'"});
}

TEST_CASE("a file that includes itself is told, but a pattern may match it") {
  CHECK(lines_of(load_files({{"etc/a.ini", "[troupe]\ninclude = a.ini\n"}})) ==
        Lines{"etc/a.ini:2: error: include: the file includes itself"});
  CHECK(lines_of(load_files({{"etc/a.ini", "[circus]\ninclude = a.ini\n"}})) ==
        Lines{"etc/a.ini:2: warning: include: the file includes itself"});
  const Loaded loaded = load_files({
      {"etc/a.ini", "[troupe]\ninclude = *.ini\n[watcher:x]\ncmd = main\n"},
      {"etc/b.ini", "[watcher:y]\ncmd = b\n"},
  });
  CHECK(lines_of(loaded).empty());
  CHECK(names_of(loaded) == Lines{"x main", "y b"});
}

TEST_CASE("includes of includes are not followed, so there is no cycle") {
  const Loaded loaded = load_files({
      {"etc/a.ini", "[troupe]\ninclude = b.ini\n"},
      {"etc/b.ini", "[troupe]\ninclude = a.ini\n[watcher:x]\ncmd = b\n"},
  });
  CHECK(lines_of(loaded) == Lines{"etc/b.ini:2: error: include in an included file is not followed"});
  CHECK(names_of(loaded) == Lines{"x b"});
}

TEST_CASE("a file that is matched twice is read once") {
  const Loaded loaded = load_files({
      {"etc/a.ini", "[troupe]\ninclude = b.ini *.ini b.ini\n"},
      {"etc/b.ini", "[watcher:x]\ncmd = b\n"},
  });
  CHECK(lines_of(loaded).empty());
  CHECK(names_of(loaded) == Lines{"x b"});
}

TEST_CASE("an include with the other root section is refused") {
  const Loaded loaded = load_files({
      {"etc/a.ini", "[troupe]\ninclude = b.ini\n"},
      {"etc/b.ini", "[circus]\ncheck_delay = 1\n"},
  });
  CHECK(lines_of(loaded) ==
        Lines{"etc/b.ini:1: error: [circus] beside [troupe], which stands in etc/a.ini:1; "
              "there must be one of them"});
}

TEST_CASE("variables work in the names of includes") {
  const Loaded loaded = load_files({
      {"etc/a.ini", "[troupe]\ninclude = $(circus.env.WHERE)/b.ini /abs/c.ini\n[env]\nWHERE = sub\n"},
      {"etc/sub/b.ini", "[watcher:x]\ncmd = b\n"},
      {"/abs/c.ini", "[watcher:y]\ncmd = c\n"},
  });
  CHECK(lines_of(loaded).empty());
  CHECK(names_of(loaded) == Lines{"x b", "y c"});
}
