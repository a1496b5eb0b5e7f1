#include "plugins/logger/line.h"

#include <cmath>
#include <cstdio>
#include <ctime>

#include "lib/json/reader.h"
#include "lib/json/writer.h"

namespace troupe::plugins::logger {

namespace {

double number(const Value* value) {
  if (value && value->as_double()) return *value->as_double();
  if (value && value->as_int()) return static_cast<double>(*value->as_int());
  return 0;
}

std::string stamp(double time) {
  if (!(time >= 0 && time < 253402300800.0)) time = 0;  // year 10000
  const auto milliseconds = static_cast<long long>(std::floor(time * 1000));
  const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  std::snprintf(text + length, sizeof text - length, ".%03d", static_cast<int>(milliseconds % 1000));
  return text;
}

std::optional<Position> position_of(json::Reader& reader, std::string_view line) {
  const auto event = reader.parse(line);
  if (!event) return std::nullopt;
  const Value* seq = event->find("seq");
  const Value* boot = event->find("boot");
  if (!seq || !seq->as_int()) return std::nullopt;
  return Position{*seq->as_int(), boot ? *boot : Value()};
}

}  // namespace

std::string json_line(json::ObjectWriter& writer, std::string_view topic, const Value& message) {
  return std::string(writer.text("topic", topic).members(message).finish()) + "\n";
}

std::string text_line(std::string_view topic, const Value& message) {
  std::string line = stamp(number(message.find("time"))) + " " + std::string(topic);
  if (const Value::Object* members = message.as_object()) {
    for (const Member& member : *members) {
      if (member.key == "time" || member.key == "seq" || member.key == "boot") continue;
      line += " " + member.key + "=" + json::write(member.value);
    }
  }
  return line + "\n";
}

Tail read_tail(std::string_view text, bool from_start) {
  Tail tail{.torn = text.size(), .position = {}};
  const auto last = text.rfind('\n');
  if (last == std::string_view::npos) return tail;
  tail.torn = text.size() - last - 1;
  text = text.substr(0, last);
  json::Reader reader;
  for (;;) {
    const auto before = text.rfind('\n');
    if (before == std::string_view::npos && !from_start) return tail;
    const auto start = before == std::string_view::npos ? 0 : before + 1;
    tail.position = position_of(reader, text.substr(start));
    if (tail.position || start == 0) return tail;
    text = text.substr(0, before);
  }
}

}  // namespace troupe::plugins::logger
