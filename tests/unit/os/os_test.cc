#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>

#include "lib/os/cgroup.h"
#include "lib/os/child_list.h"
#include "lib/os/fd.h"
#include "lib/os/local_accounts.h"
#include "lib/os/local_hosts.h"
#include "lib/os/pidfd.h"
#include "lib/os/proc_children.h"
#include "lib/os/proc_table.h"
#include "lib/os/prompt_write.h"
#include "lib/os/rlimits.h"
#include "lib/os/signals.h"
#include "lib/os/system_error.h"
#include "lib/os/users.h"

using namespace troupe;

namespace {

pid_t start_child() {
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
  return pid;
}

void end_child(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

}  // namespace

TEST_CASE("an error of the system names the call, what it was done to and the reason") {
  CHECK(os::system_error("open", "/x", ENOENT).text == "open /x: No such file or directory");
  CHECK(os::system_error("fork", "", EAGAIN).text == "fork: Resource temporarily unavailable");
  CHECK(os::system_error("fork", "", EAGAIN).code == Code::system);
}

TEST_CASE("a descriptor is closed once, by its last owner") {
  os::Fd first(dup(0));
  const int number = first.get();
  os::Fd second(std::move(first));
  CHECK_FALSE(first);
  CHECK(second.get() == number);
  first = std::move(second);
  CHECK(fcntl(number, F_GETFD) >= 0);
  first.reset();
  CHECK(fcntl(number, F_GETFD) == -1);
  os::Fd given(dup(0));
  const int kept = given.release();
  CHECK_FALSE(given);
  CHECK(close(kept) == 0);
}

TEST_CASE("standard descriptors that are closed become /dev/null, and others stay") {
  const pid_t pid = fork();
  if (pid == 0) {
    close(0);
    close(2);
    if (!os::fill_standard_descriptors()) _exit(1);
    if (fcntl(0, F_GETFD) != 0 || fcntl(2, F_GETFD) != 0) _exit(2);
    if (!os::detach_standard_descriptors()) _exit(3);
    char target[64];
    const ssize_t size = readlink("/proc/self/fd/1", target, sizeof target);
    _exit(size == 9 && std::equal(target, target + 9, "/dev/null") ? 0 : 4);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("a limit is found by its name in any case, and no other name is one") {
  CHECK(os::find_rlimit("nofile") == static_cast<int>(RLIMIT_NOFILE));
  CHECK(os::find_rlimit("CORE") == static_cast<int>(RLIMIT_CORE));
  CHECK_FALSE(os::find_rlimit("rlimit_core"));
  CHECK_FALSE(os::find_rlimit(""));
  const auto limit = os::get_rlimit(12345);
  REQUIRE_FALSE(limit);
  CHECK(limit.error().text == "getrlimit ?: Invalid argument");
}

TEST_CASE("the descriptor limit is raised to the hard one and the former is given back") {
  const pid_t pid = fork();
  if (pid == 0) {
    const auto before = os::get_rlimit(RLIMIT_NOFILE);
    if (!before || !os::set_rlimit(RLIMIT_NOFILE, {100, before->hard})) _exit(1);
    const auto original = os::raise_descriptor_limit();
    const auto now = os::get_rlimit(RLIMIT_NOFILE);
    _exit(original && original->soft == 100 && now && now->soft == now->hard ? 0 : 2);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("users and groups are found by name and number, and strange ones are not") {
  const auto root = os::find_user("root");
  REQUIRE(root);
  CHECK(root->uid == 0);
  CHECK(root->gid == gid_t{0});
  CHECK(os::find_user("0")->name == "root");
  const auto unknown = os::find_user("3999999999");
  REQUIRE(unknown);
  CHECK(unknown->uid == 3999999999u);
  CHECK_FALSE(unknown->gid);
  CHECK(unknown->name.empty());
  CHECK(os::find_user("nosuch").error().text == "no user named nosuch");
  for (const char* bad : {"", "-1", "+0", "4294967295", "99999999999", " 0", "0x0"}) {
    CAPTURE(bad);
    CHECK_FALSE(os::find_user(bad));
    CHECK_FALSE(os::find_group(bad));
  }
  CHECK(*os::find_group("root") == 0);
  CHECK(*os::find_group("12345") == 12345);
  const auto groups = os::find_groups_of("root", 7);
  CHECK(std::find(groups.begin(), groups.end(), gid_t{7}) != groups.end());
}

TEST_CASE("own children are listed in both ways, more of them than one read holds") {
  constexpr int count = 1100;
  std::set<int> started;
  for (int i = 0; i < count; ++i) started.insert(start_child());
  std::set<int> listed;
  os::ChildList list;
  while (const int pid = list.next()) listed.insert(pid);
  CHECK(listed == started);
  const auto direct = os::direct_children(getpid());
  CHECK(std::set<int>(direct.begin(), direct.end()) == started);
  for (const int pid : started) kill(pid, SIGKILL);
  for (const int pid : started) waitpid(pid, nullptr, 0);
  CHECK(os::ChildList().next() == 0);
  CHECK(os::direct_children(getpid()).empty());
  CHECK(os::direct_children(*started.begin()).empty());
}

TEST_CASE("children are read from the list of every thread, and a process that is gone has none") {
  const std::filesystem::path proc =
      std::filesystem::temp_directory_path() / ("proc-" + std::to_string(getpid()));
  for (const char* thread : {"70", "71"}) std::filesystem::create_directories(proc / "70/task" / thread);
  std::ofstream(proc / "70/task/70/children") << "81 82 ";
  std::ofstream(proc / "70/task/71/children") << "90 ";
  std::filesystem::create_directories(proc / "72/task/72");  // as it looks when it ends while it is read
  auto found = os::listed_children(70, proc);
  REQUIRE(found);
  CHECK(std::set<int>(found->begin(), found->end()) == std::set<int>{81, 82, 90});
  CHECK(os::listed_children(72, proc) == std::vector<int>{});
  CHECK(os::listed_children(73, proc) == std::vector<int>{});
  std::filesystem::remove_all(proc);
}

TEST_CASE("a scan in pieces finds what one pass finds") {
  const int child = start_child();
  auto scan = os::ProcScan::begin();
  REQUIRE(scan);
  int pieces = 0;
  for (bool done = false; !done; ++pieces) {
    const auto more = scan->go_on(2);
    REQUIRE(more);
    done = *more;
  }
  CHECK(pieces > 1);
  const os::ProcTable table = std::move(*scan).take();
  REQUIRE(table.find(child));
  CHECK(table.find(child)->ppid == getpid());
  CHECK(table.children_of(getpid()).size() == 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_CASE("a pidfd reaches its process and no other, and tells when it is gone") {
  const pid_t pid = start_child();
  int error = -1;
  const os::Pidfd pidfd = os::Pidfd::open(pid, error);
  CHECK(error == 0);
  CHECK_FALSE(pidfd.gone());
  CHECK(pidfd.send_signal(0) == 0);
  end_child(pid);
  CHECK(pidfd.gone());
  CHECK(pidfd.send_signal(SIGKILL) == ESRCH);
  CHECK_FALSE(os::Pidfd::open(pid, error));
  CHECK(error == ESRCH);
}

TEST_CASE("signals that are watched come through the descriptor, and blocked ones wait") {
  const pid_t pid = fork();
  if (pid == 0) {
    constexpr int numbers[] = {SIGUSR1, SIGTERM};
    const auto fd = os::open_signal_fd(numbers);
    raise(SIGTERM);
    signalfd_siginfo info;
    if (!fd || read(fd->get(), &info, sizeof info) != sizeof info || info.ssi_signo != SIGTERM) _exit(1);
    {
      const os::AllSignalsBlocked blocked;
      raise(SIGUSR2);
    }
    _exit(2);  // SIGUSR2 comes at the end of the block
  }
  int status = 0;
  waitpid(pid, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGUSR2);
}

TEST_CASE("the directory of a cgroup v2 comes from the mounts and the path of the process") {
  const std::string plain =
      "25 30 0:22 / /sys rw - sysfs sysfs rw\n"
      "29 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
  CHECK(os::cgroup2_directory(plain, "0::/system.slice/troupe.service\n") ==
        "/sys/fs/cgroup/system.slice/troupe.service");
  CHECK(os::cgroup2_directory(plain, "0::/\n") == "/sys/fs/cgroup");
  const std::string hybrid =
      "31 25 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
      "32 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
  CHECK(os::cgroup2_directory(hybrid, "2:cpu:/a\n1:name=systemd:/b\n0::/c\n") == "/sys/fs/cgroup/unified/c");
  // A mount of a part of the hierarchy, and a mount point with a space.
  const std::string part = "40 25 0:26 /box /mnt/my\\040groups rw - cgroup2 none rw\n";
  CHECK(os::cgroup2_directory(part, "0::/box/inner\n") == "/mnt/my groups/inner");
  CHECK(os::cgroup2_directory(part, "0::/box\n") == "/mnt/my groups");
  CHECK_FALSE(os::cgroup2_directory(part, "0::/boxes\n"));
  CHECK(os::cgroup2_directory(part + plain, "0::/boxes\n") == "/sys/fs/cgroup/boxes");
}

TEST_CASE(
    "there is no directory of a cgroup v2 without its mount, its line, or with a path that shows nothing") {
  const std::string plain = "29 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  CHECK_FALSE(os::cgroup2_directory("", "0::/\n"));
  CHECK_FALSE(os::cgroup2_directory("29 25 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw\n", "0::/\n"));
  CHECK_FALSE(os::cgroup2_directory("cgroup2\n - cgroup2 \n1 2 - cgroup2 x\n", "0::/\n"));
  CHECK_FALSE(os::cgroup2_directory(plain, ""));
  CHECK_FALSE(os::cgroup2_directory(plain, "1:name=systemd:/b\n"));
  CHECK_FALSE(os::cgroup2_directory(plain, "0::/gone (deleted)\n"));
  CHECK_FALSE(os::cgroup2_directory(plain, "0::/../outside\n"));
}

TEST_CASE("the processes of a cgroup are its numbers, without those of another pid namespace") {
  CHECK(os::parse_cgroup_procs("12\n0\n3456\n\nx\n-4\n99999999\n") == std::vector<int>{12, 3456});
  CHECK(os::parse_cgroup_procs("").empty());
}

TEST_CASE("accounts of the files are found by whole names and numbers") {
  constexpr std::string_view text =
      "root:x:0:0:root:/root:/bin/sh\n#old:x:7:7::/:\nwww:x:33:33::/var/www:\n\nbad\n";
  CHECK(os::has_account(text, "root"));
  CHECK(os::has_account(text, "www"));
  CHECK_FALSE(os::has_account(text, "ww"));
  CHECK_FALSE(os::has_account(text, "bad"));
  CHECK(os::name_of_account(text, 33) == "www");
  CHECK_FALSE(os::name_of_account(text, 7));
  CHECK(os::find_local_user("4711") == os::Known::yes);
  CHECK(os::find_local_user("root") == os::Known::yes);
  CHECK(os::local_user_name(0) == "root");
}

TEST_CASE("the files decide who there is only where nsswitch.conf asks nobody else") {
  CHECK(os::files_decide("passwd: files\ngroup: files systemd\n", "passwd"));
  CHECK_FALSE(os::files_decide("passwd: files\ngroup: files systemd\n", "group"));
  CHECK_FALSE(os::files_decide("passwd:   files [NOTFOUND=return] ldap # and more\n", "passwd"));
  CHECK(os::files_decide("# passwd: ldap\n", "passwd"));
  CHECK(os::files_decide("", "passwd"));
}

TEST_CASE("the addresses of a host are those of its lines in /etc/hosts") {
  constexpr std::string_view text =
      "127.0.0.1\tlocalhost\n::1 localhost ip6 # localhost\n# 9.9.9.9 web\n10.0.0.7 Web db\n";
  CHECK(os::addresses_of(text, "localhost") == std::vector<std::string>{"127.0.0.1", "::1"});
  CHECK(os::addresses_of(text, "web") == std::vector<std::string>{"10.0.0.7"});
  CHECK(os::addresses_of(text, "10.0.0.7").empty());
  CHECK(os::addresses_of(text, "we").empty());
}

TEST_CASE("a pipe without room takes nothing and holds nobody, also one in blocking mode") {
  auto pipe = os::open_pipe();
  REQUIRE(pipe);
  const std::string page(4096, 'x');
  int pages = 0;
  while (os::write_promptly(pipe->write.get(), page) == 4096) ++pages;
  CHECK(errno == EAGAIN);
  CHECK(pages > 0);
  CHECK((fcntl(pipe->write.get(), F_GETFL) & O_NONBLOCK) == 0);
  std::string got(4096, ' ');
  REQUIRE(read(pipe->read.get(), got.data(), got.size()) == 4096);
  CHECK(os::write_promptly(pipe->write.get(), page) == 4096);
}
