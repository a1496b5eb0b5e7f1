#include "lib/conf/curve_key.h"

#include <algorithm>

#include "lib/base/text.h"

namespace troupe::conf {

namespace {

constexpr std::string_view z85_marks = ".-:+=^!/*?&<>()[]{}@%$#";
constexpr std::size_t key_length = 40;

bool is_z85(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         z85_marks.find(c) != std::string_view::npos;
}

std::string_view unquoted(std::string_view text) {
  const bool quoted =
      text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

Error at_line(int line, std::string_view reason) {
  return make_error(Code::invalid, std::to_string(line) + ": " + std::string(reason));
}

}  // namespace

bool is_curve_key(std::string_view text) {
  return text.size() == key_length && std::all_of(text.begin(), text.end(), is_z85);
}

Result<CurveKeyFile> parse_curve_keys(std::string_view text) {
  CurveKeyFile file;
  int number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (is_curve_key(line)) {  // first: a key may begin with # and hold =
      file.bare = line;
      continue;
    }
    if (line.empty() || line.front() == '#' || line == "curve" || line == "metadata") continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos)
      return at_line(number, "this is neither a key (40 characters of Z85) nor `public-key = \"KEY\"`");
    const std::string_view name = trim(line.substr(0, equals));
    if (name != "public-key" && name != "secret-key") continue;
    const std::string_view key = unquoted(trim(line.substr(equals + 1)));
    if (!is_curve_key(key))
      return at_line(number, std::string(name) + " is no key: it has to be 40 characters of Z85");
    (name == "public-key" ? file.public_key : file.secret_key) = key;
  }
  return file;
}

}  // namespace troupe::conf
