#include "ctl/option_value.h"

#include "ctl/pack.h"

namespace troupe::ctl {

Result<Value> option_value(std::string_view, std::string_view word) {
  return guess(word);
}

}  // namespace troupe::ctl
