#pragma once

#include "daemon/keeper_link.h"
#include "daemon/launch.h"
#include "lib/os/notify_socket.h"

namespace troupe {

/// What runs in the arbiter process. Called once, in the forked child: own session, TERM, INT, QUIT, HUP and
/// PIPE ignored, nothing blocked, soft descriptor limit raised. Its answer is the exit status of that
/// process; what counts for the keeper is KeeperLink::done or failed before.
class ArbiterProgram {
 public:
  virtual ~ArbiterProgram() = default;
  virtual int run(KeeperLink link) = 0;
  /// Called once in the keeper, after the fork: what only the arbiter needs can go.
  virtual void leave_to_arbiter() {}
};

/// Turns the calling process, which must have one thread only, into the keeper (design decision D1): forks
/// the arbiter, then does nothing but reap, pass on signals, and wait for the arbiter's end. Returns, in the
/// keeper only, the exit status: N after `done N` and `failed N`, 1 when the arbiter died without either.
/// Then everything it had started is taken down first: SIGTERM (and SIGCONT), 2 s, SIGKILL, until no child is
/// left; a signal to stop that comes meanwhile hurries. After `done` orphans that the keeper adopted are
/// ended the same way only when it is PID 1; else they go to its parent.
///
/// An arbiter that hangs: signals to stop are passed to it; when there was a second one and it has not read
/// one of its signals for 5 s, the keeper says so and kills it, and the rest follows as after any such death.
/// One that is stopped (SIGSTOP) is killed at the second request at once. After the first the keeper says
/// what is wrong and what a second does.
///
/// `manager`, the service manager: the keeper passes on what the arbiter tells it, and says itself how it
/// ends when the arbiter does not any more.
///
/// `launch` is told when the arbiter is ready. A failure is for the caller to report, once all that it made
/// is gone.
int run_keeper(ArbiterProgram& program, Launch& launch, os::NotifySocket manager = {});

}  // namespace troupe
