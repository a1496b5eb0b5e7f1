#pragma once

#include <string>

#include "daemon/arbiter.h"
#include "daemon/control.h"
#include "daemon/events.h"
#include "daemon/identities.h"
#include "daemon/stats/surveys.h"
#include "lib/wire/zmq_watch.h"

namespace troupe {

/// The arbiter joined with those who talk to it: requests come from the one socket, events go out of the
/// other. What acts on the world is handed in, so that a test can have everything of the daemon but its
/// processes, its clock and its keeper.
class Service {
 public:
  struct Sockets {
    wire::Socket& control;
    wire::Socket& events;
  };
  struct Outside {
    Clock& clock;
    Spawner& spawner;
    Outputs& outputs;
    Logs& logs;
    Alarms& alarms;
    SocketWatch& sockets;
    Hooks& hooks;
    Host& host;
  };
  struct Keeper {
    std::string boot;
    int pid;
  };

  /// Serves from the next turn of the loop on.
  /// `look_up`: how users are found; nullptr: in the data base of the system.
  Service(loop::Loop& loop, const Sockets& sockets, const Outside& outside, const conf::ArbiterConfig& config,
          core::World::Settings settings, const Keeper& keeper, Identities::LookUp look_up = nullptr);

  Arbiter& arbiter() { return arbiter_; }
  const Events& events() const { return events_; }
  EventBus& bus() { return events_; }
  Callers& callers() { return control_; }
  Requests& requests() { return control_; }
  void on_connections() { control_.on_connections(); }
  void turn_away_rest(Duration most) {
    stats_.end();
    control_.turn_away_rest(most);
  }

 private:
  void on_stats(const SurveyCaller& caller, Result<Value> reply);

  Events events_;
  Control control_;
  BackgroundNames users_;
  Surveys stats_;
  Identities accounts_;
  Arbiter arbiter_;
  command::Desk desk_;
  wire::ZmqWatch control_watch_;
  wire::ZmqWatch events_watch_;
};

}  // namespace troupe
