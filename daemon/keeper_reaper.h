#pragma once

#include "daemon/keeper_protocol.h"

namespace troupe::keeper {

/// Tells of exits, each once, and reaps only what was acknowledged: the zombie is the store, so a full socket
/// or a slow arbiter loses nothing. No heap.
///
/// How zombies are found, without a look at every child for every exit: SIGCHLD names one (hint). Further
/// ones may hide behind it, since signals of one number are merged. So whenever nothing is in flight,
/// waitid(P_ALL) is asked, which names the first zombie; when that shows one that no signal had named, there
/// are probably many, and the list of children is gone through. While something stays in flight and a signal
/// came meanwhile, or the table was full, an acknowledgement that leaves it at most half full leads to such a
/// walk too.
class Reaper {
 public:
  /// Sends to this socket; `leave_alone` is a child whose exit the caller looks after (the arbiter).
  Reaper(int socket, int leave_alone) : socket_(socket), leave_alone_(leave_alone) {}

  /// SIGCHLD named this pid.
  void hint(int pid);
  /// The arbiter recorded the exit: reap.
  void acknowledged(int pid);
  /// Looks for zombies, as far as there may be some that no hint named.
  void look();
  /// The socket was full at the last try: look() again when it has room.
  bool wants_room() const { return wants_room_; }

 private:
  bool is_in_flight(int pid) const;
  /// Sends the exit of this child if it is a zombie that is not known yet.
  bool offer(int pid);
  void offer_all_children();

  int socket_;
  int leave_alone_;
  int in_flight_[max_in_flight] = {};
  int count_ = 0;
  bool wants_room_ = false;
  bool unsure_ = false;        ///< there may be zombies that are not in flight
  bool acknowledged_ = false;  ///< since the last look
};

}  // namespace troupe::keeper
