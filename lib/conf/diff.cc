#include "lib/conf/diff.h"

#include <algorithm>
#include <map>
#include <set>

#include "lib/base/text.h"
#include "lib/conf/option_set.h"
#include "lib/conf/shown_config.h"
#include "lib/conf/used_sockets.h"

namespace troupe::conf {

namespace {

/// Keys that only one of two objects has, or that have different values; those of an object one level down
/// as `key.inner`.
std::set<std::string> different_keys(const Value& before, const Value& after) {
  std::set<std::string> keys;
  const auto compare = [&keys](const Value& from, const Value& to) {
    for (const Member& member : *from.as_object()) {
      const Value* other = to.find(member.key);
      if (other && *other == member.value) continue;
      if (other && member.value.as_object() && other->as_object()) {
        for (const std::string& inner : different_keys(member.value, *other)) {
          keys.insert(member.key + "." + inner);
        }
      } else {
        keys.insert(member.key);
      }
    }
  };
  compare(before, after);
  compare(after, before);
  return keys;
}

template <class Section>
std::vector<std::string> different_options(const Section& before, const Section& after) {
  const auto keys = different_keys(shown_section(before), shown_section(after));
  return {keys.begin(), keys.end()};
}

/// The keys as they were handed to a plugin or to who asks for free options. One that is named like an option
/// of watchers stands there as well.
Value free_options(const WatcherConfig& watcher) {
  Value object = Value::object();
  for (const auto& [key, text] : watcher.free) object.append(key, text);
  return object;
}

std::vector<std::string> different_options(const WatcherConfig& before, const WatcherConfig& after) {
  auto keys = different_keys(shown_section(before), shown_section(after));
  keys.merge(different_keys(free_options(before), free_options(after)));
  if (before.plugin && after.plugin) {
    for (const char* made : {"cmd", "args"}) keys.erase(made);  // from the other keys
  }
  if (before.name != after.name) keys.insert("name");
  if (before.error != after.error) keys.insert("error");
  return {keys.begin(), keys.end()};
}

/// Sections by name, without case.
template <class Section>
std::map<std::string, const Section*> by_name(const std::vector<Section>& sections) {
  std::map<std::string, const Section*> map;
  for (const Section& section : sections) map.emplace(to_lower(section.name), &section);
  return map;
}

void compare_roots(const ArbiterConfig& before, const ArbiterConfig& after, Plan& plan) {
  if (before.dialect != after.dialect) plan.restarts.push_back("dialect");
  for (std::string_view key : changed_options(before, after)) plan.restarts.emplace_back(key);
  std::sort(plan.restarts.begin(), plan.restarts.end());
  for (const std::string& key : different_options(before, after)) {
    if (find_arbiter_option(key)->apply != Apply::fixed) plan.root.push_back(key);
  }
}

std::vector<Change> compare_sockets(const Config& before, const Config& after) {
  std::vector<Change> removed, others;
  const auto old = by_name(before.sockets);
  const auto now = by_name(after.sockets);
  for (const auto& [name, socket] : old) {
    if (!now.contains(name)) removed.push_back({Change::Kind::removed, name, {}, {}});
  }
  for (const auto& [name, socket] : now) {
    const auto at = old.find(name);
    if (at == old.end()) {
      others.push_back({Change::Kind::added, name, {}, {}});
    } else if (auto options = different_options(*at->second, *socket); !options.empty()) {
      others.push_back({Change::Kind::changed, name, std::move(options), {}});
    }
  }
  removed.insert(removed.end(), others.begin(), others.end());
  return removed;
}

/// Of the sockets that are opened, closed or bound anew, those that the watcher uses: what it names, or all
/// if it takes them as LISTEN_FDS tells.
std::vector<std::string> touched_sockets(const WatcherConfig& watcher, const std::vector<Change>& sockets) {
  std::vector<std::string> touched;
  const auto used = used_sockets(watcher);
  const bool uses_all = watcher.use_sockets && used.empty();
  for (const Change& change : sockets) {
    if (uses_all || used.contains(change.name)) touched.push_back(change.name);
  }
  std::sort(touched.begin(), touched.end());
  return touched;
}

/// What `set` would have to do; an option that it does not take needs a new watcher.
Apply strongest_apply(const std::vector<std::string>& options) {
  Apply strongest = Apply::live;
  for (const std::string& key : options) {
    const WatcherOption* row = find_watcher_option(key.starts_with("env.") ? "env" : key);
    const Apply apply = row && (row->where.set || row->name == "env") ? row->apply : Apply::fixed;
    strongest = std::max(strongest, apply);
  }
  return strongest;
}

/// Nothing: they are the same.
std::optional<Change> compare_watchers(const WatcherConfig& before, const WatcherConfig& after,
                                       const std::vector<Change>& sockets) {
  Change change{Change::Kind::changed, after.name, different_options(before, after),
                touched_sockets(after, sockets)};
  if (change.options.empty() && change.sockets.empty()) return std::nullopt;
  // A plugin gets its keys by its command line, which only a new watcher has.
  const bool is_new = !change.sockets.empty() || (after.plugin && before.free != after.free);
  change.apply = is_new ? Apply::fixed : strongest_apply(change.options);
  change.apply = std::max(change.apply, apply_of_streams(before, after));
  if (!is_new && change.options == std::vector<std::string>{"numprocesses"}) {
    change.kind = Change::Kind::resized;
  }
  return change;
}

/// Higher priorities first, equal ones by name: how a daemon starts them too.
bool starts_before(const WatcherConfig* a, const WatcherConfig* b) {
  return a->priority != b->priority ? a->priority > b->priority : a->name < b->name;
}

std::vector<Change> compare_all_watchers(const Config& before, const Config& after,
                                         const std::vector<Change>& sockets) {
  std::vector<Change> changes;
  const auto old = by_name(before.watchers);
  const auto now = by_name(after.watchers);
  for (const auto& [name, watcher] : old) {
    if (!now.contains(name)) changes.push_back({Change::Kind::removed, watcher->name, {}, {}});
  }
  std::vector<const WatcherConfig*> order;
  for (const auto& [name, watcher] : now) order.push_back(watcher);
  std::sort(order.begin(), order.end(), starts_before);
  for (const WatcherConfig* watcher : order) {
    const auto at = old.find(to_lower(watcher->name));
    if (at == old.end()) {
      changes.push_back({Change::Kind::added, watcher->name, {}, {}});
    } else if (auto change = compare_watchers(*at->second, *watcher, sockets)) {
      changes.push_back(*std::move(change));
    }
  }
  return changes;
}

Value list(const std::vector<std::string>& words) {
  Value array = Value::array();
  for (const std::string& word : words) array.push(word);
  return array;
}

Value shown_changes(const std::vector<Change>& changes, bool with_resized) {
  Value added = Value::array(), removed = Value::array(), resized = Value::array();
  Value changed = Value::object();
  for (const Change& change : changes) {
    if (change.kind == Change::Kind::added) added.push(change.name);
    if (change.kind == Change::Kind::removed) removed.push(change.name);
    if (change.kind == Change::Kind::resized) resized.push(change.name);
    if (change.kind != Change::Kind::changed) continue;
    Value why = list(change.options);
    for (const std::string& socket : change.sockets) why.push("socket:" + socket);
    changed.append(change.name, std::move(why));
  }
  Value object = Value::object();
  object.append("added", std::move(added));
  object.append("removed", std::move(removed));
  object.append("changed", std::move(changed));
  if (with_resized) object.append("resized", std::move(resized));
  return object;
}

}  // namespace

Plan diff(const Config& before, const Config& after) {
  Plan plan;
  compare_roots(before.arbiter, after.arbiter, plan);
  plan.sockets = compare_sockets(before, after);
  plan.watchers = compare_all_watchers(before, after, plan.sockets);
  return plan;
}

Value shown_plan(const Plan& plan) {
  Value object = Value::object();
  object.append("root", list(plan.root));
  object.append("restarts", list(plan.restarts));
  object.append("sockets", shown_changes(plan.sockets, false));
  object.append("watchers", shown_changes(plan.watchers, true));
  return object;
}

}  // namespace troupe::conf
