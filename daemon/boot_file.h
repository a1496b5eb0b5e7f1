#pragma once

#include <string>

namespace troupe {

/// Who serves, for the next one: `control.boot` beside an ipc endpoint holds the boot id of its daemon, from
/// which every process of it has its TROUPE_ID. It is there at a start when the daemon before was killed.
/// Whoever uses it holds the lock of the endpoint.
class BootFile {
 public:
  /// "" = without a file: nothing is remembered.
  explicit BootFile(std::string path) : path_(std::move(path)) {}

  /// The boot id of the one before that did not end in order; "" for none, or a file that is not ours.
  std::string previous() const;
  /// A file that cannot be written is told in the log: only the next start would have needed it.
  void write(const std::string& boot) const;
  /// Everything was stopped in order.
  void remove() const;

 private:
  std::string path_;
};

}  // namespace troupe
