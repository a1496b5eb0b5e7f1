#pragma once

#include <string>
#include <string_view>

/// mdoc(7), the language of manual pages, from what the rows say.
namespace troupe::docs {

/// One word or phrase as an argument of a macro: no special meaning of anything in it.
std::string mdoc_argument(std::string_view text);

/// A text of the rows, with `code` and *emphasis* as in Markdown: filled lines, each sentence on a new one.
std::string mdoc_text(std::string_view text);

}  // namespace troupe::docs
