#include "lib/api/command.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "lib/api/arbiter_commands.h"
#include "lib/api/event_commands.h"
#include "lib/api/log_commands.h"
#include "lib/api/option_commands.h"
#include "lib/api/process_commands.h"
#include "lib/api/stats_commands.h"
#include "lib/api/watcher_commands.h"
#include "lib/base/text.h"

namespace troupe::api {

namespace {

constexpr bool by_name(const Command& left, const Command& right) {
  return left.name < right.name;
}

template <std::size_t... sizes>
constexpr auto joined(const Command (&... groups)[sizes]) {
  std::array<Command, (sizes + ...)> all{};
  auto end = all.begin();
  ((end = std::copy(std::begin(groups), std::end(groups), end)), ...);
  std::sort(all.begin(), all.end(), by_name);
  return all;
}

constexpr auto all_commands = joined(arbiter_commands, event_commands, log_commands, option_commands,
                                     process_commands, stats_commands, watcher_commands);

constexpr bool lower_case(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

constexpr bool well_formed(const Command& command) {
  if (!lower_case(command.name) || command.summary.empty()) return false;
  bool rest = false;
  for (std::size_t i = 0; i < command.params.size(); ++i) {
    const Param& param = command.params[i];
    if (!lower_case(param.name) || param.doc.empty() || param.name == waiting_param.name) return false;
    if (param.required && !param.fallback.empty()) return false;
    if (param.cli == Cli::inverted && param.cli_name.empty()) return false;
    if (param.cli == Cli::positional && rest) return false;  // `rest` takes all words after it
    rest = rest || param.cli == Cli::rest;
    for (std::size_t j = 0; j < i; ++j) {
      if (command.params[j].name == param.name) return false;
    }
  }
  return true;
}

static_assert(std::is_sorted(all_commands.begin(), all_commands.end(), by_name));
static_assert(std::adjacent_find(all_commands.begin(), all_commands.end(),
                                 [](const Command& left, const Command& right) {
                                   return left.name == right.name;
                                 }) == all_commands.end(),
              "a command is declared twice");
static_assert(std::all_of(all_commands.begin(), all_commands.end(), well_formed),
              "a command's row is not well formed");

}  // namespace

std::span<const Command> commands() {
  return all_commands;
}

const Command* find_command(std::string_view name) {
  const std::string lower = to_lower(name);
  const auto found =
      std::lower_bound(all_commands.begin(), all_commands.end(), lower,
                       [](const Command& row, std::string_view key) { return row.name < key; });
  return found != all_commands.end() && found->name == lower ? found : nullptr;
}

const Param* find_param(const Command& command, std::string_view name) {
  for (const Param& param : command.params) {
    if (param.name == name) return &param;
  }
  return command.waiting == Waiting::possible && name == waiting_param.name ? &waiting_param : nullptr;
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::text:
      return "text";
    case Type::integer:
      return "integer";
    case Type::number:
      return "number";
    case Type::boolean:
      return "boolean";
    case Type::signal:
      return "signal";
    case Type::watcher:
      return "watcher";
    case Type::list:
      return "list";
    case Type::words:
      return "text or list";
    case Type::object:
      return "object";
    case Type::any:
      return "any";
  }
  return "";
}

}  // namespace troupe::api
