#include "plugins/host/config.h"

#include <algorithm>

namespace troupe::plugins {

namespace {

constexpr std::string_view separator = ":::";

}  // namespace

Result<Config> Config::parse(std::string_view text, std::span<const ConfigRow> rows) {
  Config config(rows);
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + separator.size(), text.size()));
    const auto colon = piece.find(':');
    if (colon == std::string_view::npos) {
      return make_error(Code::invalid, "'" + std::string(piece) + "' in the configuration is not key:value");
    }
    config.values_.emplace_back(piece.substr(0, colon), piece.substr(colon + 1));
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
