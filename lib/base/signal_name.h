#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// A signal from what people write: digits, a name in any case with or without SIG, or NAME+n / NAME-n
/// (RTMIN+1). Numbers are not checked for range; that is the kernel's answer to give.
std::optional<int> parse_signal(std::string_view text);

/// "SIGTERM"; "SIGRTMIN+1"; the number as text when it has no name.
std::string signal_name(int number);

}  // namespace troupe
