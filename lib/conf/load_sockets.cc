#include <algorithm>

#include "lib/base/text.h"
#include "lib/conf/endpoint.h"
#include "lib/conf/loading.h"
#include "lib/conf/names.h"

namespace troupe::conf {

namespace {

/// What is wrong with one option; empty: nothing.
std::string load_option(Loading& loading, SocketConfig& socket, const IniEntry& entry) {
  const SocketOption* row = find_socket_option(entry.key);
  if (!row) {
    if (loading.is_default(entry)) return "";
    std::vector<std::string_view> keys;
    for (const SocketOption& known : socket_options()) keys.push_back(known.name);
    loading.tolerated(entry.origin, "unknown option " + shown(entry.key) + did_you_mean(entry.key, keys));
    return "";
  }
  const EnvLookup lookup({&loading.shared_env, &loading.environment().variables});
  std::string value = expand(entry.value, lookup);
  if (loading.is_circus() && row->name == "umask" && trim(value) == "8") {
    loading.tolerated(entry.origin, "umask: 8, Circus's default as it is written there, is 010 in octal");
    value = "010";
  }
  std::string note;
  const auto bad = parse_option(socket, *row, entry.key, value, note);
  return bad ? bad->text : "";
}

std::string check_whole(SocketConfig& socket) {
  if (socket.path) socket.family = SocketFamily::local;
  if (socket.family == SocketFamily::local && !socket.path) return "a socket of AF_UNIX needs a path";
  return "";
}

void load_socket(Loading& loading, const IniSection& section, std::string_view name) {
  SocketConfig socket;
  socket.name = to_lower(name);
  socket.origin = section.origin;
  if (const auto named = check_name(name); !named) {
    return loading.tolerated(section.origin, named.error().text + "; the socket is left out");
  }
  for (const SocketConfig& other : loading.config().sockets) {
    if (other.name != socket.name) continue;
    return loading.tolerated(section.origin, "a second socket named " + shown(name) +
                                                 " (case does not count); the first one, in " +
                                                 place(other.origin) + ", counts");
  }
  bool is_good = true;
  for (const IniEntry* entry : loading.entries_of(section)) {
    const std::string wrong = load_option(loading, socket, *entry);
    if (wrong.empty()) continue;
    loading.tolerated(entry->origin, wrong + (loading.is_circus() ? "; the socket is left out" : ""));
    is_good = false;
  }
  if (socket.path && socket.path->size() > longest_socket_path) {
    loading.tolerated(loading.origin_of(section, "path"),
                      "path: longer than " + std::to_string(longest_socket_path) + " bytes" +
                          (loading.is_circus() ? "; the socket is left out" : ""));
    is_good = false;
  }
  if (!is_good) return;
  if (const std::string wrong = check_whole(socket); !wrong.empty()) {
    return loading.tolerated(section.origin, wrong);
  }
  if (socket.so_reuseport && socket.path) {
    loading.tolerated(loading.origin_of(section, "so_reuseport"),
                      "so_reuseport: a Unix socket has no such thing; the processes share it");
    socket.so_reuseport = false;
  }
  loading.config().sockets.push_back(std::move(socket));
}

}  // namespace

void load_sockets(Loading& loading) {
  for (const IniSection& section : loading.document().sections()) {
    const SectionName parts = split_section(section.name);
    if (parts.kind != "socket" || !parts.has_colon) continue;
    if (trim(parts.name).empty()) {
      loading.tolerated(section.origin, "a socket without a name: write [socket:NAME]");
    } else {
      load_socket(loading, section, parts.name);
    }
  }
  auto& sockets = loading.config().sockets;
  std::sort(sockets.begin(), sockets.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
}

}  // namespace troupe::conf
