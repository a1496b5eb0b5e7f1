#include "ctl/render_stats.h"

#include <utility>
#include <vector>

#include "ctl/render_values.h"
#include "ctl/table.h"

namespace troupe::ctl {

namespace {

constexpr auto right = Table::Align::right;

std::string age(const Value& facts) {
  const double seconds = number_or(facts, "age", -1);
  return seconds < 0 ? std::string() : age_text(seconds);
}

/// Without a watcher the table has no column for it.
void add_row(Table& table, const std::string& watcher, std::vector<Table::Cell> cells) {
  if (!watcher.empty()) cells.insert(cells.begin(), watcher);
  table.add(std::move(cells));
}

void add_process(Table& table, const std::string& watcher, const std::string& pid, const Value& facts,
                 int depth) {
  if (!facts.as_object()) {  // a process that is gone is told as a text
    add_row(table, watcher, {pid, {plain(facts), Tone::dim}});
    return;
  }
  const std::string own_pid = plain(facts, "pid");
  add_row(
      table, watcher,
      {own_pid.empty() ? pid : own_pid,
       std::string(static_cast<std::size_t>(depth) * 2, ' ') + plain(facts, "cmdline"),
       plain(facts, "username"), plain(facts, "nice"), plain(facts, "mem_info1"), plain(facts, "mem_info2"),
       plain(facts, "cpu"), plain(facts, "mem"), plain(facts, "ctime"), age(facts)});
  const Value* children = facts.find("children");
  if (!children || !children->as_array() || depth >= 32) return;
  for (const Value& child : *children->as_array()) add_process(table, watcher, {}, child, depth + 1);
}

void add_watcher(Table& table, const std::string& watcher, const Value& processes) {
  if (!processes.as_object() || processes.as_object()->empty()) {
    table.add({watcher, {"-", Tone::dim}});
    return;
  }
  for (const Member& process : *processes.as_object()) {
    add_process(table, watcher, printable(process.key), process.value, 0);
  }
}

}  // namespace

std::string render_stats(const Value& reply, Look look) {
  std::vector<Table::Column> columns{{"PID", right},  {"COMMAND"},      {"USER"},        {"NICE", right},
                                     {"RSS", right},  {"VSIZE", right}, {"CPU%", right}, {"MEM%", right},
                                     {"TIME", right}, {"AGE", right}};
  if (reply.find("infos") || reply.find("name")) columns.insert(columns.begin(), {"WATCHER"});
  Table table(std::move(columns));
  const Value* info = reply.find("info");
  if (const Value* infos = reply.find("infos"); infos && infos->as_object()) {
    for (const Member* member : by_key(infos)) add_watcher(table, printable(member->key), member->value);
  } else if (info && reply.find("name")) {
    add_watcher(table, plain(reply, "name"), *info);
  } else if (info) {
    add_process(table, {}, plain(reply, "process"), *info, 0);
  }
  return table.text(look.colour);
}

}  // namespace troupe::ctl
