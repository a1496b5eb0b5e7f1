#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace troupe::conf {

/// One `hooks.NAME`: what is asked before or told after something happens to a watcher.
struct HookConfig {
  std::string target;          ///< a path with a slash, or `package.module.function` of Python
  bool ignore_errors = false;  ///< a hook that fails then counts as one that said yes

  /// A program to run; else a Python function to call.
  bool is_program() const { return target.find('/') != std::string::npos; }

  bool operator==(const HookConfig&) const = default;
};

/// `target` or `target,true`. Code::invalid: it is neither a path nor a dotted name, or the flag is no
/// boolean.
Result<HookConfig> parse_hook(std::string_view text);

/// The text that parse_hook reads back.
std::string hook_text(const HookConfig& hook);

}  // namespace troupe::conf
