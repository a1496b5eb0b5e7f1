#include "lib/os/who_listens.h"

#include <unistd.h>

#include <charconv>
#include <vector>

#include "lib/base/text.h"
#include "lib/os/directory.h"
#include "lib/os/own_proc.h"
#include "lib/os/proc_file.h"

namespace troupe::os {

namespace {

std::string read_file(const std::string& path) {
  return read_whole_file(path).value_or("");
}

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool holds(const std::string& fd_folder, const std::string& link) {
  const Directory folder(opendir(fd_folder.c_str()));
  if (!folder) return false;
  while (const dirent* entry = readdir(folder.get())) {
    char target[64];
    const ssize_t length = readlink((fd_folder + entry->d_name).c_str(), target, sizeof target);
    if (length > 0 && std::string_view(target, static_cast<std::size_t>(length)) == link) return true;
  }
  return false;
}

std::optional<Listener> find_holder(std::optional<unsigned long> inode) {
  const Directory processes(proc_is_ours() ? opendir("/proc") : nullptr);
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

// "  0: 0100007F:15B3 00000000:0000 0A …uid timeout inode": field 1 is the address, 3 the state (0A:
// listening, 07: not connected).
std::optional<unsigned long> find_port(std::string_view table, int port, std::string_view state) {
  for (std::string_view line : split(table, '\n')) {
    const auto fields = split_spaces(line);
    if (fields.size() < 10 || fields[3] != state) continue;
    const auto colon = fields[1].rfind(':');
    if (colon == std::string_view::npos || number<int>(fields[1].substr(colon + 1), 16) != port) continue;
    return number<unsigned long>(fields[9]);
  }
  return std::nullopt;
}

}  // namespace

std::optional<unsigned long> find_tcp_listener(std::string_view table, int port) {
  return find_port(table, port, "0A");
}

std::optional<unsigned long> find_udp_socket(std::string_view table, int port) {
  return find_port(table, port, "07");
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

std::optional<Listener> who_listens_at_tcp_port(int port) {
  const auto inode = find_tcp_listener(read_file("/proc/net/tcp"), port);
  return find_holder(inode ? inode : find_tcp_listener(read_file("/proc/net/tcp6"), port));
}

std::optional<Listener> who_has_udp_port(int port) {
  const auto inode = find_udp_socket(read_file("/proc/net/udp"), port);
  return find_holder(inode ? inode : find_udp_socket(read_file("/proc/net/udp6"), port));
}

std::optional<Listener> who_listens_at_path(std::string_view path) {
  return find_holder(find_unix_listener(read_file("/proc/net/unix"), path));
}

std::string taken_text(const std::optional<Listener>& listener) {
  if (!listener) return "in use";
  return "taken by pid " + std::to_string(listener->pid) + " (" + listener->name + ")";
}

}  // namespace troupe::os
