#include "lib/wire/request.h"

#include <utility>

#include "lib/json/member_text.h"
#include "lib/json/reader.h"
#include "lib/json/writer.h"

namespace troupe::wire {

namespace {

BadRequest invalid(std::string reason, const std::string& id = {}, bool cast = false) {
  return {make_error(Code::invalid, std::move(reason)), id, cast};
}

bool is_cast(const Value& message) {
  const Value* type = message.find("msg_type");
  return type && *type == Value("cast");
}

}  // namespace

std::variant<Request, BadRequest> decode_request(std::string_view text, json::Reader& reader) {
  Result<Value> message = reader.parse(text, json::Root::object);
  if (!message && message.error().code == Code::invalid) return invalid("the message is not an object");
  if (!message) return BadRequest{make_error(Code::invalid_json, "json invalid")};

  Request request;
  request.cast = is_cast(*message);
  // As it was written: an integer of any length has to come back as it is.
  if (const auto id = json::find_member_text(text, "id"); id && *id != "null") request.id = *id;
  Value* command = message->find("command");
  if (!command) return invalid("message invalid 'command' is missing", request.id, request.cast);
  if (!command->as_text()) return invalid("'command' must be text", request.id, request.cast);
  request.command = *command->as_text();

  if (Value* properties = message->find("properties"); properties && !properties->is_null()) {
    if (!properties->as_object()) return invalid("'properties' must be an object", request.id, request.cast);
    request.properties = std::move(*properties);
  }
  return request;
}

std::string encode_request(const Request& request) {
  json::ObjectWriter writer;
  if (!request.id.empty()) writer.json("id", request.id);
  if (request.cast) writer.text("msg_type", "cast");
  writer.text("command", request.command).value("properties", request.properties);
  return std::string(writer.finish());
}

}  // namespace troupe::wire
