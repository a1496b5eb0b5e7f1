#include "lib/conf/choice_kind.h"

#include "lib/base/text.h"
#include "lib/conf/problem.h"

namespace troupe::conf {

Result<int> find_choice(std::string_view text, std::span<const std::string_view> words) {
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (equal_ignoring_case(words[i], text)) return static_cast<int>(i);
    list += (i == 0 ? "" : ", ") + std::string(words[i]);
  }
  return make_error(Code::invalid, shown(text) + " is not one of " + list +
                                       did_you_mean(text, {words.begin(), words.end()}));
}

}  // namespace troupe::conf
