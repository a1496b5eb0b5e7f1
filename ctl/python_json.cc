#include "ctl/python_json.h"

#include "ctl/render_values.h"
#include "lib/base/utf8.h"
#include "lib/json/writer.h"

namespace troupe::ctl {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

void add_hex(std::string& out, unsigned long number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += hex_digits[number >> shift & 15];
}

void add_u(std::string& out, unsigned long unit) {
  out += "\\u";
  add_hex(out, unit, 4);
}

/// The code point at `at`, which is moved behind it; the text is UTF-8.
unsigned long next_code_point(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  unsigned long point = first & (0x3fU >> more);
  for (int i = 0; i < more && at < text.size(); ++i) {
    point = point << 6 | (static_cast<unsigned char>(text[at++]) & 0x3fU);
  }
  return point;
}

void add_json_text(std::string& out, std::string_view bytes) {
  const std::string text = replace_invalid_utf8(bytes);
  constexpr std::string_view escaped = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const unsigned long point = next_code_point(text, at);
    const auto known = point < 0x80 ? escaped.find(static_cast<char>(point)) : std::string_view::npos;
    if (known != std::string_view::npos) {
      out += {'\\', letters[known]};
    } else if (point >= 0x20 && point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x10000) {
      add_u(out, point);
    } else {  // as UTF-16 has it, RFC 8259 section 7
      add_u(out, 0xd800 + ((point - 0x10000) >> 10));
      add_u(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  }
  out += '"';
}

/// How the parts of an array or object are set apart.
struct Layout {
  bool indented = false;  ///< and sorted
};

void new_line(std::string& out, Layout layout, int depth) {
  if (layout.indented) out += "\n" + std::string(static_cast<std::size_t>(depth) * 2, ' ');
}

void add_json(std::string& out, const Value& value, Layout layout, int depth);

template <class Parts, class AddPart>
void add_parts(std::string& out, const Parts& parts, char open, char close, Layout layout, int depth,
               AddPart add_part) {
  out += open;
  bool first = true;
  for (const auto& part : parts) {
    if (!first) out += layout.indented ? "," : ", ";
    first = false;
    new_line(out, layout, depth + 1);
    add_part(part);
  }
  if (!first) new_line(out, layout, depth);
  out += close;
}

void add_json(std::string& out, const Value& value, Layout layout, int depth) {
  if (const std::string* text = value.as_text()) return add_json_text(out, *text);
  if (const Value::Array* array = value.as_array()) {
    return add_parts(out, *array, '[', ']', layout, depth,
                     [&](const Value& element) { add_json(out, element, layout, depth + 1); });
  }
  const Value::Object* object = value.as_object();
  if (!object) {
    out += json::write(value);
    return;
  }
  const auto add_member = [&](const Member& member) {
    add_json_text(out, member.key);
    out += ": ";
    add_json(out, member.value, layout, depth + 1);
  };
  if (!layout.indented) return add_parts(out, *object, '{', '}', layout, depth, add_member);
  add_parts(out, by_key(&value), '{', '}', layout, depth, [&](const Member* member) { add_member(*member); });
}

/// Python prefers ' and takes " when the text has only the first.
char quote_for(std::string_view text) {
  const bool single = text.find('\'') != text.npos, twice = text.find('"') != text.npos;
  return single && !twice ? '"' : '\'';
}

}  // namespace

std::string python_json(const Value& value) {
  std::string out;
  add_json(out, value, {}, 0);
  return out;
}

std::string python_json_sorted(const Value& value) {
  std::string out;
  add_json(out, value, {.indented = true}, 0);
  return out;
}

std::string python_bytes(std::string_view bytes) {
  const char quote = quote_for(bytes);
  std::string out{'b', quote};
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += {'\\', c == '\n' ? 'n' : c == '\r' ? 'r' : 't'};
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += "\\x";
      add_hex(out, byte, 2);
    } else {
      out += c;
    }
  }
  return out + quote;
}

}  // namespace troupe::ctl
