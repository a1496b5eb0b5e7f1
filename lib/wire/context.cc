#include "lib/wire/context.h"

#include <pthread.h>
#include <zmq.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace troupe::wire {

Context::Context() : handle_(zmq_ctx_new()) {
  if (!handle_) {
    std::fprintf(stderr, "cannot start ZeroMQ: %s\n", zmq_strerror(errno));
    std::exit(1);
  }
}

Result<void> Context::check_threads() {
  constexpr int threads = 2;  // one for sockets that end, one for I/O
  // They wait for this lock, so that all are there at once, as libzmq's will be.
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  const auto pass = [](void* lock) -> void* {
    pthread_mutex_lock(static_cast<pthread_mutex_t*>(lock));
    pthread_mutex_unlock(static_cast<pthread_mutex_t*>(lock));
    return nullptr;
  };
  pthread_t made[threads];
  int count = 0, error = 0;
  pthread_mutex_lock(&gate);
  while (count < threads && (error = pthread_create(&made[count], nullptr, pass, &gate)) == 0) ++count;
  pthread_mutex_unlock(&gate);
  for (int i = 0; i < count; ++i) pthread_join(made[i], nullptr);
  if (error == 0) return {};
  return make_error(Code::system,
                    std::string("a thread for ZeroMQ cannot be made: ") + std::strerror(error) +
                        "; raise the limit of processes of this user (ulimit -u, LimitNPROC=, TasksMax=)");
}

Context::~Context() {
  while (zmq_ctx_term(handle_) != 0 && errno == EINTR) {
  }
}

}  // namespace troupe::wire
