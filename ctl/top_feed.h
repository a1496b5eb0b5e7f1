#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ctl/settings.h"
#include "ctl/top_sample.h"

namespace troupe::ctl {

/// What a feed brings.
struct TopNews {
  std::optional<std::vector<TopWatcher>> watchers{};
  std::string message{};  ///< trouble, or how an action ended
  bool bad = false;
};

/// Asks the daemon each second, in a thread of its own so that keys are never held up by a slow answer. The
/// daemon may go and come back.
class TopFeed {
 public:
  explicit TopFeed(const Settings& settings);
  ~TopFeed();
  TopFeed(const TopFeed&) = delete;
  TopFeed& operator=(const TopFeed&) = delete;

  /// Readable when there is news.
  int descriptor() const;
  std::optional<TopNews> take();
  /// Does it as soon as the question under way is answered, and then asks at once.
  void act(const std::string& verb, const std::string& watcher);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::ctl
