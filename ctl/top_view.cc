#include <cstdio>

#include "ctl/render.h"
#include "ctl/top_model.h"

namespace troupe::ctl {

namespace {

constexpr std::string_view help_lines[] = {
    "Keys",
    "",
    "  Up Down PgUp PgDn Home End   choose a line",
    "  Space or Enter               show or hide the processes of a watcher",
    "  o                            show or hide the processes of all",
    "  n c m a t e                  sort by name, cpu, memory, age, restarts, state",
    "  i                            turn the order round",
    "  /                            show only what has a text in its name, pid or command",
    "  s x r                        start, stop, restart the watcher of the chosen line; y confirms",
    "  q or Ctrl-C                  leave",
    "",
    "RST counts the processes that ended by themselves and were replaced.",
    "",
    "Any key goes back to the table.",
};

/// Cut or filled with spaces to so many columns.
std::string fitted(std::string text, std::size_t columns, bool right = false) {
  while (width(text) > columns) {
    while ((static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();  // all its bytes
    text.pop_back();
  }
  const std::size_t gap = columns - width(text);
  return right ? std::string(gap, ' ') + text : text + std::string(gap, ' ');
}

std::string percent(std::optional<double> number) {
  if (!number) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", *number);
  return text;
}

Tone tone_of(const TopEntry& entry) {
  if (entry.state == "failed" || entry.state == "gone") return Tone::bad;
  if (entry.state == "stopped") return Tone::dim;
  return entry.state == "active" || entry.state == "running" ? Tone::plain : Tone::changing;
}

/// What stands in the columns of a line; the last one takes the rest of the screen.
struct Cells {
  std::string name, state, processes, cpu, mem, size, age, restarts, note;

  std::string text(std::size_t columns) const {
    const std::size_t name_columns = columns >= 100 ? 32 : 18;
    return fitted(fitted(name, name_columns) + " " + fitted(state, 8) + " " + fitted(processes, 9, true) +
                      " " + fitted(cpu, 6, true) + " " + fitted(mem, 5, true) + " " + fitted(size, 6, true) +
                      " " + fitted(age, 6, true) + " " + fitted(restarts, 4, true) + "  " + note,
                  columns);
  }
};

}  // namespace

TopLine TopModel::summary() const {
  std::size_t active = 0, processes = 0;
  double cpu = 0, mem = 0;
  for (const TopWatcher& watcher : watchers_) {
    active += watcher.state == "active";
    processes += watcher.processes.size();
    cpu += watcher.cpu.value_or(0);
    mem += watcher.mem.value_or(0);
  }
  std::string text = "troupectl top  ";
  if (!filter_.empty()) text += "filter: " + printable(filter_) + "  ";
  text += std::to_string(watchers_.size()) + " watchers, " + std::to_string(active) + " active  " +
          std::to_string(processes) + " processes  cpu " + percent(cpu) + "%  mem " + percent(mem) + "%";
  return {fitted(text, columns_), Tone::title};
}

TopLine TopModel::head() const {
  Cells cells{"WATCHER / PID", "STATE", "PROC", "CPU%", "MEM%", "RSS", "AGE", "RST", "NOTE / COMMAND"};
  const auto mark = [&](std::string& title) { title.insert(0, reversed_ ? "-" : "+"); };
  std::string* const titles[] = {&cells.name, &cells.cpu,      &cells.mem,
                                 &cells.age,  &cells.restarts, &cells.state};
  mark(*titles[static_cast<std::size_t>(sort_)]);
  return {cells.text(columns_), Tone::title, true};
}

TopLine TopModel::line_of(const Row& row) const {
  const TopEntry& entry = row.process ? *row.process : *row.watcher;
  Cells cells;
  cells.name = row.process ? "    " + entry.name : printable(entry.name);
  if (!row.process)
    cells.name.insert(0, row.watcher->processes.empty() ? "  " : open_.contains(entry.name) ? "- " : "+ ");
  cells.state = entry.state;
  if (!row.process) cells.processes = std::to_string(entry.running) + "/" + std::to_string(entry.wanted);
  cells.cpu = percent(entry.cpu);
  cells.mem = percent(entry.mem);
  cells.size = entry.bytes > 0 ? size_text(entry.bytes) : "-";
  cells.age = entry.age < 0 ? "-" : age_text(entry.age);
  cells.restarts = std::to_string(entry.restarts);
  cells.note = entry.note;
  return {cells.text(columns_), tone_of(entry), false};
}

TopLine TopModel::foot() const {
  if (mode_ == Mode::confirm) {
    return {fitted(asked_ + " " + printable(asked_watcher_) + "? y: yes, any other key: no", columns_),
            Tone::changing};
  }
  if (mode_ == Mode::filter) {
    return {fitted("filter: " + printable(filter_) + "_   Enter keeps it, Esc drops it", columns_),
            Tone::changing};
  }
  if (!message_.empty())
    return {fitted(printable(message_), columns_), bad_message_ ? Tone::bad : Tone::good};
  return {fitted("q quit  ? help  / filter  space open  ncmate sort  s start  x stop  r restart", columns_),
          Tone::dim};
}

std::vector<TopLine> TopModel::view() const {
  std::vector<TopLine> lines;
  if (mode_ == Mode::help) {
    for (const std::string_view line : help_lines) lines.push_back({fitted(std::string(line), columns_)});
    lines.resize(lines_);
    return lines;
  }
  lines.push_back(summary());
  lines.push_back(head());
  for (std::size_t i = first_; i < rows_.size() && lines.size() < table_lines() + 2; ++i) {
    lines.push_back(line_of(rows_[i]));
    lines.back().inverse = i == selected_;
  }
  if (rows_.empty()) {
    lines.push_back(
        {watchers_.empty() ? "  nothing to show yet" : "  nothing has this text; Esc shows all", Tone::dim});
  }
  lines.resize(lines_ > 0 ? lines_ - 1 : 0);
  if (lines_ > 0) lines.push_back(foot());
  return lines;
}

}  // namespace troupe::ctl
