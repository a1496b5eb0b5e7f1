#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "lib/conf/load.h"
#include "lib/conf/option.h"
#include "lib/conf/option_set.h"

namespace {

using namespace troupe;

/// The input is the main file; what follows a form feed in a line of its own is the file that every include
/// pattern finds.
class TwoFiles final : public conf::FileSource {
 public:
  explicit TwoFiles(std::string_view input) {
    constexpr std::string_view separator = "\n\f\n";
    const auto end = input.find(separator);
    main_ = input.substr(0, end);
    if (end != std::string_view::npos) included_ = input.substr(end + separator.size());
  }

  Result<std::string> read(const std::string& path) override { return path == "a.ini" ? main_ : included_; }
  std::vector<std::string> glob(const std::string&) override { return {"b.ini"}; }

 private:
  std::string main_;
  std::string included_;
};

void require(bool condition) {
  if (!condition) std::abort();
}

/// Whatever was read can be shown, and what an option prints can be read back as the same.
void check_read_back(const conf::WatcherConfig& watcher) {
  (void)conf::all_options(watcher);
  for (const auto& row : conf::watcher_options()) {
    if (!row.where.file) continue;
    conf::WatcherConfig copy = watcher;
    for (const auto& [key, text] : row.print(watcher, row.name)) {
      const auto parsed = row.parse(copy, row.suffix(key), text);
      require(parsed.has_value());
    }
    require(copy == watcher);
  }
  (void)conf::expand(watcher.cmd, conf::SpawnVariables(watcher, 1, {}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  TwoFiles files({reinterpret_cast<const char*>(data), size});
  const conf::Environment environment{{{"HOME", "/root"}, {"N", "2"}}, "/run/troupe", "/"};
  const conf::Loaded loaded = conf::load("a.ini", files, environment);
  for (const conf::Problem& problem : loaded.problems) {
    require(to_text(problem).find('\n') == std::string::npos);
    require(problem.severity == conf::Severity::error || !problem.text.empty());
  }
  for (const conf::WatcherConfig& watcher : loaded.config.watchers) check_read_back(watcher);
  return 0;
}
