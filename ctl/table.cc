#include "ctl/table.h"

#include <algorithm>
#include <utility>

namespace troupe::ctl {

namespace {

/// Escape sequences of ECMA-48 (SGR); the basic colours, which every terminal theme knows.
std::string_view sequence(Tone tone) {
  switch (tone) {
    case Tone::plain:
      break;
    case Tone::good:
      return "\x1b[32m";
    case Tone::bad:
      return "\x1b[31m";
    case Tone::changing:
      return "\x1b[33m";
    case Tone::dim:
      return "\x1b[2m";
    case Tone::title:
      return "\x1b[1m";
  }
  return {};
}

}  // namespace

std::string painted(std::string_view text, Tone tone, bool colour) {
  const std::string_view start = colour && !text.empty() ? sequence(tone) : std::string_view();
  if (start.empty()) return std::string(text);
  std::string out(start);
  out += text;
  out += "\x1b[0m";
  return out;
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // not a continuation byte
  }));
}

std::string Table::text(bool colour) const {
  const bool head =
      std::any_of(columns_.begin(), columns_.end(), [](const Column& c) { return !c.title.empty(); });
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(width(column.title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i].text));
  }
  std::string out;
  const auto add_line = [&](const std::vector<Cell>& row) {
    std::size_t gap = 0;  // spaces owed before the next text, so that none end a line
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t padding = widths[i] - width(row[i].text);
      const bool right = columns_[i].align == Align::right;
      if (right) gap += padding;
      if (!row[i].text.empty()) {
        out.append(std::exchange(gap, 0), ' ');
        out += painted(row[i].text, row[i].tone, colour);
      }
      gap += (right ? 0 : padding) + 2;
    }
    out += '\n';
  };
  if (head) {
    std::vector<Cell> titles;
    for (const Column& column : columns_) titles.emplace_back(std::string(column.title), Tone::title);
    add_line(titles);
  }
  for (const auto& row : rows_) add_line(row);
  return out;
}

}  // namespace troupe::ctl
