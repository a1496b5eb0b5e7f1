"""A subscriber of the stats stream, for tests."""
import json
import time

import zmq

from troupe_harness import PATIENCE


class StatsStream:
    """What is published on a stats endpoint, message by message and round by round."""

    def __init__(self, test, endpoint, prefix=b"stat."):
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 5)
        self.socket.subscribe(prefix)
        self.socket.connect(endpoint)
        test.addCleanup(self.close)

    def close(self):
        self.socket.close()

    def next(self, timeout=PATIENCE):
        """One message: its topic and its object."""
        if not self.socket.poll(int(timeout * 1000)):
            raise AssertionError(f"no statistics within {timeout} s")
        topic, text = self.socket.recv_multipart()
        return topic.decode(), json.loads(text)

    def round(self, last="stat.circus"):
        """The messages of one round, up to the one with this topic, as a list of pairs."""
        messages = []
        while not messages or messages[-1][0] != last:
            messages.append(self.next())
        return messages

    def until(self, predicate, what, last="stat.circus"):
        """The first round, as topic → object, for which the predicate holds."""
        end = time.monotonic() + PATIENCE
        while True:
            found = dict(self.round(last))
            if predicate(found):
                return found
            if time.monotonic() > end:
                raise AssertionError(f"still not: {what}; the last round: {found}")
