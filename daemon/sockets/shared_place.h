#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/sockets/open_socket.h"

namespace troupe {

/// Lets new sockets be bound where some of ours still are. Those are not closed for it: processes may hold
/// them too, so that closing them here frees no address, and what is closed could not be had back. As long as
/// this value lives they share their port (SO_REUSEPORT, which the kernel allows among sockets of one user),
/// and the file of a Unix socket is beside its path. Then everything is as it was, or, after keep(), the
/// files stay away and go with their sockets.
class SharedPlace {
 public:
  /// `sockets`: those that may share.
  explicit SharedPlace(std::vector<std::shared_ptr<OpenSocket>> sockets) : may_share_(std::move(sockets)) {}
  SharedPlace(const SharedPlace&) = delete;
  SharedPlace& operator=(const SharedPlace&) = delete;
  ~SharedPlace();

  /// False if none of them is in the way of a new one at `wanted`: who is there is somebody else.
  bool make_room(const Address& wanted);
  /// The new ones stay.
  void keep() { is_kept_ = true; }

 private:
  struct Sharing {
    std::shared_ptr<OpenSocket> socket;
    int reuse = 0;       ///< its SO_REUSEPORT before
    std::string path{};  ///< of its file before, if it has one
  };
  bool is_sharing(const OpenSocket& socket) const;
  void share(const std::shared_ptr<OpenSocket>& socket);

  std::vector<std::shared_ptr<OpenSocket>> may_share_;
  std::vector<Sharing> sharing_;
  bool is_kept_ = false;
};

}  // namespace troupe
