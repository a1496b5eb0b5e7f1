#pragma once

#include <string>

namespace troupe::conf {

/// The text of docs/options.md, made from the rows of the options.
std::string options_markdown();

}  // namespace troupe::conf
