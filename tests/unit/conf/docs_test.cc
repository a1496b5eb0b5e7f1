#include "lib/conf/docs.h"

#include <doctest/doctest.h>

#include "lib/base/text.h"
#include "lib/conf/option.h"

using namespace troupe;
using namespace troupe::conf;

namespace {

/// Separators of cells in a line of a table.
std::size_t bars(std::string_view line) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) count += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
  return count;
}

}  // namespace

TEST_CASE("the page of options has every option that people can write, in tables that are whole") {
  const std::string page = options_markdown();
  for (const auto& row : watcher_options()) {
    CAPTURE(row.name);
    const bool is_there = page.find("| `" + std::string(row.name) + "`") != std::string::npos;
    CHECK(is_there == (row.where.file || row.where.set));
  }
  for (const auto& row : arbiter_options()) {
    CHECK(page.find("| `" + std::string(row.name) + "` |") != std::string::npos);
  }
  for (std::string_view line : split(page, '\n')) {
    CAPTURE(line);
    if (line.starts_with('|')) CHECK((bars(line) >= 4 && bars(line) <= 6));
  }
}
