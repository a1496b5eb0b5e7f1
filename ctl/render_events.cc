#include <cmath>
#include <ctime>

#include "ctl/render.h"
#include "ctl/render_values.h"
#include "ctl/table.h"
#include "lib/json/writer.h"

namespace troupe::ctl {

namespace {

/// Local time to the millisecond: "2026-11-21 21:50:03.123".
std::string time_text(double seconds) {
  if (!(seconds >= 0 && seconds < 1e11)) return "-";
  const auto whole = static_cast<std::time_t>(seconds);
  const int thousandths = static_cast<int>((seconds - static_cast<double>(whole)) * 1000);
  std::tm parts{};
  if (!localtime_r(&whole, &parts)) return "-";
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  std::string out(text, size);
  const std::string digits = std::to_string(1000 + thousandths);
  return out + "." + digits.substr(1);
}

Tone tone_of(std::string_view topic) {
  const auto ends = [&](std::string_view event) { return topic.ends_with(event); };
  if (ends(".spawn_failed") || ends(".hook_failure")) return Tone::bad;
  if (ends(".spawn") || ends(".start")) return Tone::good;
  if (ends(".reap") || ends(".kill") || ends(".stop")) return Tone::changing;
  return Tone::title;
}

}  // namespace

std::string render_event(const api::Event& event, Look look) {
  std::string number = plain(event.data, "seq");
  if (number.size() < 6) number.insert(0, 6 - number.size(), ' ');
  std::string line =
      painted(number + "  " + time_text(number_or(event.data, "time", -1)), Tone::dim, look.colour);
  line += "  " + painted(printable(event.topic), tone_of(event.topic), look.colour);
  if (const Value::Object* members = event.data.as_object()) {
    for (const Member& member : *members) {
      if (member.key == "time" || member.key == "seq" || member.key == "boot") continue;
      line += "  " + printable(member.key) + "=" + plain(member.value);
    }
  }
  return line + "\n";
}

std::string event_json(const api::Event& event) {
  json::ObjectWriter writer;
  writer.text("topic", event.topic).members(event.data);
  return std::string(writer.finish()) + "\n";
}

}  // namespace troupe::ctl
