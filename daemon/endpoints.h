#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/descriptors.h"
#include "lib/base/callback.h"
#include "lib/conf/arbiter_config.h"
#include "lib/log/seldom.h"
#include "lib/loop/loop.h"
#include "lib/wire/bound_endpoint.h"
#include "lib/wire/context.h"
#include "lib/wire/curve_door.h"
#include "lib/wire/monitor.h"
#include "lib/wire/socket.h"

namespace troupe {

/// The sockets of the daemon, bound to the endpoints of the configuration, and the door-keeper: when
/// max_connections are reached or descriptors become scarce, newcomers are kept out of both until there is
/// room (design decision D5; libzmq ends the process when descriptors run out).
class Endpoints {
 public:
  /// Requests of one client that wait while others are served: beyond it he waits to send. Each may have
  /// max_message bytes.
  static constexpr int request_queue = 2;
  /// How long the last messages may take to get out at the end.
  static constexpr Duration linger = 500ms;

  /// Error: an endpoint that cannot be bound, and who has it.
  static Result<std::unique_ptr<Endpoints>> open(loop::Loop& loop, const conf::ArbiterConfig& config,
                                                 const Descriptors& descriptors);

  wire::Socket& control() { return *control_; }
  wire::Socket& events() { return *events_; }
  /// As bound, with the ports that the system chose.
  const std::string& control_name() const { return control_endpoint_->name(); }
  const std::string& events_name() const { return events_endpoint_->name(); }
  /// Others may have given descriptors back.
  void on_room() {
    if (admission_.is_shut()) on_connections();
  }

  /// What plugins of ours need to come in; nothing when there are no keys.
  const std::optional<wire::ClientKeys>& plugin_keys() const { return plugin_keys_; }
  /// The folder of the keys that are let in may be another now.
  void reread_clients();

 private:
  Endpoints(const loop::Loop& loop, int max_connections, const Descriptors& descriptors)
      : loop_(loop), admission_(max_connections, descriptors) {}
  Result<void> open_sockets(loop::Loop& loop, const conf::ArbiterConfig& config);
  Result<void> open_door(loop::Loop& loop, const conf::ArbiterConfig& config);
  Result<void> guard(wire::Socket& socket, const std::string& endpoint);
  Result<void> bind(const conf::ArbiterConfig& config);
  void on_refused(std::string_view what) { warn(refused_, what); }
  void warn(log::Seldom& seldom, std::string_view what);
  void on_connections();

  wire::Context context_;
  const loop::Loop& loop_;
  std::unique_ptr<wire::CurveDoor> door_;
  std::optional<wire::ClientKeys> plugin_keys_;
  log::Seldom refused_, keyless_;
  std::unique_ptr<wire::Socket> control_;
  std::unique_ptr<wire::Socket> events_;
  std::unique_ptr<wire::Monitor> control_monitor_;
  std::unique_ptr<wire::Monitor> events_monitor_;
  std::unique_ptr<wire::BoundEndpoint> control_endpoint_;
  std::unique_ptr<wire::BoundEndpoint> events_endpoint_;
  Admission admission_;
};

}  // namespace troupe
