#include "lib/wire/context.h"

#include <zmq.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace troupe::wire {

Context::Context() : handle_(zmq_ctx_new()) {
  if (!handle_) {
    std::fprintf(stderr, "cannot start ZeroMQ: %s\n", zmq_strerror(errno));
    std::exit(1);
  }
}

Context::~Context() {
  while (zmq_ctx_term(handle_) != 0 && errno == EINTR) {
  }
}

}  // namespace troupe::wire
