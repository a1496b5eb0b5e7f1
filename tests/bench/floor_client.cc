// The floor of the status bench: a client that asks once, reads the answer and leaves.
//
// usage: floor_client ENDPOINT REQUEST

#include <zmq.h>

#include <cstring>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  void* context = zmq_ctx_new();
  void* socket = zmq_socket(context, ZMQ_DEALER);
  const int linger = 0;
  zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
  if (zmq_connect(socket, argv[1]) != 0) return 1;
  if (zmq_send(socket, argv[2], std::strlen(argv[2]), 0) < 0) return 1;
  zmq_msg_t reply;
  zmq_msg_init(&reply);
  if (zmq_msg_recv(&reply, socket, 0) <= 0) return 1;
  zmq_msg_close(&reply);
  zmq_close(socket);
  zmq_ctx_term(context);
}
