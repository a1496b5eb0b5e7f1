#include "ctl/logs.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ctl/one_shot.h"
#include "ctl/output.h"
#include "ctl/render_values.h"
#include "ctl/table.h"
#include "lib/json/writer.h"
#include "lib/os/reader.h"

namespace troupe::ctl {

namespace {

constexpr double patience_of_daemon = 30;  // seconds until it answers without a line
constexpr Duration patience_here = 40s;
constexpr Duration first_patience = 5s;

const Value::Array* lines_of(const Value& reply) {
  const Value* lines = reply.find("lines");
  return lines ? lines->as_array() : nullptr;
}

std::int64_t wid_of(const Value& line) {
  return static_cast<std::int64_t>(number_or(line, "wid", 0));
}

std::string json_lines(const Value& reply) {
  std::string out;
  const auto* lines = lines_of(reply);
  if (!lines) return out;
  for (const Value& line : *lines) out += json::write(line) + "\n";
  return out;
}

/// The length of an SGR sequence (`ESC [ 1 ; 31 m`) at the front; 0: there is none.
std::size_t colour_sequence(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const std::size_t end = text.find_first_not_of("0123456789;", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

}  // namespace

std::string shown_line(std::string_view line, bool colour) {
  std::string out;
  bool coloured = false;
  while (!line.empty()) {
    const std::size_t escape = line.find_first_of("\x1b\t");
    out += printable(line.substr(0, escape));
    if (escape == std::string_view::npos) break;
    line.remove_prefix(escape);
    const std::size_t length = colour_sequence(line);
    if (length == 0) out += line.front() == '\t' ? "\t" : printable(line.substr(0, 1));
    if (length > 0 && colour) out += line.substr(0, length);
    coloured = coloured || length > 0;
    line.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (coloured && colour) out += "\x1b[0m";  // what it left on
  return out;
}

std::string render_log_lines(const Value& reply, std::set<std::int64_t>& wids, Look look) {
  std::string out;
  const auto* lines = lines_of(reply);
  if (!lines) return out;
  for (const Value& line : *lines) wids.insert(wid_of(line));
  for (const Value& line : *lines) {
    if (wids.size() > 1) out += std::to_string(wid_of(line)) + " | ";
    out += shown_line(text_or(line, "message", ""), look.colour) + "\n";
  }
  return out;
}

Outcome follow_logs(Value properties, bool json, Daemon& daemon, Look look) {
  leave_on_signals();
  std::set<std::int64_t> wids;
  Duration patience = first_patience;
  if (auto* object = properties.as_object())
    std::erase_if(*object, [](const Member& member) { return member.key == "follow"; });
  for (;;) {
    const auto reply = daemon.call("logs", properties, patience);
    if (os::is_reader_gone(STDOUT_FILENO)) return {};
    if (!reply) return {Exit::client, {}, reply.error().text};
    if (is_error(*reply)) return {Exit::refused, {}, refusal(properties, *reply, daemon, first_patience)};
    if (!write_all(STDOUT_FILENO, json ? json_lines(*reply) : render_log_lines(*reply, wids, look))) {
      if (errno == EPIPE) return {};
      return {Exit::client, {}, cannot_write()};
    }
    properties.set("since", static_cast<std::int64_t>(number_or(*reply, "next", 0)));
    properties.set("limit", 1000);
    properties.set("waiting", true);
    properties.set("patience", patience_of_daemon);
    patience = patience_here;
  }
}

}  // namespace troupe::ctl
