#include "lib/base/signal_name.h"

#include <csignal>

#include "lib/base/text.h"

namespace troupe {

namespace {

struct Row {
  std::string_view name;
  int number;
};

constexpr Row rows[] = {
    {"HUP", SIGHUP},       {"INT", SIGINT},   {"QUIT", SIGQUIT},   {"ILL", SIGILL},   {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},     {"KILL", SIGKILL}, {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV},     {"USR2", SIGUSR2}, {"PIPE", SIGPIPE},   {"ALRM", SIGALRM}, {"TERM", SIGTERM},
    {"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD}, {"CONT", SIGCONT},   {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},     {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},
    {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO},     {"PWR", SIGPWR},
    {"SYS", SIGSYS},       {"IOT", SIGABRT},  {"CLD", SIGCHLD},    {"POLL", SIGIO},
};

std::optional<int> find_name(std::string_view name) {
  if (name.size() > 3 && equal_ignoring_case(name.substr(0, 3), "SIG")) name.remove_prefix(3);
  if (equal_ignoring_case(name, "RTMIN")) return SIGRTMIN;
  if (equal_ignoring_case(name, "RTMAX")) return SIGRTMAX;
  for (const Row& row : rows) {
    if (equal_ignoring_case(name, row.name)) return row.number;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> parse_signal(std::string_view text) {
  text = trim(text);
  if (const auto number = parse_int(text)) {
    if (*number < 0 || *number > 1 << 20) return std::nullopt;
    return static_cast<int>(*number);
  }
  const auto sign = text.find_first_of("+-");
  const auto base = find_name(text.substr(0, sign));
  if (!base || sign == std::string_view::npos) return base;
  const auto offset = parse_int(text.substr(sign));
  if (!offset || *offset < -64 || *offset > 64) return std::nullopt;
  return *base + static_cast<int>(*offset);
}

std::string signal_name(int number) {
  for (const Row& row : rows) {
    if (row.number == number) return "SIG" + std::string(row.name);
  }
  if (number >= SIGRTMIN && number <= SIGRTMAX) {
    return number == SIGRTMIN ? "SIGRTMIN" : "SIGRTMIN+" + std::to_string(number - SIGRTMIN);
  }
  return std::to_string(number);
}

}  // namespace troupe
