#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "ctl/top_model.h"
#include "lib/base/duration.h"
#include "lib/base/result.h"

namespace troupe::ctl {

/// A whole terminal to paint on. The door of ncurses.
class Screen {
 public:
  /// Code::system: standard input and output are no terminal, or none that is known.
  static Result<std::unique_ptr<Screen>> open();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  std::size_t columns() const;
  std::size_t lines() const;
  /// Only what changed is sent to the terminal.
  void draw(const std::vector<TopLine>& lines);
  /// The next key that was typed, if one was. A change of size is no key: it shows in columns() and lines().
  std::optional<TopKey> key();
  /// Until a key was typed, the size changed, `descriptor` is readable or the time is over.
  void wait(int descriptor, Duration timeout);

 private:
  Screen() = default;
};

}  // namespace troupe::ctl
