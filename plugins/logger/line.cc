#include "plugins/logger/line.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "lib/json/reader.h"
#include "lib/json/writer.h"

namespace troupe::plugins::logger {

std::optional<Position> position_of(const Value& message) {
  const Value* seq = message.find("seq");
  const Value* boot = message.find("boot");
  if (!seq || !seq->as_int()) return std::nullopt;
  return Position{*seq->as_int(), boot ? *boot : Value()};
}

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

bool is_word(std::string_view key) {
  return std::all_of(key.begin(), key.end(), [](unsigned char c) { return c > ' ' && c != '"' && c != '='; });
}

/// The value after the last such key; what is before it is left in `line`.
std::optional<Value> take_last(json::Reader& reader, std::string_view& line, std::string_view key) {
  const auto at = line.rfind(key);
  if (at == std::string_view::npos) return std::nullopt;
  auto value = reader.parse(line.substr(at + key.size()));
  if (!value) return std::nullopt;
  line = line.substr(0, at);
  return *std::move(value);
}

/// A text within quotes that reads like these two ends in a quote too many, which is no JSON.
std::optional<Position> position_in_text(json::Reader& reader, std::string_view line) {
  const auto boot = take_last(reader, line, " boot=");
  const auto seq = take_last(reader, line, " seq=");
  if (!seq || !seq->as_int()) return std::nullopt;
  return Position{*seq->as_int(), boot.value_or(Value())};
}

std::optional<Position> position_in(json::Reader& reader, std::string_view line) {
  if (!line.starts_with('{')) return position_in_text(reader, line);
  const auto event = reader.parse(line);
  return event ? position_of(*event) : std::nullopt;
}

}  // namespace

std::string json_line(json::ObjectWriter& writer, std::string_view topic, const Value& message) {
  return std::string(writer.text("topic", topic).members(message).finish()) + "\n";
}

std::string text_line(std::string_view topic, const Value& message) {
  std::string line = stamp(number(message.find("time"))) + " " + std::string(topic);
  const auto add = [&line](std::string_view key, const Value& value) {
    line.append(" ")
        .append(is_word(key) ? std::string(key) : json::write(Value(std::string(key))))
        .append("=")
        .append(json::write(value));
  };
  if (const Value::Object* members = message.as_object()) {
    for (const Member& member : *members) {
      if (member.key != "time" && member.key != "seq" && member.key != "boot") add(member.key, member.value);
    }
  }
  for (const std::string_view key : {"seq", "boot"}) {
    if (const Value* value = message.find(key)) add(key, *value);
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
    tail.position = position_in(reader, text.substr(start));
    if (tail.position || start == 0) return tail;
    text = text.substr(0, before);
  }
}

}  // namespace troupe::plugins::logger
