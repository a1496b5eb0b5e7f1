#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "ctl/daemon.h"
#include "ctl/render.h"

namespace troupe::ctl {

/// The lines of a reply of `logs`. When they are of several processes (`wids` has those seen before too),
/// each begins with the number of its process.
std::string render_log_lines(const Value& reply, std::set<std::int64_t>& wids, Look look);

/// A line of output for a terminal: colours pass where colours are wanted, other control characters are
/// shown.
std::string shown_line(std::string_view line, bool colour);

/// `logs --follow`: the last lines, then what comes, asked for with questions that the daemon answers when
/// there is something. Returns when the output is closed or something cannot be done; a signal ends the
/// process.
Outcome follow_logs(Value properties, bool json, Daemon& daemon, Look look);

}  // namespace troupe::ctl
