#include "ctl/one_shot.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "ctl/option_value.h"
#include "ctl/render_values.h"
#include "ctl/table.h"
#include "lib/base/text.h"
#include "lib/json/writer.h"

namespace troupe::ctl {

namespace {

std::string json_text(const Value& reply, bool pretty) {
  return (pretty ? json::write_pretty(reply) : json::write(reply)) + "\n";
}

Outcome trouble(std::string text) {
  return {Exit::client, {}, std::move(text)};
}

bool waits(const Invocation& invocation) {
  const auto& options = invocation.typed.options;
  return std::any_of(options.begin(), options.end(),
                     [](const auto& option) { return option.first == "waiting"; });
}

/// No reply came. Requests of one client are taken in order: when a later one is answered, the daemon has
/// that which is waited for.
Outcome no_reply(const Invocation& invocation, const Error& error, Daemon& daemon) {
  constexpr Duration moment = 1s;
  if (error.code != Code::timed_out || !waits(invocation) ||
      !daemon.call("numwatchers", Value::object(), moment)) {
    return trouble(error.text);
  }
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%g s", to_seconds(patience(invocation)));
  return trouble(std::string(invocation.verb->name) + " is not done after " + seconds +
                 "; the daemon goes on with it: see `troupectl status`");
}

/// A number that is not there yet, or of another life of the daemon, gives nothing, which looks like silence.
std::string beyond_last(const Value& properties, const Value& reply) {
  const double since = number_or(properties, "since", 0), last = number_or(reply, "last", since);
  if (since <= last) return {};
  return "there is no event after " + plain(properties, "since") + " yet: the last one is " +
         plain(reply, "last");
}

/// All that the ring holds after `since`, page by page, for people; a limit that was asked for counts.
Outcome all_events(const Invocation& invocation, Value properties, Value reply, Daemon& daemon, Look look) {
  Outcome outcome{.err = beyond_last(properties, reply)};
  const bool limited = properties.find("limit");
  for (double before = -1;;) {
    outcome.out += render("events", properties, reply, look);
    const double next = number_or(reply, "next", -1);
    if (limited || next <= before || next >= number_or(reply, "last", -1)) return outcome;
    before = next;
    properties.set("since", static_cast<std::int64_t>(next));
    auto more = daemon.call("events", properties, patience(invocation));
    if (!more) {
      outcome.exit = Exit::client;
      outcome.err = more.error().text;
      return outcome;
    }
    if (is_error(*more)) {
      outcome.exit = Exit::refused;
      outcome.err = plain(*more, "reason");
      return outcome;
    }
    reply = std::move(*more);
  }
}

/// The suggestion for that one of the keys of `get` which the daemon did not find.
std::string near_key(const Value& properties, std::string_view reason) {
  const Value* keys = properties.find("keys");
  if (!keys || !keys->as_array()) return {};
  for (const Value& key : *keys->as_array()) {
    if (key.as_text() && reason == "'" + printable(*key.as_text()) + "' option not found")
      return near_option(*key.as_text());
  }
  return {};
}

}  // namespace

Duration patience(const Invocation& invocation) {
  constexpr double longest = 1e6;  // seconds
  return from_seconds(std::min(invocation.settings.timeout.value_or(waits(invocation) ? 300 : 5), longest));
}

std::string failed_starts(const Value& properties, const Value& reply) {
  const Value* const info = reply.find("info");
  const Value& result = info && info->as_object() ? *info : reply;
  std::string text;
  const auto add = [&text](std::string_view watcher, std::string_view why) {
    if (why.empty()) return;
    text += (text.empty() ? "" : "\n") + printable(watcher) + ": " + std::string(why);
  };
  add(text_or(properties, "name", ""), plain(result, "error"));
  for (const Member* failed : by_key(result.find("errors"))) add(failed->key, plain(failed->value));
  return text;
}

bool is_error(const Value& reply) {
  return text_or(reply, "status", "error") == "error";
}

std::string refusal(const Value& properties, const Value& reply, Daemon& daemon, Duration timeout) {
  const std::string reason = plain(reply, "reason");
  const std::string name(text_or(properties, "name", ""));
  if (number_or(reply, "errno", 0) != 3 || reason != printable("program " + name + " not found")) {
    return reason.empty() ? "the daemon gave no reason" : reason + near_key(properties, reason);
  }
  std::string text = "no watcher named " + printable(name);
  const auto list = daemon.call("list", Value::object(), timeout);
  const Value* watchers = list ? list->find("watchers") : nullptr;
  if (!watchers || !watchers->as_array()) return text;
  std::vector<std::string_view> names;
  for (const Value& watcher : *watchers->as_array()) {
    if (watcher.as_text()) names.push_back(*watcher.as_text());
  }
  const auto near = closest(to_lower(name), names);
  return near ? text + "; did you mean " + printable(*near) + "?" : text;
}

Outcome one_shot(const Invocation& invocation, const Value& properties, Daemon& daemon, Look look) {
  const std::string_view verb = invocation.verb->name;
  auto reply = daemon.call(verb, properties, patience(invocation));
  if (!reply) return no_reply(invocation, reply.error(), daemon);

  const bool error = is_error(*reply);
  const bool not_running = !error && says_not_running(verb, properties, *reply);
  const std::string why = error ? "" : failed_starts(properties, *reply);
  const Exit exit = error || not_running || !why.empty() ? Exit::refused : Exit::good;
  if (invocation.settings.json) return {exit, json_text(*reply, invocation.settings.prettify), {}};
  if (error) return {exit, {}, refusal(properties, *reply, daemon, patience(invocation))};
  if (!why.empty()) return {exit, verb == "reloadconfig" ? render(verb, properties, *reply, look) : "", why};
  if (verb == "events") return all_events(invocation, properties, std::move(*reply), daemon, look);
  return {exit, render(verb, properties, *reply, look), {}};
}

}  // namespace troupe::ctl
