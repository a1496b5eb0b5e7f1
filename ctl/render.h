#pragma once

#include <string>
#include <string_view>

#include "lib/api/event_cursor.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// How to write for people.
struct Look {
  bool colour = false;
};

/// What troupectl prints for the successful reply of a verb: lines that end in a newline. `properties` are
/// those of the request (status of one watcher reads differently from status of all). Pure: times are told
/// relative to the reply's own `time`.
std::string render(std::string_view verb, const Value& properties, const Value& reply, Look look);

/// One event as a line: its number, local time, topic, and the rest as KEY=VALUE.
std::string render_event(const api::Event& event, Look look);
/// One event as a line of JSON with `topic` as its first key.
std::string event_json(const api::Event& event);

/// Leaves with 3 though the daemon said no error: `status NAME` of a watcher that does not run, as LSB init
/// scripts do.
bool says_not_running(std::string_view verb, const Value& properties, const Value& reply);

/// "5s", "3m20s", "2h05m", "4d03h".
std::string age_text(double seconds);

}  // namespace troupe::ctl
