#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/core/inputs.h"
#include "lib/base/callback.h"
#include "lib/base/duration.h"
#include "lib/loop/fd_watch.h"
#include "lib/loop/loop.h"

namespace troupe {

/// Who a child is to be. Nothing = as the daemon.
struct Identity {
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  std::vector<gid_t> groups;                    ///< only with `gid`
  std::string name{};                           ///< of the user; empty when the data base has none
  std::optional<core::SpawnFailure> failure{};  ///< then nothing of it counts

  /// A user by a number that the data base does not have, and no group: the group stays the daemon's.
  bool keeps_group() const { return uid && !gid; }
};

/// User and group as in a SpawnSpec: names or numbers.
struct Account {
  std::optional<std::string> user;
  std::optional<std::string> group;
  bool operator<(const Account& other) const {
    return std::tie(user, group) < std::tie(other.user, other.group);
  }
};

/// Asks the data base of users, which may be a server that takes its time; a user alone brings his group and
/// groups. Stages of failures: "user", "group".
Identity look_up_identity(const Account& account);

/// Looks users and groups up, in a thread of its own so that the loop never waits for a directory server, and
/// remembers the answers for some seconds: a hundred processes of one user start in one turn. An older answer
/// serves while it is asked again; a refusal does not. Bounded. Who never asks has no thread.
class Identities {
 public:
  static constexpr Duration kept_for = 5s;
  static constexpr std::size_t most = 64;
  using LookUp = Identity (*)(const Account& account);
  using OnAnswer = Callback<void()>;

  /// `on_answer`: what had none may be asked for again.
  Identities(loop::Loop& loop, OnAnswer on_answer, LookUp look_up = look_up_identity);
  ~Identities();
  Identities(const Identities&) = delete;
  Identities& operator=(const Identities&) = delete;

  /// nullptr: it is being asked, and on_answer will come. The answer is good until the next call.
  const Identity* find(const Account& account, Instant now);

  std::size_t count() const { return known_.size(); }

  /// The first time for a watcher and user, as far as `most` of them are remembered: a warning is in place.
  bool is_news(const std::string& watcher, const std::string& user);

 private:
  struct Known {
    Identity identity;
    Instant until;
  };
  struct Desk;

  void ask(const Account& account);
  void on_answers(loop::Ready);
  void remember(const Account& account, Identity identity);

  loop::Loop& loop_;
  OnAnswer on_answer_;
  LookUp look_up_;
  std::map<Account, Known> known_;
  std::set<Account> asked_;
  std::set<std::pair<std::string, std::string>> told_;
  std::shared_ptr<Desk> desk_;  ///< shared with the thread, which may be held longer than this lives
  std::unique_ptr<loop::FdWatch> watch_;
};

}  // namespace troupe
