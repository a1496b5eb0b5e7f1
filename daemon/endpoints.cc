#include "daemon/endpoints.h"

#include "daemon/ports.h"
#include "daemon/run_dir.h"
#include "lib/log/log.h"
#include "lib/os/fd.h"
#include "lib/os/users.h"
#include "lib/wire/accept_guard.h"
#include "lib/wire/endpoint.h"

namespace troupe {

namespace {

Result<int> numeric_group(const std::optional<std::string>& group) {
  if (!group) return -1;
  auto found = os::find_group(*group);
  if (!found) return found.error();
  return static_cast<int>(*found);
}

Result<int> numeric_owner(const std::optional<std::string>& owner) {
  if (!owner) return -1;
  auto found = os::find_user(*owner);
  if (!found) return make_error(found.error().code, "endpoint_owner: " + found.error().text);
  return static_cast<int>(found->uid);
}

}  // namespace

Result<std::unique_ptr<Endpoints>> Endpoints::open(loop::Loop& loop, const conf::ArbiterConfig& config,
                                                   const Descriptors& descriptors) {
  const int budget = descriptors.connections(config.max_connections);
  if (budget < config.max_connections) {
    log::info("at most {} connections at a time: the descriptor limit allows no more", budget);
  }
  std::unique_ptr<Endpoints> endpoints(new Endpoints(loop, budget, descriptors));
  wire::refuse_connections_from(descriptors.clients);
  if (auto opened = endpoints->open_door(loop, config); !opened) return opened.error();
  if (auto opened = endpoints->open_sockets(loop, config); !opened) return opened.error();
  if (auto bound = endpoints->bind(config); !bound) return bound.error();
  return endpoints;
}

Result<void> Endpoints::open_sockets(loop::Loop& loop, const conf::ArbiterConfig& config) {
  wire::SocketOptions control_options;
  control_options.linger = linger;
  control_options.receive_queue = request_queue;
  control_options.max_message = config.max_message;
  control_options.mandatory = true;  // a reply that is dropped is an error, and logged
  control_options.keepalive = true;
  auto control = wire::Socket::open(context_, wire::Kind::router, control_options);
  if (!control) return control.error();
  control_ = std::make_unique<wire::Socket>(*std::move(control));

  wire::SocketOptions events_options;
  events_options.linger = linger;
  events_options.send_queue = EventBus::queue;
  events_options.max_message = 64 << 10;  // subscribers only send topics
  events_options.keepalive = true;
  events_options.every_subscription = true;
  auto events = wire::Socket::open(context_, wire::Kind::xpub, events_options);
  if (!events) return events.error();
  events_ = std::make_unique<wire::Socket>(*std::move(events));

  const auto on_change = wire::Monitor::OnChange::to<&Endpoints::on_connections>(*this);
  auto control_monitor = wire::Monitor::open(context_, loop, *control_, on_change);
  if (!control_monitor) return control_monitor.error();
  control_monitor_ = *std::move(control_monitor);
  auto events_monitor = wire::Monitor::open(context_, loop, *events_, on_change);
  if (!events_monitor) return events_monitor.error();
  events_monitor_ = *std::move(events_monitor);
  return {};
}

/// Before any socket is bound: one that has no door yet would let everybody in.
Result<void> Endpoints::open_door(loop::Loop& loop, const conf::ArbiterConfig& config) {
  if (!config.curve_server_key || !config.curve_clients) return {};
  auto own = wire::make_curve_pair();
  if (!own) return own.error();
  auto door = wire::CurveDoor::open(context_, loop,
                                    {*config.curve_server_key, *config.curve_clients, own->public_key},
                                    wire::CurveDoor::Tell::to<&Endpoints::on_refused>(*this));
  if (!door) return make_error(door.error().code, "CURVE: " + door.error().text);
  door_ = *std::move(door);
  plugin_keys_ = wire::ClientKeys{*std::move(own), door_->public_key()};
  return {};
}

Result<void> Endpoints::guard(wire::Socket& socket, const std::string& endpoint) {
  return door_ && wire::takes_curve(endpoint) ? door_->guard(socket) : Result<void>();
}

/// Whoever knocks again and again fills no log.
void Endpoints::warn(log::Seldom& seldom, std::string_view what) {
  const auto times = seldom.happened(loop_.now());
  if (times == 0) return;
  log::warning("CURVE: {}{}", what,
               times > 1 ? " (" + std::to_string(times) + " such since the last line)" : "");
}

void Endpoints::reread_clients() {
  if (door_) door_->reread();
}

Result<void> Endpoints::bind(const conf::ArbiterConfig& config) {
  auto group = numeric_group(config.group);
  if (!group) return group.error();
  auto owner = numeric_owner(config.endpoint_owner);
  if (!owner) return owner.error();
  const wire::BindOptions options{*group >= 0 ? 0660U : 0600U, -1, *group};
  wire::BindOptions control_options = options;
  control_options.owner = *owner;
  const bool has_files = wire::ipc_path(config.endpoint) || wire::ipc_path(config.pubsub_endpoint) ||
                         (config.statsd && wire::ipc_path(config.stats_endpoint));
  if (config.dialect == conf::Dialect::troupe && has_files) {
    if (auto prepared = prepare_run_dir(config.run_dir, *group, *owner >= 0); !prepared) return prepared;
  }
  if (auto guarded = guard(*control_, config.endpoint); !guarded) return guarded;
  if (auto guarded = guard(*events_, config.pubsub_endpoint); !guarded) return guarded;
  auto control = wire::BoundEndpoint::bind(*control_, config.endpoint, control_options);
  if (!control) return control.error();
  control_endpoint_ = std::make_unique<wire::BoundEndpoint>(*std::move(control));
  auto events = wire::BoundEndpoint::bind(*events_, config.pubsub_endpoint, options);
  if (!events) return events.error();
  events_endpoint_ = std::make_unique<wire::BoundEndpoint>(*std::move(events));
  return {};
}

void Endpoints::on_connections() {
  if (!events_endpoint_ || !control_endpoint_ || !events_monitor_) return;
  for (wire::Monitor* monitor : {control_monitor_.get(), events_monitor_.get()}) {
    if (const auto misfit = monitor->take_misfit(); misfit && door_) warn(keyless_, *misfit);
  }
  const int connections = control_monitor_->connections() + events_monitor_->connections();
  switch (admission_.on_change(connections, os::next_descriptor())) {
    case Admission::Turn::stay:
      break;
    case Admission::Turn::shut:
      log::warning(
          "{} connections: no more are let in until some leave (max_connections, or the limit of "
          "descriptors)",
          connections);
      control_endpoint_->shut(control_monitor_->listener());
      events_endpoint_->shut(events_monitor_->listener());
      break;
    case Admission::Turn::open:
      log::info("{} connections: newcomers are let in again", connections);
      control_endpoint_->reopen(control_monitor_->listener());
      events_endpoint_->reopen(events_monitor_->listener());
      break;
  }
}

}  // namespace troupe
