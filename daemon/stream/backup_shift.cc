#include "daemon/stream/backup_shift.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "daemon/core/stream/rotation.h"
#include "daemon/stream/rotated_file.h"

namespace troupe {

std::string BackupShift::name(int number) const {
  return core::numbered_name(path_, number);
}

bool BackupShift::is_taken(int number) const {
  return troupe::is_taken(name(number)) || troupe::is_taken(compressed_name(name(number)));
}

int BackupShift::go_on(int& steps) {
  if (gap_ == 0) {
    gap_ = std::min(kept_ + 1, count_);
    is_found_ = false;
  }
  for (; steps > 0 && gap_ > 0; --steps) {
    if (const int error = step()) {
      gap_ = kept_ = 0;
      return error;
    }
  }
  return 0;
}

int BackupShift::finish() {
  int steps = std::numeric_limits<int>::max();
  return go_on(steps);
}

int BackupShift::step() {
  if (!is_found_) {
    if (gap_ < count_ && is_taken(gap_)) {
      ++gap_;
      return 0;
    }
    is_found_ = true;
    kept_ = gap_;  // when this is over
    (void)unlink(name(gap_).c_str());
    (void)unlink(compressed_name(name(gap_)).c_str());
    return 0;
  }
  if (--gap_ == 0) return 0;
  const std::string from = name(gap_), to = name(gap_ + 1);
  const int error = move_file(from, to);
  return error != 0 ? error : move_file(compressed_name(from), compressed_name(to));
}

}  // namespace troupe
