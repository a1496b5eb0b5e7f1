#include "ctl/circus_render.h"

#include <vector>

#include "ctl/python_json.h"
#include "ctl/render_values.h"
#include "ctl/table.h"
#include "lib/conf/python_text.h"
#include "lib/json/reader.h"

namespace troupe::ctl {

namespace {

using Render = std::string (*)(const Value& properties, const Value& reply);

/// A value as print() shows it: text without quotes, null as nothing.
std::string shown(const Value& value) {
  return value.is_null() ? std::string() : printable(conf::python_str(value));
}

std::string shown(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value ? shown(*value) : std::string();
}

std::string ok(const Value&, const Value&) {
  return "ok\n";
}

std::string list(const Value&, const Value& reply) {
  const Value* pids = reply.find("pids");
  const Value* found = pids ? pids : reply.find("watchers");
  std::string line;
  if (found && found->as_array()) {
    for (const Value& element : *found->as_array()) line += (line.empty() ? "" : ",") + shown(element);
  }
  return line + "\n";
}

std::string status(const Value&, const Value& reply) {
  return reply.find("statuses") ? circus_statuses(reply) : shown(reply, "status") + "\n";
}

/// `A=1,B=2`
std::string environment(const Value& env) {
  std::string line;
  for (const Member* member : by_key(&env)) {
    line += (line.empty() ? "" : ",") + printable(member->key) + "=" + shown(member->value);
  }
  return line;
}

std::string options(const Value&, const Value& reply) {
  std::string out;
  const Value* found = reply.find("options");
  if (!found || !found->as_object()) return out;
  for (const Member& member : *found->as_object()) {
    const bool env = member.key == "env" && member.value.as_object();
    out += printable(member.key) + ": " + (env ? environment(member.value) : shown(member.value)) + "\n";
  }
  return out;
}

std::string resized(const Value&, const Value& reply) {
  if (const Value* singleton = reply.find("singleton");
      singleton && singleton->as_bool() && *singleton->as_bool()) {
    return "This watcher is a Singleton - not changing the number of processes\n";
  }
  const std::string number = shown(reply, "numprocesses");
  return (number.empty() ? "ok" : number) + "\n";
}

std::string count(const Value&, const Value& reply) {
  const Value* watchers = reply.find("numwatchers");
  return (watchers ? shown(*watchers) : shown(reply, "numprocesses")) + "\n";
}

std::string sockets(const Value&, const Value& reply) {
  std::string out;
  const Value* found = reply.find("sockets");
  if (!found || !found->as_array()) return out;
  for (const Value& socket : *found->as_array()) {
    const std::string path = shown(socket, "path");
    out += shown(socket, "fd") + ":socket '" + shown(socket, "name") + "' at " +
           (path.empty() ? shown(socket, "host") + ":" + shown(socket, "port") : path) + "\n";
  }
  return out;
}

/// "19199  sh root 0 1.62M 2.53M 0.0 0.007 0:00.0", and those of its children, deeper by three.
std::string process_lines(const Value& facts, std::size_t indent = 0) {
  if (!facts.as_object()) return shown(facts) + "\n";  // a process that is gone is told as a text
  std::string line = shown(facts, "pid") + " ";
  for (const std::string_view key :
       {"cmdline", "username", "nice", "mem_info1", "mem_info2", "cpu", "mem", "ctime"}) {
    line += " " + shown(facts, key);
  }
  line += "\n";
  if (const Value* children = facts.find("children"); children && children->as_array()) {
    for (const Value& child : *children->as_array()) {
      line += std::string(indent + 3, ' ') + process_lines(child, indent + 3);
    }
  }
  return line;
}

std::string watcher_lines(const std::string& name, const Value& processes) {
  std::string out = name + ":\n";
  if (!processes.as_object()) return out;
  for (const Member& process : *processes.as_object()) {
    out += printable(process.key) + ": " + process_lines(process.value);
  }
  return out;
}

std::string stats(const Value&, const Value& reply) {
  const Value* info = reply.find("info");
  if (const Value* infos = reply.find("infos"); infos && infos->as_object()) {
    std::string out;
    for (const Member& member : *infos->as_object()) {
      out += watcher_lines(printable(member.key), member.value);
    }
    return out;
  }
  if (!info) return {};
  if (reply.find("name")) return watcher_lines(shown(reply, "name"), *info);
  return shown(reply, "process") + ": " + process_lines(*info) + "\n";
}

std::string dstats(const Value&, const Value& reply) {
  const Value* info = reply.find("info");
  return "Main Process:\n    " + (info ? process_lines(*info, 4) : "\n");
}

std::string ipython(const Value&, const Value&) {
  return "error: Could not start ipython kernel\n";
}

struct Row {
  std::string_view verb;
  Render render;
};

/// Verbs that are not here print "ok".
constexpr Row rows[] = {
    {"decr", resized},       {"dstats", dstats},     {"get", options},     {"globaloptions", options},
    {"incr", resized},       {"ipython", ipython},   {"list", list},       {"listsockets", sockets},
    {"numprocesses", count}, {"numwatchers", count}, {"options", options}, {"stats", stats},
    {"status", status},
};

}  // namespace

std::string circus_render(std::string_view verb, const Value& properties, const Value& reply) {
  for (const Row& row : rows) {
    if (row.verb == verb) return row.render(properties, reply);
  }
  return ok(properties, reply);
}

std::string circus_error(std::string_view verb, const Value& reply) {
  if (verb == "status") return "error";
  const std::string reason = shown(reply, "reason");
  return verb == "globaloptions" ? reason : "error: " + reason;
}

std::string circus_statuses(const Value& reply) {
  std::string out;
  for (const Member* member : by_key(reply.find("statuses"))) {
    out += printable(member->key) + ": " + shown(member->value) + "\n";
  }
  return out;
}

std::string circus_event(std::string_view topic, std::string_view payload) {
  const auto data = json::parse(payload);
  return python_bytes(topic) + ": " + python_bytes(data ? python_json(*data) : std::string(payload)) + "\n";
}

}  // namespace troupe::ctl
