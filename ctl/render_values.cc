#include "ctl/render_values.h"

#include "ctl/table.h"
#include "lib/json/writer.h"

namespace troupe::ctl {

std::string plain(const Value& value) {
  if (value.is_null()) return {};
  if (const std::string* text = value.as_text()) return printable(*text);
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

}  // namespace troupe::ctl
