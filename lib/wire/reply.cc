#include "lib/wire/reply.h"

#include "lib/base/text.h"
#include "lib/json/writer.h"

namespace troupe::wire {

std::string ok_reply(const Value& result, double time, std::string_view id) {
  const Value* own_status = result.find("status");
  const Value* own_time = result.find("time");
  json::ObjectWriter writer;
  writer.value("status", own_status ? *own_status : Value("ok"));
  writer.value("time", own_time ? *own_time : Value(time));
  if (const Value::Object* members = result.as_object()) {
    for (const Member& member : *members) {
      if (member.key != "status" && member.key != "time" && member.key != "id") {
        writer.value(member.key, member.value);
      }
    }
  } else if (result.as_array()) {
    writer.value("results", result);
  }
  writer.json("id", id.empty() ? "null" : id);
  return std::string(writer.finish());
}

std::string error_reply(int number, std::string_view reason, double time, std::string_view id) {
  json::ObjectWriter writer;
  writer.text("status", "error").text("reason", shorten(reason, longest_reason)).null("tb");
  writer.number("time", time).integer("errno", number).json("id", id.empty() ? "null" : id);
  return std::string(writer.finish());
}

}  // namespace troupe::wire
