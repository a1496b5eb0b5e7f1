#include "lib/os/system_error.h"

#include <cstring>

namespace troupe::os {

Error system_error(std::string_view call, std::string_view subject, int number) {
  std::string text(call);
  if (!subject.empty()) text.append(" ").append(subject);
  text.append(": ").append(std::strerror(number));
  return make_error(Code::system, std::move(text));
}

}  // namespace troupe::os
