#pragma once

namespace troupe::wire {

/// From now on a connection whose descriptor would have the number `bound` or more is closed as soon as it is
/// accepted, in the whole process: the peer sees a connection that was cut off. libzmq ends the process when
/// accept() finds no descriptor (EMFILE, ipc) or runs in a circle (tcp), accepts in a thread of its own as
/// fast as others connect, and asks nobody in between; so this stands in the place of accept4() for it.
///
/// It is the last resort: Monitor and BoundEndpoint::shut() keep newcomers out before, and politely.
void refuse_connections_from(int bound);

}  // namespace troupe::wire
