#include "lib/conf/builtin_plugins.h"

#include <algorithm>

namespace troupe::conf {

const BuiltinPlugin* find_builtin_plugin(std::string_view use, std::span<const BuiltinPlugin> rows) {
  const auto at = std::find_if(rows.begin(), rows.end(), [use](const BuiltinPlugin& row) {
    return row.name == use || (!row.circus_class.empty() && row.circus_class == use);
  });
  return at == rows.end() ? nullptr : &*at;
}

}  // namespace troupe::conf
