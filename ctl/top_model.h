#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/table.h"
#include "ctl/top_sample.h"

namespace troupe::ctl {

enum class TopSort { name, cpu, mem, age, restarts, state };

/// The column of that name; nothing when there is none.
std::optional<TopSort> parse_top_sort(std::string_view name);

/// A key, as the screen reads it.
struct TopKey {
  enum Code { text, up, down, page_up, page_down, home, end, enter, erase, escape, interrupt };
  Code code = text;
  char character = '\0';
};

/// A line of the screen: pieces one after the other, cut to the width.
struct TopLine {
  std::string text{};
  Tone tone = Tone::plain;
  bool inverse = false;

  bool operator==(const TopLine&) const = default;
};

/// What the table shows and what keys do to it; knows no terminal and no daemon.
class TopModel {
 public:
  /// What a key asks for beyond the table.
  struct Action {
    bool leave = false;
    std::string verb{};  ///< start, stop or restart, of `watcher`; empty: nothing
    std::string watcher{};
  };

  TopModel(TopSort sort, std::string filter) : sort_(sort), filter_(std::move(filter)) {}

  void set_size(std::size_t columns, std::size_t lines);
  void set_sample(std::vector<TopWatcher> watchers);
  /// Told in the last line until the next key; trouble of the daemon, or what an action did.
  void set_message(std::string text, bool bad);

  Action on_key(TopKey key);

  /// As many lines as the screen has.
  std::vector<TopLine> view() const;

 private:
  /// A line of the table: a watcher, or one of its processes.
  struct Row {
    const TopWatcher* watcher;
    const TopEntry* process;  ///< nullptr: the watcher itself
  };
  enum class Mode { table, filter, confirm, help };

  void arrange();
  std::vector<const TopEntry*> shown_processes(const TopWatcher& watcher, bool named) const;
  bool before(const TopEntry& left, const TopEntry& right) const;
  void keep_selection(const std::string& name, const std::string& process);
  std::size_t table_lines() const;
  void move(std::ptrdiff_t by);
  void toggle();
  void toggle_all();
  Action on_text(char c);
  Action on_confirm(TopKey key);
  void on_filter(TopKey key);
  void ask(const char* verb);
  bool sort_by(char c);
  TopLine summary() const;
  TopLine head() const;
  TopLine line_of(const Row& row) const;
  TopLine foot() const;

  TopSort sort_;
  bool reversed_ = false;
  std::string filter_;
  Mode mode_ = Mode::table;
  std::string asked_, asked_watcher_;  ///< what is to be confirmed
  std::string message_;
  bool bad_message_ = false;
  bool sampled_ = false;
  std::size_t columns_ = 80, lines_ = 24;
  std::size_t selected_ = 0, first_ = 0;  ///< rows
  std::set<std::string> open_;            ///< watchers whose processes are shown
  std::vector<TopWatcher> watchers_;
  std::vector<Row> rows_;
};

}  // namespace troupe::ctl
