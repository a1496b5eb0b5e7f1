#include "lib/base/value.h"

#include <utility>

namespace troupe {

const Value* Value::find(std::string_view key) const {
  if (const Object* object = as_object()) {
    for (const Member& member : *object) {
      if (member.key == key) return &member.value;
    }
  }
  return nullptr;
}

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

Value& Value::set(std::string_view key, Value value) & {
  if (Value* known = find(key)) {
    *known = std::move(value);
    return *this;
  }
  return append(std::string(key), std::move(value));
}

Value& Value::append(std::string key, Value value) & {
  if (!as_object()) content_ = Object{};
  as_object()->push_back({std::move(key), std::move(value)});
  return *this;
}

Value& Value::push(Value value) {
  if (!as_array()) content_ = Array{};
  as_array()->push_back(std::move(value));
  return *this;
}

bool Value::operator==(const Value& other) const {
  return content_ == other.content_;
}

}  // namespace troupe
