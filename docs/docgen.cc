// Prints a page of docs/ that is made from the rows: docgen commands|events|errors|options

#include <cstdio>
#include <string>
#include <string_view>

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

}  // namespace

int main(int argc, char** argv) {
  for (const Page& page : pages) {
    if (argc != 2 || page.name != argv[1]) continue;
    const std::string text = page.make();
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    return written && std::fflush(stdout) == 0 ? 0 : 1;
  }
  std::fputs("usage: docgen commands|errors|events|options\n", stderr);
  return 2;
}
