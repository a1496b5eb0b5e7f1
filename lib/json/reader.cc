#include "lib/json/reader.h"

#include <simdjson.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "lib/json/big_integers.h"

namespace troupe::json {

namespace {

namespace dom = simdjson::dom;

/// A parser holds up to 14 bytes for each byte of text it has room for.
constexpr std::size_t kept_capacity = 64 * 1024;
/// Beyond this a table finds repeated keys; below, looking at each is faster.
constexpr std::size_t small_object = 16;

Value to_value(dom::element element);

Value to_value(dom::array array) {
  Value::Array result;
  result.reserve(array.size());
  for (dom::element element : array) result.push_back(to_value(element));
  return result;
}

/// Finds the member that has a key already, while an object is read.
class Repeated {
 public:
  Repeated(dom::object object, Value::Object& members) : object_(object), members_(members) {}

  Member* find(std::string_view key) {
    if (members_.capacity() <= small_object) {
      const auto same = std::find_if(members_.begin(), members_.end(),
                                     [key](const Member& member) { return member.key == key; });
      return same == members_.end() ? nullptr : &*same;
    }
    // As long as the keys ascend, as those of most large objects do, none comes twice.
    if (ascends_ && (members_.empty() || members_.back().key < key)) return nullptr;
    if (std::exchange(ascends_, false)) note_places();
    const auto [place, is_new] = places_.emplace(key, members_.size());
    return is_new ? nullptr : &members_[place->second];
  }

 private:
  void note_places() {
    for (const auto [key, element] : object_) {
      if (places_.size() == members_.size()) return;
      places_.emplace(key, places_.size());
    }
  }

  const dom::object object_;
  Value::Object& members_;
  bool ascends_ = true;
  std::unordered_map<std::string_view, std::size_t> places_;
};

/// Of a key that comes twice the last value counts, at the place of the first.
Value to_value(dom::object object) {
  Value::Object result;
  result.reserve(object.size());
  Repeated repeated(object, result);
  for (const auto [key, element] : object) {
    if (Member* known = repeated.find(key)) {
      known->value = to_value(element);
    } else {
      result.push_back({std::string(key), to_value(element)});
    }
  }
  return result;
}

Value to_value(dom::element element) {
  switch (element.type()) {
    case dom::element_type::ARRAY:
      return to_value(dom::array(element.get_array().value_unsafe()));
    case dom::element_type::OBJECT:
      return to_value(dom::object(element.get_object().value_unsafe()));
    case dom::element_type::INT64:
      return Value(element.get_int64().value_unsafe());
    case dom::element_type::UINT64:
      return Value(static_cast<double>(element.get_uint64().value_unsafe()));
    case dom::element_type::DOUBLE:
      return Value(element.get_double().value_unsafe());
    case dom::element_type::STRING:
      return Value(element.get_string().value_unsafe());
    case dom::element_type::BOOL:
      return Value(element.get_bool().value_unsafe());
    case dom::element_type::NULL_VALUE:
      break;
  }
  return {};
}

std::string reason_of(simdjson::error_code code) {
  switch (code) {
    case simdjson::EMPTY:
      return "the text is empty";
    case simdjson::DEPTH_ERROR:
      return "nested deeper than " + std::to_string(max_depth);
    case simdjson::UTF8_ERROR:
      return "not UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string is never closed";
    case simdjson::UNESCAPED_CHARS:
      return "a control character within a string";
    case simdjson::STRING_ERROR:
      return "a bad escape in a string";
    case simdjson::NUMBER_ERROR:
      return "a bad number, or one too large";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
      return "an unknown word";
    case simdjson::CAPACITY:
      return "the text is too long";
    case simdjson::MEMALLOC:
      return "out of memory";
    default:
      return "a structure that is no JSON";
  }
}

}  // namespace

struct Reader::Impl {
  dom::parser parser;
  std::string padded;  ///< the text and the room behind it that the parser reads into

  simdjson::simdjson_result<dom::element> parse(std::string_view text) {
    padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    padded.assign(text);
    padded.append(simdjson::SIMDJSON_PADDING, '\0');
    if (parser.capacity() < text.size()) {
      if (const auto error = parser.allocate(std::max<std::size_t>(text.size(), 4096), max_depth))
        return error;
    }
    return parser.parse(padded.data(), text.size(), /*realloc_if_needed=*/false);
  }

  bool is_large() const { return parser.capacity() > kept_capacity || padded.capacity() > kept_capacity; }
};

Reader::Reader() : impl_(std::make_unique<Impl>()) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Result<Value> Reader::parse(std::string_view text, Root root) {
  const auto values = [&]() -> Result<Value> {
    auto document = impl_->parse(text);
    if (document.error() == simdjson::NUMBER_ERROR) document = impl_->parse(widen_big_integers(text));
    if (document.error()) return make_error(Code::invalid_json, reason_of(document.error()));
    const dom::element element = document.value_unsafe();
    if (root == Root::object && !element.is_object()) return make_error(Code::invalid, "not an object");
    return to_value(element);
  };
  Result<Value> result = values();
  if (impl_->is_large()) impl_ = std::make_unique<Impl>();
  return result;
}

Result<Value> parse(std::string_view text) {
  return Reader().parse(text);
}

}  // namespace troupe::json
