#pragma once

#include <string>
#include <string_view>

#include "ctl/cli.h"

namespace troupe::ctl {

/// The completion of troupectl for `bash` or `zsh`; empty for any other. Verbs and options are in it; names
/// and values, which change, are asked for with `troupectl complete SHELL LINE`.
std::string completion_script(std::string_view shell, const Grammar& grammar);

}  // namespace troupe::ctl
