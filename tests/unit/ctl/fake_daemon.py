"""A control endpoint and an event endpoint that say what a test tells them to."""

import json
import os
import tempfile
import threading

import zmq


HANG_UP = {"hang up": True}


class FakeDaemon:
    """Answers each command with what `replies[command]` holds: an object, or a function of the properties that
    returns one; None: never answers; HANG_UP: it dies. What was asked is in `requests`, as frames after the identity."""

    def __init__(self, replies):
        self.replies = replies
        self.requests = []
        self.folder = tempfile.TemporaryDirectory()
        self.context = zmq.Context()
        self.router = self.context.socket(zmq.ROUTER)
        self.control = "ipc://" + os.path.join(self.folder.name, "control")
        self.router.bind(self.control)
        self.pub = self.context.socket(zmq.XPUB)
        self.pub.setsockopt(zmq.XPUB_VERBOSE, 1)
        self.pubsub = "ipc://" + os.path.join(self.folder.name, "events")
        self.pub.bind(self.pubsub)
        self.replies.setdefault(
            "globaloptions", {"status": "ok", "options": {"pubsub_endpoint": self.pubsub}})
        self.leave = self.context.socket(zmq.PAIR)
        self.leave.bind("inproc://leave")
        self.ask_to_leave = self.context.socket(zmq.PAIR)
        self.ask_to_leave.connect("inproc://leave")
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ask_to_leave.send(b"")
        self.thread.join()
        for socket in (self.router, self.pub, self.leave, self.ask_to_leave):
            socket.close(0)
        self.context.term()
        self.folder.cleanup()

    def _serve(self):
        poller = zmq.Poller()
        poller.register(self.router, zmq.POLLIN)
        poller.register(self.leave, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self.leave in ready:
                return
            identity, *frames = self.router.recv_multipart()
            self.requests.append(frames)
            request = json.loads(frames[-1])
            reply = self.replies.get(request["command"], {"status": "ok"})
            if callable(reply):
                reply = reply(request["properties"])
            if reply is HANG_UP:
                self.router.close(0)
                return
            if reply is not None:
                answer = {"status": "ok", "time": 1000.0, **reply, "id": request["id"]}
                self.router.send_multipart([identity, json.dumps(answer).encode()])

    def wait_for_subscriber(self, timeout=10):
        """Until somebody subscribes; returns the prefix."""
        while self.pub.poll(timeout * 1000):
            message = self.pub.recv()
            if message[:1] == b"\x01":  # not that somebody has left
                return message[1:]
        raise AssertionError("nobody subscribed")

    def publish(self, topic, **data):
        self.pub.send_multipart([topic.encode(), json.dumps(data).encode()])
