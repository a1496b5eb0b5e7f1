#pragma once

namespace troupe::os {

/// Whether whoever read from this pipe, socket or terminal has gone.
bool is_reader_gone(int fd);

}  // namespace troupe::os
