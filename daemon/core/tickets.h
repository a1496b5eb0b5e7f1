#pragma once

#include <map>
#include <vector>

#include "daemon/core/turn.h"

namespace troupe::core {

/// Tickets of callers that wait. An operation on several watchers is a group: its callers hear once, when the
/// last of them is done; if some failed, with the error of the first that did. What the results of its parts
/// have as `error`, they hear as `errors`, an object with the name of each such part.
class Tickets {
 public:
  /// A ticket that must be settled `parts` times before those of the callers are. With 0 parts they are
  /// answered at once. `result` is what they hear when all went well.
  Ticket make_group(Turn& turn, std::vector<Ticket> callers, std::size_t parts,
                    Value result = Value::object());

  /// One ticket for two callers that get the same answer; `first` may be such a ticket already.
  Ticket join(Ticket first, Ticket second);

  /// These wait for the group as well. False: there is none, and somebody would wait for ever.
  bool add_callers(Ticket group, const std::vector<Ticket>& callers);

  /// Ticket 0 is nobody's: nothing happens. `part`: the watcher whose result it is.
  void settle(Turn& turn, Ticket ticket, Value result, std::string_view part = {});
  void fail(Turn& turn, Ticket ticket, Error error);
  std::size_t open_groups() const { return groups_.size(); }

 private:
  struct Group {
    std::vector<Ticket> callers;
    std::size_t left;
    std::optional<Error> error;
    Value result;
    bool joined = false;  ///< of join(): the callers hear what the one part came to
    Value errors = Value::object();
  };
  static constexpr Ticket group_bit = Ticket{1} << 63;
  void answer(Turn& turn, Ticket ticket, Value result, std::optional<Error> error,
              std::string_view part = {});

  std::map<Ticket, Group> groups_;
  Ticket last_group_ = 0;
};

}  // namespace troupe::core
