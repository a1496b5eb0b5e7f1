#pragma once

#include <string>
#include <unordered_map>

#include "daemon/identities.h"
#include "lib/loop/loop.h"

namespace troupe {

/// Names of users for what is shown, without waiting for anybody: from /etc/passwd at once, of others from
/// the data base of users when it has answered, until then the number as text. Names are remembered; those
/// that are not found are asked for again after Identities::kept_for.
class BackgroundNames {
 public:
  /// How many names are kept; when there are more, all are forgotten and looked up again.
  static constexpr std::size_t limit = 256;

  explicit BackgroundNames(loop::Loop& loop, Identities::LookUp look_up = look_up_identity);

  std::string find(unsigned uid);

 private:
  void on_answer() {}  // who asks next gets it

  const loop::Loop& loop_;
  std::unordered_map<unsigned, std::string> names_;
  Identities identities_;
};

}  // namespace troupe
