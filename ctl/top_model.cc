#include "ctl/top_model.h"

#include <algorithm>

#include "lib/base/text.h"

namespace troupe::ctl {

namespace {

struct Column {
  TopSort sort;
  std::string_view name;
  char key;
};
constexpr Column sorts[] = {
    {TopSort::name, "name", 'n'}, {TopSort::cpu, "cpu", 'c'},           {TopSort::mem, "mem", 'm'},
    {TopSort::age, "age", 'a'},   {TopSort::restarts, "restarts", 't'}, {TopSort::state, "state", 'e'},
};

std::string lower(const std::string& text) {
  return to_lower(text);
}

bool contains(const std::string& text, const std::string& lower_part) {
  return lower(text).find(lower_part) != std::string::npos;
}

}  // namespace

std::optional<TopSort> parse_top_sort(std::string_view name) {
  for (const Column& column : sorts) {
    if (column.name == name) return column.sort;
  }
  return std::nullopt;
}

void TopModel::set_size(std::size_t columns, std::size_t lines) {
  columns_ = std::max<std::size_t>(columns, 1);
  lines_ = lines;
  move(0);
}

std::size_t TopModel::table_lines() const {
  return lines_ > 3 ? lines_ - 3 : 0;
}

void TopModel::set_message(std::string text, bool bad) {
  message_ = std::move(text);
  bad_message_ = bad;
}

void TopModel::set_sample(std::vector<TopWatcher> watchers) {
  std::string name, process;
  if (selected_ < rows_.size()) {
    name = rows_[selected_].watcher->name;
    if (rows_[selected_].process) process = rows_[selected_].process->name;
  }
  watchers_ = std::move(watchers);
  if (!sampled_ && !watchers_.empty()) {  // all processes, if there is room for them
    std::size_t rows = watchers_.size();
    for (const TopWatcher& watcher : watchers_) rows += watcher.processes.size();
    if (rows <= table_lines()) toggle_all();
    sampled_ = true;
  }
  arrange();
  keep_selection(name, process);
}

bool TopModel::before(const TopEntry& left, const TopEntry& right) const {
  const auto larger = [](auto a, auto b) { return a == b ? 0 : a > b ? -1 : 1; };
  int order = 0;
  switch (sort_) {
    case TopSort::name:
      break;
    case TopSort::cpu:
      order = larger(left.cpu.value_or(-1), right.cpu.value_or(-1));
      break;
    case TopSort::mem:
      order = larger(left.bytes, right.bytes);
      break;
    case TopSort::age:
      order = larger(left.age, right.age);
      break;
    case TopSort::restarts:
      order = larger(left.restarts, right.restarts);
      break;
    case TopSort::state:
      order = left.state.compare(right.state);
      break;
  }
  if (order == 0) {  // pids are digits: shorter ones are smaller
    const auto both_pids = parse_int(left.name) && parse_int(right.name);
    order = both_pids && left.name.size() != right.name.size()
                ? (left.name.size() < right.name.size() ? -1 : 1)
                : left.name.compare(right.name);
  }
  return reversed_ ? order > 0 : order < 0;
}

std::vector<const TopEntry*> TopModel::shown_processes(const TopWatcher& watcher, bool named) const {
  const std::string part = lower(filter_);
  std::vector<const TopEntry*> found;
  for (const TopEntry& process : watcher.processes) {
    if (named || contains(process.name, part) || contains(process.note, part)) found.push_back(&process);
  }
  std::sort(found.begin(), found.end(), [&](auto* a, auto* b) { return before(*a, *b); });
  return found;
}

void TopModel::arrange() {
  const std::string part = lower(filter_);
  std::vector<const TopWatcher*> sorted;
  for (const TopWatcher& watcher : watchers_) sorted.push_back(&watcher);
  std::sort(sorted.begin(), sorted.end(), [&](auto* a, auto* b) { return before(*a, *b); });
  rows_.clear();
  for (const TopWatcher* watcher : sorted) {
    const bool named = contains(watcher->name, part);
    const auto processes = shown_processes(*watcher, named);
    if (!named && processes.empty()) continue;
    rows_.push_back({watcher, nullptr});
    const bool open = open_.contains(watcher->name) || !named;  // what was looked for is shown
    for (std::size_t i = 0; open && i < processes.size(); ++i) rows_.push_back({watcher, processes[i]});
  }
  move(0);
}

/// The chosen line goes where its watcher or process goes, and stays where it is on the screen. The topmost
/// line stays the topmost, as long as nobody chose another.
void TopModel::keep_selection(const std::string& name, const std::string& process) {
  if (name.empty() || selected_ == 0) return move(0);
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].watcher->name != name) continue;
    const bool same = rows_[i].process ? rows_[i].process->name == process : process.empty();
    if (same || !found) found = i;
    if (same) break;
  }
  if (!found) return move(0);
  const auto shift = static_cast<std::ptrdiff_t>(*found) - static_cast<std::ptrdiff_t>(selected_);
  selected_ = *found;
  first_ = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(first_) + shift));
  move(0);
}

void TopModel::move(std::ptrdiff_t by) {
  const auto last = static_cast<std::ptrdiff_t>(rows_.size()) - 1;
  const auto wanted = static_cast<std::ptrdiff_t>(selected_) + by;
  selected_ = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, std::min(wanted, last)));
  const std::size_t page = std::max<std::size_t>(table_lines(), 1);
  if (selected_ < first_) first_ = selected_;
  if (selected_ >= first_ + page) first_ = selected_ - page + 1;
  first_ = std::min(first_, rows_.size() > page ? rows_.size() - page : 0);
}

void TopModel::toggle() {
  if (selected_ >= rows_.size()) return;
  const std::string name = rows_[selected_].watcher->name;
  if (open_.erase(name) == 0) open_.insert(name);
  arrange();
  for (std::size_t i = 0; i < rows_.size(); ++i) {  // the line of a process may be gone
    if (rows_[i].watcher->name != name) continue;
    selected_ = i;
    break;
  }
  move(0);
}

void TopModel::toggle_all() {
  const bool open = open_.empty();
  open_.clear();
  for (const TopWatcher& watcher : watchers_) {
    if (open) open_.insert(watcher.name);
  }
  arrange();
}

bool TopModel::sort_by(char c) {
  for (const Column& column : sorts) {
    if (column.key != c) continue;
    sort_ = column.sort;
    reversed_ = false;
    arrange();
    return true;
  }
  return false;
}

void TopModel::ask(const char* verb) {
  if (selected_ >= rows_.size()) return;
  asked_ = verb;
  asked_watcher_ = rows_[selected_].watcher->name;
  mode_ = Mode::confirm;
}

TopModel::Action TopModel::on_text(char c) {
  switch (c) {
    case 'q':
      return {.leave = true};
    case ' ':
      toggle();
      break;
    case 'o':
      toggle_all();
      break;
    case 'i':
      reversed_ = !reversed_;
      arrange();
      break;
    case '/':
      mode_ = Mode::filter;
      break;
    case '?':
    case 'h':
      mode_ = Mode::help;
      break;
    case 's':
      ask("start");
      break;
    case 'x':
      ask("stop");
      break;
    case 'r':
      ask("restart");
      break;
    default:
      sort_by(c);
  }
  return {};
}

TopModel::Action TopModel::on_confirm(TopKey key) {
  mode_ = Mode::table;
  if (key.code != TopKey::text || (key.character != 'y' && key.character != 'Y')) return {};
  return {.verb = asked_, .watcher = asked_watcher_};
}

void TopModel::on_filter(TopKey key) {
  if (key.code == TopKey::enter) {
    mode_ = Mode::table;
  } else if (key.code == TopKey::escape) {
    mode_ = Mode::table;
    filter_.clear();
  } else if (key.code == TopKey::erase) {
    while (!filter_.empty() && (static_cast<unsigned char>(filter_.back()) & 0xc0) == 0x80)
      filter_.pop_back();  // all bytes of one character
    if (!filter_.empty()) filter_.pop_back();
  } else if (key.code == TopKey::text) {
    filter_ += key.character;
  }
  arrange();
}

TopModel::Action TopModel::on_key(TopKey key) {
  if (key.code == TopKey::interrupt) return {.leave = true};
  message_.clear();
  if (mode_ == Mode::confirm) return on_confirm(key);
  if (mode_ == Mode::filter) {
    on_filter(key);
    return {};
  }
  if (mode_ == Mode::help) {
    mode_ = Mode::table;
    return {};
  }
  const auto page = static_cast<std::ptrdiff_t>(std::max<std::size_t>(table_lines(), 1));
  const auto all = static_cast<std::ptrdiff_t>(rows_.size());
  switch (key.code) {
    case TopKey::text:
      return on_text(key.character);
    case TopKey::up:
    case TopKey::down:
      move(key.code == TopKey::up ? -1 : 1);
      break;
    case TopKey::page_up:
    case TopKey::page_down:
      move(key.code == TopKey::page_up ? -page : page);
      break;
    case TopKey::home:
    case TopKey::end:
      move(key.code == TopKey::home ? -all : all);
      break;
    case TopKey::enter:
      toggle();
      break;
    case TopKey::escape:
      filter_.clear();
      arrange();
      break;
    case TopKey::erase:
    case TopKey::interrupt:
      break;
  }
  return {};
}

}  // namespace troupe::ctl
