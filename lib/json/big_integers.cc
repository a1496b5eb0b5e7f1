#include "lib/json/big_integers.h"

#include <charconv>
#include <cstdint>
#include <system_error>

#include "lib/json/member_text.h"

namespace troupe::json {

namespace {

template <class T>
bool fits(std::string_view number) {
  T value;
  return std::from_chars(number.data(), number.data() + number.size(), value).ec !=
         std::errc::result_out_of_range;
}

bool is_big_integer(std::string_view number) {
  if (number.find_first_of(".eE") != std::string_view::npos) return false;
  return !fits<std::int64_t>(number) && !(number[0] != '-' && fits<std::uint64_t>(number));
}

}  // namespace

std::string widen_big_integers(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 16);
  while (!text.empty()) {
    std::size_t length = 1;
    bool big = false;
    if (text[0] == '"') {
      length = string_length(text);
    } else if (text[0] == '-' || (text[0] >= '0' && text[0] <= '9')) {
      length = std::min(text.find_first_not_of("0123456789+-.eE", 1), text.size());
      big = is_big_integer(text.substr(0, length));
    }
    result += text.substr(0, length);
    if (big) result += "e0";
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace troupe::json
