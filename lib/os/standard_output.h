#pragma once

namespace troupe::os {

/// Writes out what is buffered for standard output, by stdio and by std::cout. 0, or the errno of that or of
/// an earlier write that failed: what was to be said has not been said whole. To be called right after the
/// printing.
int finish_standard_output();

}  // namespace troupe::os
