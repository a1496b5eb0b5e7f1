#include "ctl/option_value.h"

#include <vector>

#include "ctl/table.h"
#include "lib/base/text.h"
#include "lib/conf/kinds.h"
#include "lib/conf/option.h"

namespace troupe::ctl {

namespace {

std::string did_you_mean(std::string_view key, bool conf::Where::*place) {
  std::vector<std::string_view> names;
  for (const auto& row : conf::watcher_options()) {
    if (row.where.*place) names.push_back(row.name);
  }
  const auto near = closest(to_lower(key), names);
  return near ? "; did you mean " + std::string(*near) + "?" : std::string();
}

Error unknown_key(std::string_view key) {
  return make_error(Code::invalid,
                    "unknown key '" + printable(key) + "'" + did_you_mean(key, &conf::Where::set));
}

}  // namespace

Result<Value> option_value(std::string_view key, std::string_view word) {
  const conf::WatcherOption* option = conf::find_watcher_option(key);
  if (!option || !option->where.set) return unknown_key(key);
  Value value = option->convert(word);
  if (option->type == conf::SignalKind::name && !value.as_int()) {
    return make_error(Code::invalid,
                      std::string(option->name) + ": '" + printable(word) + "' isn't a signal");
  }
  return value;
}

std::string near_option(std::string_view key) {
  return did_you_mean(key, &conf::Where::get);
}

}  // namespace troupe::ctl
