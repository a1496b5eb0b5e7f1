#pragma once

#include <string>
#include <string_view>

#include "lib/base/value.h"

namespace troupe::ctl {

/// What circusctl 0.19.0 prints for the successful reply of a verb: lines that end in a newline. Scripts read
/// them, so nothing is added to them here; `render()` is the form for people.
std::string circus_render(std::string_view verb, const Value& properties, const Value& reply);

/// What it prints on standard error for an error reply.
std::string circus_error(std::string_view verb, const Value& reply);

/// The names and states of all watchers, as `status` prints them and as the shell begins.
std::string circus_statuses(const Value& reply);

/// An event as `listen` prints it: both frames as bytes in Python's spelling, the payload as Circus writes
/// JSON.
std::string circus_event(std::string_view topic, std::string_view payload);

}  // namespace troupe::ctl
