#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace troupe::conf {

/// The hooks of Circus, sorted by name.
enum class Hook : std::uint8_t {
  after_reap,
  after_signal,
  after_spawn,
  after_start,
  after_stop,
  before_reap,
  before_signal,
  before_spawn,
  before_start,
  before_stop,
  extended_stats,
};

/// What is to be said about one hook: when it is called, with what, and what its answer does (Circus).
struct HookRow {
  Hook hook;
  std::string_view name;
  std::string_view arguments;  ///< their names, separated by ", "
  std::string_view when;
  std::string_view refusal;           ///< what follows when it says no
  bool counts_when_it_fails = false;  ///< a failure is a yes, whether the option says `,true` or not
};

/// In the order of the enumeration.
std::span<const HookRow> hook_rows();
const HookRow& hook_row(Hook hook);
inline std::string_view to_text(Hook hook) {
  return hook_row(hook).name;
}

}  // namespace troupe::conf
