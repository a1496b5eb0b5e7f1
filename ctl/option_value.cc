#include "ctl/option_value.h"

#include "ctl/pack.h"
#include "lib/conf/option.h"

namespace troupe::ctl {

Value option_value(std::string_view key, std::string_view word) {
  const conf::WatcherOption* option = conf::find_watcher_option(key);
  return option ? option->convert(word) : guess(word);
}

}  // namespace troupe::ctl
