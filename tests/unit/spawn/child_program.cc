#include "tests/unit/spawn/fixture.h"

namespace troupe::test {

const char* const child_program = TROUPE_CHILD;

}  // namespace troupe::test
