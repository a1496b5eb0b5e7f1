#include "plugins/host/registry.h"

#include "plugins/logger/plugin.h"

namespace troupe::plugins {

namespace {

constexpr const PluginRow* rows[] = {
    &logger::row,
};

}  // namespace

std::span<const PluginRow* const> registry() {
  return rows;
}

}  // namespace troupe::plugins
