#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/os/fd.h"

namespace troupe::wire {

/// A way to an endpoint of another machine: Circus's --ssh, made by the program ssh, which asks for whatever
/// it needs at the terminal. It ends with this object, and with this process however that ends: the far end
/// waits for the end of its standard input.
class Tunnel {
 public:
  /// `server`: [USER@]HOST[:PORT]. `endpoint` is as seen from there. Returns when ssh has logged in. Errors:
  /// a server that is none, an endpoint that ssh cannot forward, no ssh, or it did not get there, which it
  /// says itself on standard error.
  static Result<std::unique_ptr<Tunnel>> open(const std::string& server, const std::string& keyfile,
                                              const std::string& endpoint);
  ~Tunnel();
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  /// The near end.
  std::string endpoint() const { return "ipc://" + path(); }

 private:
  explicit Tunnel(std::string folder) : folder_(std::move(folder)) {}
  std::string path() const { return folder_ + "/socket"; }
  Result<void> run(const std::string& server, const std::string& keyfile, const std::string& far);

  std::string folder_;
  pid_t ssh_ = 0;
  os::Fd input_;
};

}  // namespace troupe::wire
