#include "ctl/render_values.h"

#include <algorithm>

#include "ctl/table.h"
#include "lib/json/writer.h"

namespace troupe::ctl {

std::string plain(const Value& value) {
  if (value.is_null()) return {};
  if (const std::string* text = value.as_text()) return printable(*text);
  if (const std::int64_t* number = value.as_int()) return std::to_string(*number);
  return printable(json::write(value));
}

std::string plain(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value ? plain(*value) : std::string();
}

double number_or(const Value& object, std::string_view key, double fallback) {
  const Value* value = object.find(key);
  if (value && value->as_double()) return *value->as_double();
  if (value && value->as_int()) return static_cast<double>(*value->as_int());
  return fallback;
}

std::string_view text_or(const Value& object, std::string_view key, std::string_view fallback) {
  const Value* value = object.find(key);
  return value && value->as_text() ? std::string_view(*value->as_text()) : fallback;
}

std::vector<const Member*> by_key(const Value* object) {
  std::vector<const Member*> members;
  if (!object || !object->as_object()) return members;
  members.reserve(object->as_object()->size());
  for (const Member& member : *object->as_object()) members.push_back(&member);
  const auto before = [](const Member* a, const Member* b) { return a->key < b->key; };
  if (!std::is_sorted(members.begin(), members.end(), before)) {
    std::sort(members.begin(), members.end(), before);
  }
  return members;
}

}  // namespace troupe::ctl
