#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/ports.h"
#include "lib/base/result.h"
#include "lib/os/fd.h"
#include "lib/os/rlimits.h"

namespace troupe {

/// The arbiter's end of the line to the keeper.
class KeeperLink {
 public:
  /// Takes the socket and reads the keeper's greeting, for which it waits up to 5 s.
  /// `in_background`: ready() is to detach the standard descriptors, with standard error to `errors` (-1:
  /// nowhere).
  /// Error: no greeting, or one of another version.
  static Result<KeeperLink> open(os::Fd socket, bool in_background = false, int errors = -1);

  const std::string& boot() const { return boot_; }  ///< 16 hex digits, one value per life of the keeper
  int keeper_pid() const { return keeper_pid_; }
  const os::Limit& original_descriptor_limit() const { return descriptor_limit_; }

  /// For the loop: readable when there is something to read().
  int fd() const { return socket_.get(); }

  /// What came since the last call, exits in order, of signals TERM before the rest; at most 128 messages
  /// (the rest keeps fd() readable). The keeper is told of each signal that it was heard.
  struct News {
    std::vector<Exit> exits;   ///< each to be acknowledged once its event is committed
    std::vector<int> signals;  ///< numbers, one for each that the keeper got
    bool keeper_gone = false;  ///< nothing will come any more: stop everything in order and leave
  };
  News read();

  /// The exit is recorded: the keeper reaps the pid. These five say false when the keeper is gone.
  bool ack(int pid);
  /// The arbiter serves: `--daemon` returns. In the background standard input and output are /dev/null and
  /// standard error is what open() was given
  /// before it does, here and so in every process that is started from now on; up to then errors reach the
  /// launcher's.
  bool ready();
  /// Lines `KEY=VALUE` for the service manager, up to 499 bytes; nothing where there is none.
  bool tell(std::string_view lines);
  /// Everything is stopped; the keeper exits with this code once this process is gone, for which it waits 10
  /// s.
  bool done(int code);
  /// Gives up. The keeper writes `text` to standard error (so do not write it there too), exits with `code`.
  bool failed(int code, std::string_view text);

 private:
  KeeperLink() = default;
  template <class Message>
  bool send(const Message& message);
  void add(News& news, const char* bytes, std::size_t size);

  os::Fd socket_;
  std::string boot_;
  int keeper_pid_ = 0;
  os::Limit descriptor_limit_;
  bool in_background_ = false;
  int errors_ = -1;
};

}  // namespace troupe
