#include "daemon/config_files.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "lib/api/run_dir.h"
#include "lib/os/fd.h"
#include "lib/os/local_accounts.h"
#include "lib/os/users.h"
#include "lib/wire/curve.h"
#include "lib/wire/curve_door.h"

namespace troupe {

namespace {

constexpr std::size_t largest_file = 16 << 20;

Error reason(int error) {
  return make_error(Code::system, std::strerror(error));
}

/// What is read may be the end of a pipe, `<(sed … file)`, whose writer needs a moment.
bool wait_for_writer(int fd) {
  constexpr int patience_ms = 5000;
  pollfd wanted{fd, POLLIN, 0};
  return poll(&wanted, 1, patience_ms) > 0;
}

Result<void> check_user(const std::string& name) {
  const auto user = os::find_user(name);
  return user ? Result<void>() : user.error();
}

Result<void> check_group(const std::string& name) {
  const auto group = os::find_group(name);
  return group ? Result<void>() : group.error();
}

Result<void> check_local_user(const std::string& name) {
  if (os::find_local_user(name) != os::Known::no) return {};
  return make_error(Code::not_found, "no user named " + name);
}

Result<void> check_local_group(const std::string& name) {
  if (os::find_local_group(name) != os::Known::no) return {};
  return make_error(Code::not_found, "no group named " + name);
}

Result<void> check_secret_key(const std::string& path) {
  const auto pair = wire::read_curve_pair(path);
  return pair ? Result<void>() : pair.error();
}

/// The first file that is no key stands for all of them.
Result<void> check_client_keys(const std::string& folder) {
  Result<void> good;
  const auto remember = [&good](std::string_view text) {
    if (good) good = make_error(Code::invalid, std::string(text));
  };
  const auto keys = wire::read_client_keys(folder, Callback<void(std::string_view)>::of(remember));
  return keys ? good : keys.error();
}

}  // namespace

Result<std::string> ConfigFiles::read(const std::string& path) {
  const os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) return reason(errno);
  struct stat info {};
  if (fstat(file.get(), &info) < 0) return reason(errno);
  if (S_ISDIR(info.st_mode)) return reason(EISDIR);
  std::string text;
  char piece[65536];
  for (;;) {
    const ssize_t got = ::read(file.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN && when_ == When::start && wait_for_writer(file.get())) continue;
    if (got < 0 && errno == EAGAIN) return make_error(Code::system, "the writer of this pipe writes nothing");
    if (got < 0) return reason(errno);
    if (got == 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
    if (text.size() > largest_file) return make_error(Code::limit, "larger than 16 MiB");
  }
}

std::vector<std::string> ConfigFiles::glob(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return paths;
}

Result<void> ConfigFiles::check_folder(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) < 0) return reason(errno);
  return S_ISDIR(info.st_mode) ? Result<void>() : reason(ENOTDIR);
}

Result<void> ConfigFiles::check_program(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) < 0) return reason(errno);
  if (S_ISDIR(info.st_mode)) return reason(EISDIR);
  if (access(path.c_str(), X_OK) < 0) return make_error(Code::system, "it may not be executed");
  return {};
}

conf::Environment process_environment(const std::string& name, When when) {
  conf::Environment environment;
  for (char** variable = environ; *variable; ++variable) {
    const char* const equals = std::strchr(*variable, '=');
    if (equals)
      environment.variables.emplace(std::string(*variable, static_cast<std::size_t>(equals - *variable)),
                                    equals + 1);
  }
  const char* const runtime_dir = std::getenv("XDG_RUNTIME_DIR");
  environment.run_dir = api::run_dir(geteuid(), runtime_dir ? runtime_dir : "", "");
  environment.name = name;
  char cwd[PATH_MAX];
  if (getcwd(cwd, sizeof cwd)) environment.cwd = cwd;
  environment.check_user = when == When::start ? check_user : check_local_user;
  environment.check_group = when == When::start ? check_group : check_local_group;
  environment.check_secret_key = check_secret_key;
  environment.check_client_keys = check_client_keys;
  return environment;
}

}  // namespace troupe
