#pragma once

#include <netinet/in.h>

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::log {

/// A syslog daemon that takes datagrams (RFC 3164): another machine's, or that behind a file such as
/// /dev/log. Never waits: what does not go at once is lost, as datagrams are.
class SyslogSocket {
 public:
  /// `HOST[:PORT]` (514; `[::1]:514`), or the path of a socket. The name is looked up now, once. Error:
  /// nobody is there.
  static Result<SyslogSocket> open(std::string_view target);
  ~SyslogSocket();
  SyslogSocket(SyslogSocket&& other) noexcept;
  SyslogSocket& operator=(SyslogSocket&&) = delete;

  /// `priority`: facility and level as syslog(3) takes them.
  void send(int priority, std::string_view text);

 private:
  SyslogSocket() = default;
  bool connect();

  sockaddr_storage address_{};
  socklen_t size_ = 0;
  int fd_ = -1;
};

}  // namespace troupe::log
