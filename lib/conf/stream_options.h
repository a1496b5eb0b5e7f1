#pragma once

#include <span>
#include <string_view>

#include "lib/base/result.h"
#include "lib/conf/option.h"
#include "lib/conf/stream_config.h"

namespace troupe::conf {

/// One class of streams and what it reads of StreamSettings.
struct StreamClassRow {
  std::string_view name;  ///< also accepted as `circus.stream.NAME`
  StreamClass kind;
  std::string_view doc;
  std::span<const std::string_view> options;

  bool reads(std::string_view option) const;
};

/// The rows, sorted by name.
std::span<const StreamClassRow> stream_classes();

/// nullptr: there is no such class. An empty name is FileStream.
const StreamClassRow* find_stream_class(std::string_view name);

/// The options of all classes, sorted by name: the X of `stdout_stream.X`.
using StreamOption = Option<StreamSettings>;
std::span<const StreamOption> stream_options();
const StreamOption* find_stream_option(std::string_view key);

/// One option, whatever the class: Code::invalid for a bad value; the text begins with the option. A key that
/// no class knows is good, as in Circus.
Result<void> check_stream_option(std::string_view key, std::string_view text);

/// What a stream that is set means. Options that its class does not read are passed over, as in Circus.
/// Code::invalid: an unknown class or a bad value; the text begins with the option.
Result<StreamSettings> stream_settings(const StreamConfig& config);

}  // namespace troupe::conf
