#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/core/managed_sockets.h"
#include "daemon/descriptors.h"
#include "daemon/ports.h"
#include "daemon/sockets/open_socket.h"
#include "lib/conf/socket_config.h"
#include "lib/loop/fd_watch.h"

namespace troupe {

class SharedPlace;

/// The managed sockets: open from before the first watcher starts until the last one is stopped, whoever of
/// the processes comes and goes.
class SocketPool final : public SocketSource, public SocketWatch {
 public:
  /// One socket that is held: all that another holder would need to go on with it.
  struct Held {
    conf::SocketConfig config;
    std::shared_ptr<OpenSocket> open;
  };

  explicit SocketPool(loop::Loop& loop, const Descriptors& descriptors = {})
      : loop_(loop), descriptors_(descriptors) {}

  void listen(SocketListener& listener) { listener_ = &listener; }

  /// Holds these from now on. One that is bound already as its section wants it stays open, whatever its name
  /// was; the others are opened, and those that nobody wants any more are closed. All or nothing: after an
  /// error everything is as before, also for processes that hold one.
  Result<void> apply(const std::vector<conf::SocketConfig>& configs);
  const std::map<std::string, Held>& held() const { return held_; }
  /// For the world.
  std::vector<core::ManagedSocket> list() const;

  int find(const std::string& name) const override;
  Result<os::Fd> open_own(const std::string& name) override;
  void watch(const core::WatchSocket& watch) override;

 private:
  /// Tells once that a socket is readable.
  struct Watch {
    SocketPool& pool;
    std::string name;
    std::unique_ptr<loop::FdWatch> watch;
    void on_ready(loop::Ready);
  };
  using Sockets = std::map<std::string, Held>;

  Result<Sockets> open_all(const std::vector<conf::SocketConfig>& configs, const Sockets& kept,
                           SharedPlace& place) const;
  void renew_watches();

  loop::Loop& loop_;
  const Descriptors descriptors_;
  SocketListener* listener_ = nullptr;
  Sockets held_;
  std::map<std::string, std::unique_ptr<Watch>> watches_;
};

}  // namespace troupe
