#pragma once

#include <map>
#include <string>

#include "lib/conf/stream_config.h"

namespace troupe::core {

/// The settings of a file that several streams may name: those of the first stream count until one of the
/// streams is changed, and then those of the one that was changed last. Pure.
class SharedSettings {
 public:
  /// Streams that are remembered; with one more all others are forgotten, and a change of one is not known as
  /// such when it comes next.
  static constexpr std::size_t most = 1024;

  explicit SharedSettings(conf::StreamSettings first) : now_(std::move(first)) {}

  const conf::StreamSettings& get() const { return now_; }

  /// A process of the stream begins, or the stream is changed. True: what counts is another now.
  bool take(const std::string& stream, const conf::StreamSettings& settings) {
    const auto known = given_.find(stream);
    if (known == given_.end()) {
      if (given_.size() >= most) given_.clear();
      given_.emplace(stream, settings);
      return false;
    }
    if (known->second == settings) return false;
    known->second = settings;
    if (now_ == settings) return false;
    now_ = settings;
    return true;
  }

 private:
  conf::StreamSettings now_;
  std::map<std::string, conf::StreamSettings> given_;  ///< by stream, what it said last
};

}  // namespace troupe::core
