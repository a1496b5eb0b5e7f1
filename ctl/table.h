#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/printable.h"

namespace troupe::ctl {

/// A meaning, shown as a colour where colours are wanted.
enum class Tone { plain, good, bad, changing, dim, title };

/// The text in the colour of its tone, or as it is.
std::string painted(std::string_view text, Tone tone, bool colour);

/// Columns of a terminal that the text takes: one for each code point of UTF-8.
std::size_t width(std::string_view text);

/// Rows of cells, aligned in columns with two spaces between them; no spaces at the ends of lines.
class Table {
 public:
  enum class Align { left, right };

  struct Column {
    std::string_view title;
    Align align = Align::left;
  };
  struct Cell {
    std::string text;
    Tone tone = Tone::plain;

    Cell(std::string cell_text, Tone cell_tone = Tone::plain) : text(std::move(cell_text)), tone(cell_tone) {}
    Cell(const char* cell_text) : text(cell_text) {}
  };

  /// Without columns' titles there is no head.
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Missing cells are empty; those beyond the last column are left out.
  void add(std::vector<Cell> row) {
    if (row.size() > columns_.size()) row.erase(row.begin() + static_cast<long>(columns_.size()), row.end());
    rows_.push_back(std::move(row));
  }

  std::string text(bool colour) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace troupe::ctl
