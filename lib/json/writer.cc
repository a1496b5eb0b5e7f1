#include "lib/json/writer.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <cmath>

#include "lib/base/utf8.h"

namespace troupe::json {

namespace {

/// More is freed after an object was taken, so that one large reply does not stay for ever.
constexpr std::size_t kept_capacity = 64 * 1024;

template <class Writer>
void put_text(Writer& writer, std::string_view text) {
  if (is_utf8(text)) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  } else {
    const std::string clean = replace_invalid_utf8(text);
    writer.String(clean.data(), static_cast<rapidjson::SizeType>(clean.size()));
  }
}

/// Not RapidJSON's own Double: that gives 1795288879.0446757 for ...756, the same double but not its nearest
/// text. Always with a point or an exponent, so that it is read as a float again.
template <class Writer>
void put_double(Writer& writer, double number) {
  if (!std::isfinite(number)) {
    writer.Null();
    return;
  }
  char text[32];
  char* end = std::to_chars(text, text + sizeof text - 2, number).ptr;
  if (std::string_view(text, end).find_first_of(".e") == std::string_view::npos) {
    *end++ = '.';
    *end++ = '0';
  }
  writer.RawValue(text, static_cast<std::size_t>(end - text), rapidjson::kNumberType);
}

template <class Writer>
void put(Writer& writer, const Value& value) {
  if (const bool* flag = value.as_bool()) {
    writer.Bool(*flag);
  } else if (const std::int64_t* integer = value.as_int()) {
    writer.Int64(*integer);
  } else if (const double* number = value.as_double()) {
    put_double(writer, *number);
  } else if (const std::string* text = value.as_text()) {
    put_text(writer, *text);
  } else if (const Value::Array* array = value.as_array()) {
    writer.StartArray();
    for (const Value& element : *array) put(writer, element);
    writer.EndArray();
  } else if (const Value::Object* object = value.as_object()) {
    writer.StartObject();
    for (const Member& member : *object) {
      put_text(writer, member.key);
      put(writer, member.value);
    }
    writer.EndObject();
  } else {
    writer.Null();
  }
}

template <class Writer>
std::string written(const Value& value, void (*configure)(Writer&) = nullptr) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  if (configure) configure(writer);
  put(writer, value);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

std::string write(const Value& value) {
  return written<rapidjson::Writer<rapidjson::StringBuffer>>(value);
}

std::string write_pretty(const Value& value) {
  using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;
  return written<Writer>(value, [](Writer& writer) { writer.SetIndent(' ', 2); });
}

struct ObjectWriter::Impl {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  bool open = false;

  void begin() {
    if (open) return;
    const bool large = buffer.GetSize() > kept_capacity;
    buffer.Clear();
    if (large) buffer.ShrinkToFit();
    writer.Reset(buffer);
    writer.StartObject();
    open = true;
  }
};

ObjectWriter::ObjectWriter() : impl_(std::make_unique<Impl>()) {}
ObjectWriter::~ObjectWriter() = default;
ObjectWriter::ObjectWriter(ObjectWriter&&) noexcept = default;
ObjectWriter& ObjectWriter::operator=(ObjectWriter&&) noexcept = default;

void ObjectWriter::key(std::string_view key) {
  impl_->begin();
  put_text(impl_->writer, key);
}

ObjectWriter& ObjectWriter::text(std::string_view name, std::string_view text) {
  key(name);
  put_text(impl_->writer, text);
  return *this;
}

ObjectWriter& ObjectWriter::integer(std::string_view name, std::int64_t number) {
  key(name);
  impl_->writer.Int64(number);
  return *this;
}

ObjectWriter& ObjectWriter::number(std::string_view name, double number) {
  key(name);
  put_double(impl_->writer, number);
  return *this;
}

ObjectWriter& ObjectWriter::boolean(std::string_view name, bool flag) {
  key(name);
  impl_->writer.Bool(flag);
  return *this;
}

ObjectWriter& ObjectWriter::null(std::string_view name) {
  key(name);
  impl_->writer.Null();
  return *this;
}

ObjectWriter& ObjectWriter::value(std::string_view name, const Value& value) {
  key(name);
  put(impl_->writer, value);
  return *this;
}

ObjectWriter& ObjectWriter::json(std::string_view name, std::string_view text) {
  key(name);
  impl_->writer.RawValue(text.data(), text.size(), rapidjson::kObjectType);
  return *this;
}

ObjectWriter& ObjectWriter::members(const Value& object) {
  if (const Value::Object* all = object.as_object()) {
    for (const Member& member : *all) value(member.key, member.value);
  }
  return *this;
}

std::string_view ObjectWriter::finish() {
  impl_->begin();
  impl_->writer.EndObject();
  impl_->open = false;
  return {impl_->buffer.GetString(), impl_->buffer.GetSize()};
}

}  // namespace troupe::json
