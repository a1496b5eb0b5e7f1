#include "lib/wire/who_listens.h"

#include <unistd.h>

#include <charconv>
#include <vector>

#include "lib/base/text.h"
#include "lib/os/directory.h"
#include "lib/os/proc_file.h"
#include "lib/wire/endpoint.h"

namespace troupe::wire {

namespace {

std::string read_file(const std::string& path) {
  return os::read_whole_file(path).value_or("");
}

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned long> inode_of(std::string_view endpoint) {
  if (const auto port = tcp_port(endpoint)) {
    const auto inode = find_tcp_listener(read_file("/proc/net/tcp"), *port);
    return inode ? inode : find_tcp_listener(read_file("/proc/net/tcp6"), *port);
  }
  if (const auto path = ipc_path(endpoint)) return find_unix_listener(read_file("/proc/net/unix"), *path);
  return std::nullopt;
}

bool holds(const std::string& fd_folder, const std::string& link) {
  const os::Directory folder(opendir(fd_folder.c_str()));
  if (!folder) return false;
  while (const dirent* entry = readdir(folder.get())) {
    char target[64];
    const ssize_t length = readlink((fd_folder + entry->d_name).c_str(), target, sizeof target);
    if (length > 0 && std::string_view(target, static_cast<std::size_t>(length)) == link) return true;
  }
  return false;
}

}  // namespace

// "  0: 0100007F:15B3 00000000:0000 0A …uid timeout inode": field 1 is the address, 3 the state (0A:
// listening).
std::optional<unsigned long> find_tcp_listener(std::string_view table, int port) {
  for (std::string_view line : split(table, '\n')) {
    const auto fields = split_spaces(line);
    if (fields.size() < 10 || fields[3] != "0A") continue;
    const auto colon = fields[1].rfind(':');
    if (colon == std::string_view::npos || number<int>(fields[1].substr(colon + 1), 16) != port) continue;
    return number<unsigned long>(fields[9]);
  }
  return std::nullopt;
}

// "address: references protocol flags type state inode path": the flag 10000 is for those that listen.
std::optional<unsigned long> find_unix_listener(std::string_view table, std::string_view path) {
  for (std::string_view line : split(table, '\n')) {
    const auto fields = split_spaces(line);
    if (fields.size() < 8 || fields[3] != "00010000" || !line.ends_with(path)) continue;
    const auto start = line.size() - path.size();
    if (start > 0 && line[start - 1] == ' ') return number<unsigned long>(fields[6]);
  }
  return std::nullopt;
}

std::optional<Listener> who_listens(std::string_view endpoint) {
  const auto inode = inode_of(endpoint);
  const os::Directory processes(opendir("/proc"));
  if (!inode || !processes) return std::nullopt;
  const std::string link = "socket:[" + std::to_string(*inode) + "]";
  while (const dirent* entry = readdir(processes.get())) {
    const auto pid = number<int>(entry->d_name);
    if (!pid) continue;
    const std::string folder = std::string("/proc/") + entry->d_name;
    if (holds(folder + "/fd/", link)) return Listener{*pid, std::string(trim(read_file(folder + "/comm")))};
  }
  return std::nullopt;
}

std::string taken_text(const std::optional<Listener>& listener) {
  if (!listener) return "in use";
  return "taken by pid " + std::to_string(listener->pid) + " (" + listener->name + ")";
}

}  // namespace troupe::wire
