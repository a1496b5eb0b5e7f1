#include "lib/conf/builtin_plugins.h"

#include <algorithm>

namespace troupe::conf {

const BuiltinPlugin* find_builtin_plugin(std::string_view name) {
  const auto at = std::find_if(std::begin(builtin_plugins), std::end(builtin_plugins),
                               [name](const BuiltinPlugin& row) { return row.name == name; });
  return at == std::end(builtin_plugins) ? nullptr : at;
}

}  // namespace troupe::conf
