#pragma once

#include "ctl/daemon.h"
#include "ctl/render.h"
#include "ctl/settings.h"

namespace troupe::ctl {

/// How long to wait for an answer.
Duration patience(const Invocation& invocation);

/// Whether a reply is an error reply.
bool is_error(const Value& reply);

/// Why processes are missing after a start, restart or reload that was waited for, though the reply says ok
/// (as Circus's does): a line for each watcher; empty: none are.
std::string failed_starts(const Value& properties, const Value& reply);

/// One verb with the properties that pack() made of its words: request, reply, text.
Outcome one_shot(const Invocation& invocation, const Value& properties, Daemon& daemon, Look look);

/// The reason of an error reply as a line for people. For an unknown watcher the daemon is asked for the
/// names there are: "no watcher named wbe; did you mean web?".
std::string refusal(const Value& properties, const Value& reply, Daemon& daemon, Duration timeout);

}  // namespace troupe::ctl
