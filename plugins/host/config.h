#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/conf/builtin_plugins.h"

namespace troupe::plugins {

/// One option of a plugin. Those of plugins that are built in are rows of lib/conf/builtin_plugins.h.
using ConfigRow = conf::PluginOption;

/// The section of a plugin as its process gets it. Keys that are no option of the plugin are kept: the
/// section also holds options of the watcher, and its `name`.
class Config {
 public:
  /// `key:value:::key:value`, as Circus passes it: values may hold single colons. Of a key that comes twice
  /// the last value counts. Error: a piece without a colon.
  static Result<Config> parse(std::string_view text, std::span<const ConfigRow> rows);

  /// The value, or the fallback of its row; empty for a key that is neither.
  std::string text(std::string_view key) const;

 private:
  explicit Config(std::span<const ConfigRow> rows) : rows_(rows) {}

  std::span<const ConfigRow> rows_;
  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace troupe::plugins
