#include "ctl/circus_top.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "ctl/render_values.h"
#include "lib/base/text.h"

namespace troupe::ctl {

namespace {

constexpr std::size_t picture_columns = 79;
constexpr std::size_t most_processes = 10;  ///< of a watcher
constexpr std::string_view left_out[] = {"circusd-stats", "circushttpd"};
constexpr std::string_view sockets_group = "sockets";

/// Texts at these columns, cut at the picture's end.
std::string columns_of(std::initializer_list<std::pair<std::size_t, std::string>> cells) {
  std::string line;
  for (const auto& [column, text] : cells) {
    if (line.size() < column) line.resize(column, ' ');
    line += text;
  }
  return line.substr(0, picture_columns);
}

std::string two_digits(const Value& data, std::string_view key) {
  const Value* value = data.find(key);
  if (!value || value->as_text()) return value ? plain(*value) : "N/A";
  char text[48];
  std::snprintf(text, sizeof text, "%.2f", number_or(data, key, 0));
  return text;
}

/// The header of a watcher, its processes with most CPU first, and what they are together.
void add_processes(std::vector<std::string>& lines, std::vector<std::pair<std::string, const Value*>> parts,
                   const Value& sum) {
  lines.push_back(columns_of({{3, "PID"}, {28, "CPU (%)"}, {48, "MEMORY (%)"}, {68, "AGE (s)"}}));
  std::stable_sort(parts.begin(), parts.end(), [](const auto& left, const auto& right) {
    return number_or(*left.second, "cpu", -1) > number_or(*right.second, "cpu", -1);
  });
  if (parts.size() > most_processes) parts.resize(most_processes);
  for (const auto& [pid, data] : parts) {
    const std::string name = plain(*data, "name");
    lines.push_back(columns_of({{2, printable(pid) + (name.empty() ? "" : " (" + name + ")")},
                                {29, two_digits(*data, "cpu")},
                                {49, two_digits(*data, "mem")},
                                {69, two_digits(*data, "age")}}));
  }
  if (!sum.as_object()) return;
  lines.push_back(columns_of({{29, two_digits(sum, "cpu") + " (avg)"},
                              {49, two_digits(sum, "mem") + " (sum)"},
                              {69, two_digits(sum, "age") + " (oldest)"}}));
}

void add_sockets(std::vector<std::string>& lines,
                 const std::vector<std::pair<std::string, const Value*>>& parts, const Value& sum) {
  lines.push_back(columns_of({{3, "ADDRESS"}, {28, "HITS"}}));
  for (const auto& [fd, data] : parts) {
    lines.push_back(columns_of({{2, plain(*data, "address")}, {31, plain(*data, "reads")}}));
  }
  if (sum.as_object()) lines.push_back(columns_of({{31, plain(sum, "reads") + " (sum)"}}));
}

}  // namespace

void CircusTop::add(std::string_view topic, const Value& data, Instant now) {
  const auto words = split(topic, '.');
  if (words.size() < 2 || words.size() > 3 || words[0] != "stat" || !data.as_object()) return;
  if (std::find(std::begin(left_out), std::end(left_out), words[1]) != std::end(left_out)) return;
  Group& group = groups_[std::string(words[1])];
  group.heard = now;
  if (words.size() == 2) {
    group.sum = data;
  } else {
    group.parts[std::string(words[2])] = {data, now};
  }
}

void CircusTop::forget(Instant now) {
  const auto is_old = [&](Instant heard) { return now - heard > process_timeout_; };
  for (auto& named : groups_) {
    std::erase_if(named.second.parts, [&](const auto& part) { return is_old(part.second.heard); });
  }
  std::erase_if(groups_, [&](const auto& named) { return is_old(named.second.heard); });
}

std::vector<TopLine> CircusTop::view(std::size_t columns, std::size_t lines, Instant now) {
  forget(now);
  std::vector<std::string> texts;
  if (groups_.empty()) {
    texts = {"", "*** Waiting for data ***"};
  } else {
    const std::string rule(picture_columns, '-');
    texts = {"Circus Top", rule};
    for (const auto& [name, group] : groups_) {
      std::string title = printable(name);
      std::replace(title.begin(), title.end(), '-', '.');
      texts.push_back(std::move(title));
      std::vector<std::pair<std::string, const Value*>> parts;
      for (const auto& [word, part] : group.parts) parts.emplace_back(word, &part.data);
      name == sockets_group ? add_sockets(texts, parts, group.sum)
                            : add_processes(texts, std::move(parts), group.sum);
      texts.emplace_back();
    }
    texts.push_back(rule);
  }
  std::vector<TopLine> out;
  for (const std::string& text : texts) {
    if (out.size() == lines) break;
    out.push_back({text.substr(0, columns)});
  }
  return out;
}

}  // namespace troupe::ctl
