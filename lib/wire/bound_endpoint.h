#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/wire/endpoint_lock.h"

namespace troupe::wire {

class Socket;

struct BindOptions {
  unsigned mode = 0600;  ///< of an ipc file
  int owner = -1;        ///< numeric user who gets an ipc file; -1: leave it
  int group = -1;        ///< numeric group of an ipc file; -1: leave it
};

/// An endpoint that a socket of ours is bound to. For ipc it holds the EndpointLock, replaces the file of a
/// dead owner, and removes its own at the end (libzmq leaves it).
///
/// Errors name who holds the endpoint: "tcp://127.0.0.1:5555 is taken by pid 4711 (circusd)"; what is no
/// socket is never replaced: "ipc:///etc/passwd: the file is there and is no socket".
class BoundEndpoint {
 public:
  static Result<BoundEndpoint> bind(Socket& socket, const std::string& endpoint,
                                    const BindOptions& options = {});
  ~BoundEndpoint();
  BoundEndpoint(BoundEndpoint&& other) noexcept;
  BoundEndpoint& operator=(BoundEndpoint&& other) noexcept;

  /// As bound, with the port that the system chose.
  const std::string& name() const { return name_; }

  /// The file of an ipc endpoint, and where it is while shut; empty of a tcp one.
  const std::string& path() const { return path_; }
  std::string path_when_shut() const;

  /// Keeps newcomers out and lets those in stay (zmq_unbind would cut them off, and lose what they sent):
  /// an ipc file is moved aside to PATH.shut, a tcp port drops the first packet of a connection.
  /// `listener`: the descriptor that listens, from Monitor::listener().
  void shut(int listener);
  void reopen(int listener);
  bool is_shut() const { return shut_; }

 private:
  BoundEndpoint(EndpointLock lock, std::string name, std::string path);

  EndpointLock lock_;
  std::string name_;
  std::string path_;  ///< of the ipc file
  ino_t file_number_ = 0;
  bool shut_ = false;
};

}  // namespace troupe::wire
