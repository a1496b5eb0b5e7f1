#include "ctl/render.h"

#include <set>

#include "ctl/logs.h"
#include "ctl/render_plan.h"
#include "ctl/render_stats.h"
#include "ctl/render_status.h"
#include "ctl/render_values.h"
#include "ctl/table.h"
#include "lib/json/writer.h"

namespace troupe::ctl {

namespace {

using Render = std::string (*)(const Value& properties, const Value& reply, Look look);

std::string lines(const Value* array) {
  std::string out;
  if (!array || !array->as_array()) return out;
  for (const Value& element : *array->as_array()) out += plain(element) + "\n";
  return out;
}

std::string words(const Value& array) {
  std::string out;
  if (!array.as_array()) return out;
  for (const Value& element : *array.as_array()) out += " " + plain(element);
  return out;
}

std::string list(const Value&, const Value& reply, Look) {
  const Value* pids = reply.find("pids");
  return lines(pids ? pids : reply.find("watchers"));
}

std::string status(const Value&, const Value& reply, Look look) {
  return reply.find("statuses") ? render_statuses(reply, look) : render_one_status(reply, look);
}

std::string stats(const Value&, const Value& reply, Look look) {
  return render_stats(reply, look);
}

std::string plan(const Value& properties, const Value& reply, Look) {
  return render_plan(properties, reply);
}

std::string options(const Value&, const Value& reply, Look look) {
  Table table({{}, {}});
  if (const Value* found = reply.find("options"); found && found->as_object()) {
    for (const Member& member : *found->as_object()) table.add({printable(member.key), plain(member.value)});
  }
  return table.text(look.colour);
}

std::string resized(const Value& properties, const Value& reply, Look) {
  if (const Value* singleton = reply.find("singleton");
      singleton && singleton->as_bool() && *singleton->as_bool()) {
    return plain(properties, "name") + " is a singleton: its number of processes stays the same\n";
  }
  const std::string number = plain(reply, "numprocesses");
  return (number.empty() ? "ok" : number) + "\n";
}

std::string count(const Value&, const Value& reply, Look) {
  const Value* watchers = reply.find("numwatchers");
  return (watchers ? plain(*watchers) : plain(reply, "numprocesses")) + "\n";
}

/// "ok", and what was done when somebody waited for it: "ok  stopped 12 13  started 14".
std::string done(const Value&, const Value& reply, Look) {
  const Value* info = reply.find("info");
  const Value& result = info ? *info : reply;
  std::string line = "ok";
  for (const std::string_view key : {"stopped", "started", "kept"}) {
    const Value* pids = result.find(key);
    if (pids && pids->as_array() && !pids->as_array()->empty())
      line += "  " + std::string(key) + words(*pids);
  }
  return line + "\n";
}

std::string sockets(const Value&, const Value& reply, Look look) {
  Table table({{"FD", Table::Align::right}, {"NAME"}, {"ADDRESS"}, {"BACKLOG", Table::Align::right}});
  const Value* found = reply.find("sockets");
  if (!found || !found->as_array() || found->as_array()->empty()) return {};
  for (const Value& socket : *found->as_array()) {
    std::string address = plain(socket, "path");
    if (address.empty()) address = plain(socket, "host") + ":" + plain(socket, "port");
    table.add({plain(socket, "fd"), plain(socket, "name"), address, plain(socket, "backlog")});
  }
  return table.text(look.colour);
}

std::string events(const Value&, const Value& reply, Look look) {
  std::string out;
  const Value* found = reply.find("events");
  if (!found || !found->as_array()) return out;
  for (const Value& event : *found->as_array()) {
    api::Event one{std::string(text_or(event, "topic", "?")), Value::object()};
    if (!event.as_object()) continue;
    for (const Member& member : *event.as_object()) {
      if (member.key != "topic") one.data.append(member.key, member.value);
    }
    out += render_event(one, look);
  }
  return out;
}

std::string logs(const Value&, const Value& reply, Look look) {
  std::set<std::int64_t> wids;
  return render_log_lines(reply, wids, look);
}

std::string published(const Value&, const Value& reply, Look) {
  const std::string seq = plain(reply, "seq");
  return seq.empty() ? "ok\n" : "ok  event " + seq + "\n";
}

std::string message(const Value&, const Value& reply, Look) {
  return plain(reply, "msg") + "\n";
}

std::string pretty(const Value&, const Value& reply, Look) {
  return json::write_pretty(reply) + "\n";
}

struct Row {
  std::string_view verb;
  Render render;
};

/// Verbs that are not here print "ok" and what was done.
constexpr Row rows[] = {
    {"decr", resized},          {"dstats", stats},      {"events", events},      {"get", options},
    {"globaloptions", options}, {"incr", resized},      {"ipython", message},    {"list", list},
    {"listsockets", sockets},   {"logs", logs},         {"numprocesses", count}, {"numwatchers", count},
    {"options", options},       {"publish", published}, {"reloadconfig", plan},  {"snapshot", pretty},
    {"stats", stats},           {"status", status},
};

}  // namespace

std::string render(std::string_view verb, const Value& properties, const Value& reply, Look look) {
  for (const Row& row : rows) {
    if (row.verb == verb) return row.render(properties, reply, look);
  }
  return done(properties, reply, look);
}

bool says_not_running(std::string_view verb, const Value& properties, const Value& reply) {
  if (verb != "status" || !properties.find("name")) return false;
  const std::string_view state = text_or(reply, "status", "");
  return state != "active" && state != "starting" && state != "stopping";
}

std::string age_text(double seconds) {
  if (!(seconds >= 0) || seconds > 1e15) return "?";
  const auto whole = static_cast<long long>(seconds);
  const auto two = [](long long big, const char* big_unit, long long small, const char* small_unit) {
    const std::string digits = std::to_string(small);
    return std::to_string(big) + big_unit + (digits.size() < 2 ? "0" : "") + digits + small_unit;
  };
  if (whole < 60) return std::to_string(whole) + "s";
  if (whole < 3600) return two(whole / 60, "m", whole % 60, "s");
  if (whole < 86400) return two(whole / 3600, "h", whole / 60 % 60, "m");
  return two(whole / 86400, "d", whole / 3600 % 24, "h");
}

}  // namespace troupe::ctl
