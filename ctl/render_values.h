#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/value.h"

namespace troupe::ctl {

/// A value as a cell of a table: text as it is, null as nothing, everything else as JSON; always printable.
std::string plain(const Value& value);
/// The member as a cell; nothing when it is absent.
std::string plain(const Value& object, std::string_view key);

/// The member as number or as text; the fallback when it is absent or of another type.
double number_or(const Value& object, std::string_view key, double fallback);
std::string_view text_or(const Value& object, std::string_view key, std::string_view fallback);

/// The members in the order of their keys; none of what is no object, or of nullptr.
std::vector<const Member*> by_key(const Value* object);

}  // namespace troupe::ctl
