#include "lib/conf/hook_config.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/conf/problem.h"

namespace troupe::conf {

namespace {

/// Letters beyond ASCII are left to Python.
bool is_identifier(std::string_view word) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c < 0;
  };
  return !word.empty() && !(word[0] >= '0' && word[0] <= '9') &&
         std::all_of(word.begin(), word.end(), is_word);
}

bool is_dotted_name(std::string_view text) {
  const auto words = split(text, '.');
  return words.size() > 1 && std::all_of(words.begin(), words.end(), is_identifier);
}

Error invalid(std::string_view text) {
  return make_error(Code::invalid, shown(text) +
                                       " is not a hook: module.function or the path of a program, with "
                                       ",true after it to ignore that it fails");
}

}  // namespace

Result<HookConfig> parse_hook(std::string_view text) {
  HookConfig hook;
  std::string_view target = text;
  if (const auto comma = text.rfind(','); comma != std::string_view::npos) {
    const auto flag = parse_bool(trim(text.substr(comma + 1)));
    if (!flag) return invalid(text);
    hook.ignore_errors = *flag;
    target = text.substr(0, comma);
  }
  hook.target = trim(target);
  if (!hook.is_program() && !is_dotted_name(hook.target)) return invalid(text);
  return hook;
}

std::string hook_text(const HookConfig& hook) {
  return hook.target + (hook.ignore_errors ? ",true" : "");
}

}  // namespace troupe::conf
