#include "ctl/option_value.h"

#include <string>
#include <vector>

#include "ctl/table.h"
#include "lib/base/text.h"
#include "lib/conf/kinds.h"
#include "lib/conf/option.h"

namespace troupe::ctl {

namespace {

Error unknown_key(std::string_view key) {
  std::vector<std::string_view> names;
  for (const auto& row : conf::watcher_options()) {
    if (row.where.set) names.push_back(row.name);
  }
  std::string text = "unknown key '" + printable(key) + "'";
  if (const auto near = closest(to_lower(key), names)) text += "; did you mean " + std::string(*near) + "?";
  return make_error(Code::invalid, std::move(text));
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

}  // namespace troupe::ctl
