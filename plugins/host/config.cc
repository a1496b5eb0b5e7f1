#include "plugins/host/config.h"

#include <algorithm>

namespace troupe::plugins {

namespace {

constexpr std::string_view separator = ":::";

/// Of a longer run of colons the last three separate: no key begins with a colon, but a value may end with
/// one.
std::size_t value_end(std::string_view text, std::size_t start) {
  auto end = text.find(separator, start);
  if (end == std::string_view::npos) return text.size();
  while (text.substr(end + separator.size()).starts_with(':')) ++end;
  return end;
}

}  // namespace

Result<Config> Config::parse(std::string_view text, std::span<const ConfigRow> rows) {
  Config config(rows);
  while (!text.empty()) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
      return make_error(Code::invalid, "'" + std::string(text) + "' in the configuration is not key:value");
    }
    const auto end = value_end(text, colon + 1);
    config.values_.emplace_back(text.substr(0, colon), text.substr(colon + 1, end - colon - 1));
    text.remove_prefix(std::min(end + separator.size(), text.size()));
  }
  return config;
}

std::string Config::text(std::string_view key) const {
  const auto value =
      std::find_if(values_.rbegin(), values_.rend(), [key](const auto& known) { return known.first == key; });
  if (value != values_.rend()) return value->second;
  const auto row =
      std::find_if(rows_.begin(), rows_.end(), [key](const ConfigRow& r) { return r.name == key; });
  return row == rows_.end() ? std::string() : std::string(row->fallback);
}

}  // namespace troupe::plugins
