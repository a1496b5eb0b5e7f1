// Prints what is made from the rows: docgen commands|events|errors|options, a page of docs/; docgen man FILE,
// the manual page of a template in docs/man.

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "docs/man.h"
#include "lib/api/docs.h"
#include "lib/conf/docs.h"

namespace {

struct Page {
  std::string_view name;
  std::string (*make)();
};

constexpr Page pages[] = {
    {"commands", troupe::api::commands_markdown},
    {"errors", troupe::api::errors_markdown},
    {"events", troupe::api::events_markdown},
    {"options", troupe::conf::options_markdown},
};

int print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? 0 : 1;
}

int print_manual(const char* path) {
  std::ifstream file(path);
  const std::string source{std::istreambuf_iterator<char>(file), {}};
  std::string trouble = source.empty() ? "it cannot be read" : "";
  const std::string page = troupe::docs::man_page(source, trouble);
  if (trouble.empty()) return print(page);
  std::fprintf(stderr, "docgen: %s: %s\n", path, trouble.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "man") return print_manual(argv[2]);
  for (const Page& page : pages) {
    if (argc == 2 && page.name == argv[1]) return print(page.make());
  }
  std::fputs("usage: docgen commands|errors|events|options, docgen man FILE\n", stderr);
  return 2;
}
