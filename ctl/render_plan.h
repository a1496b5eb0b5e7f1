#pragma once

#include <string>

#include "lib/base/value.h"

namespace troupe::ctl {

/// The reply of reloadconfig, a line for each kind of change: "changed  web (cmd), shop (env.A)".
std::string render_plan(const Value& properties, const Value& reply);

}  // namespace troupe::ctl
