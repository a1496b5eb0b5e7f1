#include "daemon/core/stream/line_format.h"

#include "lib/json/writer.h"

namespace troupe::core {

namespace {

using conf::StreamClass;

/// Calls `each` with every line without its newline.
template <class Each>
void for_each_line(std::string_view bytes, Each each) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const bool ends = newline != std::string_view::npos;
    each(bytes.substr(0, newline));
    bytes.remove_prefix(ends ? newline + 1 : bytes.size());
  }
}

std::string head(const LineContext& context) {
  return std::string(context.when) + " [" + std::to_string(context.pid) + "] | ";
}

std::string prefixed(const LineContext& context, std::string_view bytes, bool in_line) {
  const std::string before = head(context);
  std::string out;
  out.reserve(bytes.size() + before.size());
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::size_t length = newline == std::string_view::npos ? bytes.size() : newline + 1;
    if (!in_line) out += before;
    in_line = false;
    out += bytes.substr(0, length);
    bytes.remove_prefix(length);
  }
  return out;
}

std::string coloured(const conf::StreamSettings& settings, const LineContext& context,
                     std::string_view bytes) {
  // Without a colour of its own every watcher has one: the same in each run.
  unsigned chosen = 0;
  for (const char c : context.watcher) chosen = chosen * 31 + static_cast<unsigned char>(c);
  const int colour = settings.color ? static_cast<int>(*settings.color) : static_cast<int>(chosen % 7) + 1;
  const std::string before = "\x1b[0;3" + std::to_string(colour) + ";40m" + head(context);
  std::string out;
  for_each_line(bytes, [&](std::string_view line) {
    if (!line.empty()) out.append(before).append(line).append("\x1b[0m\n");
  });
  return out;
}

std::string objects(const LineContext& context, std::string_view bytes) {
  std::string out;
  json::ObjectWriter writer;
  for_each_line(bytes, [&](std::string_view line) {
    writer.number("time", context.time)
        .text("watcher", context.watcher)
        .integer("wid", context.wid)
        .integer("pid", context.pid)
        .text("stream", context.stream)
        .text("message", line);
    out.append(writer.finish()) += '\n';
  });
  return out;
}

/// RFC 3164, as syslog(3) writes it; the target sends each line on its own.
std::string messages(const LineContext& context, std::string_view bytes) {
  const std::string before = "<" + std::to_string(context.priority) + ">" + std::string(context.when) + " " +
                             std::string(context.tag) + "[" + std::to_string(context.pid) + "]: ";
  std::string out;
  for_each_line(bytes, [&](std::string_view line) {
    if (!line.empty()) out.append(before).append(line) += '\n';
  });
  return out;
}

}  // namespace

bool is_verbatim(const conf::StreamSettings& settings) {
  switch (settings.kind) {
    case StreamClass::file:
    case StreamClass::watched_file:
    case StreamClass::timed_rotating_file:
      return !settings.time_format;
    case StreamClass::standard_output:
      return true;
    case StreamClass::fancy:
    case StreamClass::json:
    case StreamClass::syslog:
      return false;
  }
  return true;
}

std::string time_format(const conf::StreamSettings& settings) {
  if (settings.kind == StreamClass::syslog) return "%b %e %H:%M:%S";
  if (settings.kind == StreamClass::fancy) return settings.time_format.value_or("%Y-%m-%d %H:%M:%S");
  return settings.time_format.value_or("");
}

std::string format_lines(const conf::StreamSettings& settings, const LineContext& context,
                         std::string_view bytes, bool& in_line) {
  const bool begun = in_line;
  in_line = false;
  switch (settings.kind) {
    case StreamClass::fancy:
      return coloured(settings, context, bytes);
    case StreamClass::json:
      return objects(context, bytes);
    case StreamClass::syslog:
      return messages(context, bytes);
    default:
      in_line = !bytes.empty() && bytes.back() != '\n';
      return prefixed(context, bytes, begun);
  }
}

}  // namespace troupe::core
