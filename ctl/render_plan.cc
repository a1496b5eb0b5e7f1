#include "ctl/render_plan.h"

#include "ctl/render_values.h"
#include "ctl/table.h"

namespace troupe::ctl {

namespace {

std::string joined(const Value* array) {
  std::string out;
  if (!array || !array->as_array()) return out;
  for (const Value& element : *array->as_array()) out += (out.empty() ? "" : ", ") + plain(element);
  return out;
}

/// Names, and of what changed the options.
std::string names(const Value* value) {
  if (!value || !value->as_object()) return joined(value);
  std::string out;
  for (const Member& member : *value->as_object()) {
    out += (out.empty() ? "" : ", ") + printable(member.key) + " (" + joined(&member.value) + ")";
  }
  return out;
}

void add_row(Table& table, const std::string& what, const std::string& names) {
  if (!names.empty()) table.add({what, names});
}

}  // namespace

std::string render_plan(const Value& properties, const Value& reply) {
  const Value* plan = reply.find("info");
  if (!plan) return "ok\n";
  Table table({{}, {}});
  for (const std::string section : {"watchers", "sockets"}) {
    const Value* changes = plan->find(section);
    if (!changes) continue;
    for (const std::string kind : {"removed", "added", "changed", "resized"}) {
      add_row(table, section == "sockets" ? kind + " sockets" : kind, names(changes->find(kind)));
    }
  }
  add_row(table, "options", joined(plan->find("root")));
  add_row(table, "at the next start of the daemon", joined(plan->find("restarts")));
  const std::string rows = table.text(false);
  if (!rows.empty()) return rows;
  return properties.find("dry_run") ? "nothing changed\n" : "ok, nothing changed\n";
}

}  // namespace troupe::ctl
