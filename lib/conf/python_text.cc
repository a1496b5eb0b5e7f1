#include "lib/conf/python_text.h"

#include <charconv>
#include <string_view>

namespace troupe::conf {

namespace {

std::string quoted(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string result(1, quote);
  for (char c : text) {
    if (c == '\n') {
      result += "\\n";
    } else {
      if (c == quote || c == '\\') result += '\\';
      result += c;
    }
  }
  return result + quote;
}

std::string repr(double number) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const bool is_whole = text.find_first_not_of("-0123456789") == std::string_view::npos;
  return std::string(text) + (is_whole ? ".0" : "");
}

std::string repr(const Value::Array& array) {
  std::string result = "[";
  for (const Value& element : array) result += (result.size() > 1 ? ", " : "") + python_repr(element);
  return result + "]";
}

std::string repr(const Value::Object& object) {
  std::string result = "{";
  for (const Member& member : object) {
    result += (result.size() > 1 ? ", " : "") + quoted(member.key) + ": " + python_repr(member.value);
  }
  return result + "}";
}

}  // namespace

std::string python_repr(const Value& value) {
  if (const auto* flag = value.as_bool()) return *flag ? "True" : "False";
  if (const auto* integer = value.as_int()) return std::to_string(*integer);
  if (const auto* number = value.as_double()) return repr(*number);
  if (const auto* text = value.as_text()) return quoted(*text);
  if (const auto* array = value.as_array()) return repr(*array);
  if (const auto* object = value.as_object()) return repr(*object);
  return "None";
}

std::string python_str(const Value& value) {
  const auto* text = value.as_text();
  return text ? *text : python_repr(value);
}

}  // namespace troupe::conf
