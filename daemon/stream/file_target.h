#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "daemon/core/stream/beginnings.h"
#include "daemon/core/stream/shared_settings.h"
#include "daemon/stream/backup_shift.h"
#include "daemon/stream/compressor.h"
#include "daemon/stream/target.h"
#include "lib/conf/stream_config.h"
#include "lib/os/fd.h"

namespace troupe {

/// A log file: one for each path, shared by all streams that name it. It is opened anew when it was moved or
/// removed, goes on at its end when it was truncated, and is rotated by size or time. What is no ordinary
/// file (a device, a FIFO) is written to as it is.
class FileTarget final : public Target {
 public:
  /// What all files share.
  struct Shared {
    Compressor& compressor;
    core::Beginnings& beginnings;
    int descriptor_bound;  ///< descriptors from here on are not for files
  };

  FileTarget(TargetHost& host, std::string path, const conf::StreamSettings& settings, Shared shared);

  bool takes_splice(core::SourceId source, Instant now) override;
  long splice(core::SourceId source, int pipe, std::size_t most, bool& empty, Instant now) override;
  std::string_view moved(std::size_t count, char* into, std::size_t size) override;
  void on_wake(Instant now) override;
  void hurry(bool on) override { hurries_ = on; }

 private:
  void take_settings(const OutputName& of, const conf::StreamSettings& settings) override;
  int prepare(Instant now) override;
  Put put(std::string_view bytes) override;
  std::string doing() const override { return doing_ + " " + path_; }

  int open();
  int find_out();
  std::int64_t begun() const;
  void plan_rotation();
  bool was_moved() const;
  bool is_deleted() const;
  bool rotates() const;
  int rotate(Instant now);
  int rotate_by_size();
  int rotate_by_number();
  int rotate_by_time();
  int begin_anew();
  void compress(const std::string& rotated);

  /// All that has to be known to go on with the file.
  struct State {
    std::int64_t offset = 0;  ///< where our last write ended
    dev_t device = 0;         ///< of the open file
    ino_t inode = 0;
    std::int64_t begun = 0;      ///< when the interval of the file began, seconds since 1970
    std::int64_t rotate_at = 0;  ///< the same; 0: not by time
  };

  std::string path_;
  const bool is_own_;  ///< a temporary file
  core::SharedSettings settings_;
  const Shared shared_;
  os::Fd fd_;
  State state_;
  std::string doing_ = "open";
  bool regular_ = false;
  bool splices_ = false;          ///< the file system can, and we may read it back
  bool moved_ = false;            ///< the open file is not at its path any more; a line in it is still to end
  Instant no_rotation_before_{};  ///< the last one failed
  BackupShift shift_;
  int steps_left_ = 0;  ///< for rotations, until on_wake()
  bool hurries_ = false;
};

}  // namespace troupe
