#include "lib/wire/tunnel.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "lib/base/printable.h"
#include "lib/base/text.h"
#include "lib/wire/endpoint.h"

namespace troupe::wire {

namespace {

constexpr std::string_view ready = "troupe: through";

/// What `ssh -L` calls the far end; empty: none.
std::string far_end(const std::string& endpoint) {
  constexpr std::string_view tcp = "tcp://";
  if (const auto path = ipc_path(endpoint)) return *path;
  return endpoint.starts_with(tcp) ? endpoint.substr(tcp.size()) : "";
}

std::vector<std::string> command_line(std::string server, const std::string& keyfile,
                                      const std::string& forward) {
  std::vector<std::string> words = {"ssh", "-T", "-o", "ExitOnForwardFailure=yes", "-L", forward};
  const std::size_t colon = server.rfind(':');
  if (colon != std::string::npos && server.find(':') == colon) {
    words.insert(words.end(), {"-p", server.substr(colon + 1)});
    server.resize(colon);
  }
  if (!keyfile.empty()) words.insert(words.end(), {"-i", keyfile});
  words.insert(words.end(), {"--", server, "echo '" + std::string(ready) + "'; exec cat >/dev/null"});
  return words;
}

/// Whether that line comes before the end.
bool wait_for_line(int fd, std::string_view wanted) {
  std::string line;
  for (char c;;) {
    const ssize_t size = read(fd, &c, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    if (c != '\n') {
      line += c;
    } else if (std::exchange(line, "") == wanted) {
      return true;
    }
  }
}

}  // namespace

Result<std::unique_ptr<Tunnel>> Tunnel::open(const std::string& server, const std::string& keyfile,
                                             const std::string& endpoint) {
  if (server.empty() || server[0] == '-') {
    return make_error(Code::invalid, "--ssh wants [USER@]HOST[:PORT], not '" + printable(server) + "'");
  }
  const std::string far = far_end(endpoint);
  if (far.empty()) {
    return make_error(Code::invalid, "ssh makes tunnels to tcp:// and ipc://, not to " + printable(endpoint));
  }
  char folder[] = "/tmp/troupe-ssh-XXXXXX";
  if (!mkdtemp(folder)) {
    return make_error(Code::failed, "a folder for the tunnel in /tmp: " + std::string(std::strerror(errno)));
  }
  std::unique_ptr<Tunnel> tunnel(new Tunnel(folder));
  if (auto done = tunnel->run(server, keyfile, far); !done) return done.error();
  return tunnel;
}

Result<void> Tunnel::run(const std::string& server, const std::string& keyfile, const std::string& far) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0) return make_error(Code::failed, std::strerror(errno));
  os::Fd theirs_in(in[0]);
  input_.reset(in[1]);
  if (pipe2(out, O_CLOEXEC) != 0) return make_error(Code::failed, std::strerror(errno));
  os::Fd output(out[0]), theirs_out(out[1]);
  std::vector<std::string> words = command_line(server, keyfile, path() + ":" + far);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, theirs_in.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, theirs_out.get(), 1);
  const int error = posix_spawnp(&ssh_, "ssh", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    ssh_ = 0;
    return make_error(Code::failed, "ssh: " + std::string(std::strerror(error)));
  }
  theirs_out.reset();
  if (wait_for_line(output.get(), ready)) return {};
  return make_error(Code::failed, "ssh did not make a tunnel to " + printable(server));
}

Tunnel::~Tunnel() {
  input_.reset();
  if (ssh_ > 0) {
    kill(ssh_, SIGTERM);
    while (waitpid(ssh_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  unlink(path().c_str());
  rmdir(folder_.c_str());
}

}  // namespace troupe::wire
