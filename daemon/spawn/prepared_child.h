#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ports.h"
#include "daemon/spawn/child_setup.h"
#include "daemon/spawn/identities.h"
#include "lib/os/rlimits.h"

namespace troupe {

/// What is the same for all children.
struct ChildSurroundings {
  int parent = 0;  ///< whose death is theirs, and whom getppid must name
  std::string boot;
  os::Limit descriptor_limit;
  std::map<std::string, std::string> keys{};  ///< the environment of what calls the daemon, besides
};

/// A SpawnSpec made into the plain pointers that the child reads. Builds the
/// environment (with TROUPE_ID) and the list of programs that the PATH of the child gives.
class PreparedChild {
 public:
  /// `identity`: of the user and group of the spec. Nothing, and `failure` filled, for an identity that is
  /// none, an unknown limit, or a text with a NUL inside.
  static std::unique_ptr<PreparedChild> make(const core::Spawn& spawn, const ChildSurroundings& surroundings,
                                             const Identity& identity, SpawnFailure& failure);

  PreparedChild(const PreparedChild&) = delete;
  PreparedChild& operator=(const PreparedChild&) = delete;

  ChildPlan& plan() { return plan_; }
  /// The descriptors of the spec's sockets, in their order, and of its stdin_socket (-1: none), which must
  /// stay open until the child is cloned.
  void give(std::vector<int> sockets, int standard_input);
  /// The report of the child in words.
  SpawnFailure failure(const ChildReport& report) const;

 private:
  PreparedChild() : plan_{} {}
  std::optional<SpawnFailure> fill(const core::Spawn& spawn, const ChildSurroundings& surroundings,
                                   const Identity& identity);
  void fill_environment(const core::Spawn& spawn, const ChildSurroundings& surroundings);
  void fill_listen(const core::SpawnSpec& spec);
  void fill_program(const core::SpawnSpec& spec);
  std::optional<SpawnFailure> fill_limits(const core::SpawnSpec& spec, const os::Limit& descriptors);
  void fill_identity(const core::SpawnSpec& spec, const Identity& identity);
  std::string_view path() const;

  ChildPlan plan_;
  std::vector<std::string> arguments_;
  std::vector<std::string> environment_;
  std::vector<std::string> programs_;
  std::vector<int> sockets_;
  std::vector<const char*> argv_;
  std::vector<const char*> envp_;
  std::vector<const char*> candidates_;
  std::vector<gid_t> groups_;
  std::vector<ChildLimit> limits_;
  std::vector<std::string> limit_names_;
  std::string program_;
  std::string cwd_;
  std::string user_;
  std::string group_;
};

}  // namespace troupe
