#include "lib/conf/used_sockets.h"

#include "lib/base/text.h"
#include "lib/conf/variables.h"

namespace troupe::conf {

namespace {

/// Replaces nothing and remembers which sockets were asked for.
class SocketNames final : public Lookup {
 public:
  explicit SocketNames(std::set<std::string>& names) : names_(names) {}
  std::optional<std::string> find(std::string_view name) const override {
    if (name.starts_with(sockets_prefix)) names_.emplace(name.substr(sockets_prefix.size()));
    return std::nullopt;
  }

 private:
  std::set<std::string>& names_;
};

}  // namespace

std::set<std::string> used_sockets(const WatcherConfig& watcher) {
  std::set<std::string> names;
  const SocketNames lookup(names);
  (void)expand(watcher.cmd, lookup);
  (void)expand(watcher.args.text, lookup);
  for (const std::string& word : watcher.args.words) (void)expand(word, lookup);
  if (watcher.shell_args) (void)expand(*watcher.shell_args, lookup);
  if (watcher.stdin_socket) names.insert(to_lower(*watcher.stdin_socket));
  return names;
}

}  // namespace troupe::conf
