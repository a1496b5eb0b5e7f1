#include "daemon/core/words.h"

#include <cerrno>
#include <cstring>

#include "lib/base/signal_name.h"

namespace troupe::core {

std::string words_of(const Exit& exit) {
  if (!exit.status) return "ended, and nobody knows how: the keeper, who would, is gone";
  std::string text = *exit.status >= 0 ? "exited with status " + std::to_string(*exit.status)
                                       : "was killed by " + signal_name(-*exit.status);
  return exit.core_dumped ? text + ", core dumped" : text;
}

std::string words_of(const SpawnFailure& failure) {
  if (!failure.text.empty()) return failure.text;
  if (failure.stage == "cmd") return failure.subject;
  std::string text(failure.stage);
  if (!failure.subject.empty()) text += " " + failure.subject;
  text += std::string(": ") + std::strerror(failure.error);
  const bool identity =
      failure.stage == "setgroups" || failure.stage == "setgid" || failure.stage == "setuid";
  if (identity && failure.error == EPERM) {
    text +=
        " (to run processes as others the daemon needs CAP_SETUID and CAP_SETGID, which ordinary users and "
        "unprivileged containers have not: leave uid and gid out there)";
  }
  return text;
}

}  // namespace troupe::core
