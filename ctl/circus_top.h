#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/top_model.h"
#include "lib/base/duration.h"
#include "lib/base/value.h"

namespace troupe::ctl {

/// The picture that circus-top shows of the stream of statistics; knows no terminal, no socket, no clock.
class CircusTop {
 public:
  /// A process that is not heard of for so long is gone.
  explicit CircusTop(Duration process_timeout) : process_timeout_(process_timeout) {}

  /// `stat.NAME.PID`, `stat.NAME` and the same for sockets; other topics are left out.
  void add(std::string_view topic, const Value& data, Instant now);

  /// Lines below the screen's end are left out.
  std::vector<TopLine> view(std::size_t columns, std::size_t lines, Instant now);

 private:
  struct Part {
    Value data;
    Instant heard;
  };
  struct Group {
    std::map<std::string, Part> parts;  ///< by the last word of the topic
    Value sum;
    Instant heard;
  };

  void forget(Instant now);

  const Duration process_timeout_;
  std::map<std::string, Group> groups_;
};

}  // namespace troupe::ctl
