#pragma once

#include <memory>
#include <string>

#include "lib/loop/fd_watch.h"
#include "lib/os/fd.h"

namespace troupe {

/// Tells whoever asks on the multicast address where commands are taken: every datagram, whatever is in it,
/// is answered with one to its sender, `{"endpoint": "tcp://127.0.0.1:5555"}` (Circus).
class Discovery {
 public:
  /// `address`: `udp://237.219.251.97:12027`. Nullptr when it is empty, and when nothing can be opened there,
  /// which is only logged: the daemon is as good without.
  static std::unique_ptr<Discovery> open(loop::Loop& loop, const std::string& address,
                                         const std::string& control_endpoint);

 private:
  Discovery(loop::Loop& loop, os::Fd socket, std::string answer);
  void on_question(loop::Ready);

  os::Fd socket_;
  std::string answer_;
  loop::FdWatch watch_;
};

}  // namespace troupe
