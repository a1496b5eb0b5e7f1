#include "plugins/host/registry.h"

#include <iterator>

#include "plugins/logger/plugin.h"
#include "plugins/stats/plugin.h"

namespace troupe::plugins {

namespace {

constexpr const PluginRow* rows[] = {
    &logger::row,
    &stats::row,
};
static_assert(std::size(rows) == std::size(conf::builtin_plugins),
              "a row of lib/conf/builtin_plugins.h has no code");

}  // namespace

std::span<const PluginRow* const> registry() {
  return rows;
}

}  // namespace troupe::plugins
