#pragma once

#include "ctl/complete.h"
#include "ctl/daemon.h"

namespace troupe::ctl {

/// Asks the daemon, with a short time-out; nullptr: there is none.
class AskedKnowledge : public Knowledge {
 public:
  explicit AskedKnowledge(Daemon* daemon) : daemon_(daemon) {}

  std::vector<std::string> watchers() override;
  std::vector<std::string> pids(std::string_view watcher) override;
  std::string option(std::string_view watcher, std::string_view key) override;

 private:
  /// The reply to a question that went well; null else.
  Value ask(std::string_view command, const Value& properties);

  Daemon* daemon_;
};

}  // namespace troupe::ctl
