#include "daemon/service.h"

namespace troupe {

Service::Service(loop::Loop& loop, const Sockets& sockets, const Outside& outside,
                 const conf::ArbiterConfig& config, core::World::Settings settings, const Keeper& keeper,
                 Identities::LookUp look_up)
    : events_(loop, sockets.events, outside.clock, keeper.boot, static_cast<std::size_t>(config.event_ring)),
      control_(sockets.control),
      users_(loop),
      stats_(loop, users_, Surveys::OnAnswer::to<&Service::on_stats>(*this)),
      accounts_(loop, Identities::OnAnswer::to<&Control::on_account>(control_),
                look_up ? look_up : look_up_identity),
      arbiter_({outside.clock, outside.spawner, outside.outputs, outside.alarms, outside.sockets,
                outside.hooks, events_, control_, outside.host},
               std::move(settings)),
      desk_{arbiter_,    events_.ring(), config,       stats_,   control_,
            keeper.boot, keeper.pid,     outside.logs, accounts_},
      control_watch_(loop, sockets.control, wire::ZmqWatch::OnMessage::to<&Control::on_message>(control_)),
      events_watch_(loop, sockets.events, wire::ZmqWatch::OnMessage::to<&Events::on_message>(events_)) {
  control_.serve(desk_);
}

void Service::on_stats(const SurveyCaller& caller, Result<Value> reply) {
  if (!reply) {
    control_.settle({caller.ticket, Value::object(), reply.error()});
  } else if (caller.extend == 0) {
    control_.settle({caller.ticket, *std::move(reply), {}});
  } else {
    arbiter_.change([&](core::World& world, Instant now) {
      world.extend_stats(caller.extend, *std::move(reply), caller.ticket, now);
    });
  }
}

}  // namespace troupe
