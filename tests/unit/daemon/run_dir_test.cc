#include "daemon/run_dir.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace troupe;

namespace {

class Folder {
 public:
  Folder() { REQUIRE(mkdtemp(path_)); }
  ~Folder() {
    rmdir((at("a/b")).c_str());
    rmdir((at("a")).c_str());
    unlink((at("a")).c_str());
    rmdir(path_);
  }
  std::string at(const std::string& name) const { return std::string(path_) + "/" + name; }

 private:
  char path_[32] = "/tmp/run-dir-test.XXXXXX";
};

unsigned mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

std::string make(const std::string& path, unsigned mode) {
  REQUIRE(mkdir(path.c_str(), 0700) == 0);
  REQUIRE(chmod(path.c_str(), mode) == 0);
  return path;
}

std::string failure(const std::string& path, int group = -1) {
  const auto prepared = prepare_run_dir(path, group);
  return prepared ? "" : prepared.error().text;
}

}  // namespace

TEST_CASE("a run_dir that is missing is made with those above it, closed to others") {
  const Folder folder;
  CHECK(failure(folder.at("a/b")) == "");
  CHECK(mode_of(folder.at("a/b")) == 0700);
  CHECK(failure(folder.at("a/b")) == "");
}

TEST_CASE("a run_dir of ours that others could enter is closed") {
  const Folder folder;
  const std::string path = make(folder.at("a"), 0755);
  CHECK(failure(path) == "");
  CHECK(mode_of(path) == 0700);
  REQUIRE(chmod(path.c_str(), 0775) == 0);
  CHECK(failure(path, static_cast<int>(getegid())) == "");
  CHECK(mode_of(path) == 0750);
  CHECK(failure(path) == "");
  CHECK(mode_of(path) == 0700);
}

TEST_CASE("a folder that others share is refused and stays as it is") {
  const Folder folder;
  for (const unsigned mode : {01777U, 0777U, 0757U, 01755U}) {
    CAPTURE(mode);
    const std::string path = make(folder.at("a"), mode);
    CHECK(failure(path) ==
          "run_dir " + path + ": is shared with others; name a folder of its own, as in " + path + "/troupe");
    CHECK(failure(path, static_cast<int>(getegid())) != "");
    CHECK(mode_of(path) == mode);
    REQUIRE(rmdir(path.c_str()) == 0);
  }
  for (const std::string path : {"/tmp", "/tmp/", "/run", "/var/run/", "/", "/etc"}) {
    CAPTURE(path);
    const unsigned before = mode_of(path);
    CHECK(failure(path).find("is shared with others") != std::string::npos);
    CHECK(mode_of(path) == before);
  }
}

TEST_CASE("a link, a file and a folder of somebody else are refused") {
  const Folder folder;
  REQUIRE(symlink("/tmp", folder.at("a").c_str()) == 0);
  CHECK(failure(folder.at("a")) == "run_dir " + folder.at("a") + ": is no folder");
  CHECK(failure("/dev/null") == "run_dir /dev/null: is no folder");
  if (geteuid() == 0) {
    REQUIRE(unlink(folder.at("a").c_str()) == 0);
    const std::string path = make(folder.at("a"), 0700);
    REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
    CHECK(failure(path) == "run_dir " + path + ": belongs to uid 65534, not to 0");
  }
}

TEST_CASE("a run_dir below a folder that another user could exchange is refused") {
  const Folder folder;
  const std::string parent = make(folder.at("a"), 0777);
  CHECK(failure(parent + "/b") ==
        "run_dir " + parent + "/b: " + parent +
            " above it can be written to by everybody; close it or name a folder elsewhere");
  REQUIRE(chmod(parent.c_str(), 01777) == 0);
  CHECK(failure(parent + "/b") == "");
}

TEST_CASE("a run_dir below a folder or link of another user is refused" * doctest::skip(geteuid() != 0)) {
  const Folder folder;
  const std::string parent = make(folder.at("a"), 0755);
  REQUIRE(chown(parent.c_str(), 65534, 65534) == 0);
  CHECK(failure(parent + "/b").find(parent + " above it belongs to uid 65534") != std::string::npos);
  REQUIRE(rmdir(parent.c_str()) == 0);
  REQUIRE(symlink("/tmp", parent.c_str()) == 0);
  REQUIRE(lchown(parent.c_str(), 65534, 65534) == 0);
  CHECK(failure(parent + "/b").find(parent + " above it belongs to uid 65534") != std::string::npos);
}
