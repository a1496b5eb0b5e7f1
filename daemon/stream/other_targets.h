#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/stream/target.h"
#include "lib/loop/fd_watch.h"
#include "lib/os/fd.h"

namespace troupe {

/// The standard output of the daemon. Whatever it is, writing to it never blocks.
class StdoutTarget final : public Target {
 public:
  StdoutTarget(loop::Loop& loop, TargetHost& host);

 private:
  int prepare(Instant) override { return 0; }
  Put put(std::string_view bytes) override;
  std::string doing() const override { return "write to standard output"; }
  void on_ready(loop::Ready);

  loop::Loop& loop_;
  os::Fd own_;  ///< opened anew, to be non-blocking without changing it for others who have it
  int fd_;
  bool is_socket_ = false;
  bool may_block_ = false;  ///< it could not be opened anew: ask before each write
  std::optional<loop::FdWatch> watch_;
};

/// The log of the system: a datagram for each line.
class SyslogTarget final : public Target {
 public:
  SyslogTarget(loop::Loop& loop, TargetHost& host, std::string address);

 private:
  int prepare(Instant) override;
  Put put(std::string_view bytes) override;
  std::string doing() const override { return "send to " + name(); }
  void on_ready(loop::Ready);

  loop::Loop& loop_;
  os::Fd fd_;
  std::optional<loop::FdWatch> watch_;
};

}  // namespace troupe
