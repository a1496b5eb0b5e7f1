"""Whatever comes in at the control endpoint: the right clients get answers, the wrong ones do no harm
(Must show 8)."""
import errno
import json
import os
import resource
import socket
import time

import zmq

from troupe_harness import (PATIENCE, SANITIZED, Client, TroupeTest, child, cpu_seconds, free_port, main,
                            resident_kib)

CONFIG = {"watcher:web": {"cmd": child()}}
MIB = 1 << 20

# What is one frame of a DEALER, and the errno that it gets.
BAD = {
    "an empty frame": (b"", (1, 3)),
    "blanks only": (b"  \n ", (1, 3)),
    "half an object": (b'{"command": ', (1,)),
    "not JSON at all": (b"hello", (1,)),
    "bytes that are not UTF-8": (b'{"command": "\xff\xfe"}', (1,)),
    "a cut UTF-8 sequence": (b'{"command": "list\xc3', (1,)),
    "NUL bytes": (b"\0\0\0\0", (1,)),
    "a NUL after the object": (b'{"command": "list"}\0', (1,)),
    "two objects": (b'{"command": "list"}{"command": "list"}', (1,)),
    "a list": (b"[1, 2]", (1, 3)),
    "a text": (b'"list"', (1, 3)),
    "null": (b"null", (1, 3)),
    "a number too large": (b"1" * 400, (1, 3)),
    "NaN": (b'{"command": NaN}', (1,)),
    "no command": (b'{"id": 1}', (1, 3)),
    "a command that is a number": (b'{"command": 5}', (1, 2, 3)),
    "a command that is null": (b'{"command": null}', (1, 2, 3)),
    "an unknown command": (b'{"command": "frobnicate"}', (2,)),
    "a command with a NUL": (b'{"command": "li\\u0000st"}', (2,)),
    "properties that are a list": (b'{"command": "list", "properties": []}', (1, 3)),
    "properties that are a text": (b'{"command": "list", "properties": "x"}', (1, 3)),
    "a name that is a number": (b'{"command": "list", "properties": {"name": 1}}', (3, 5)),
    "a name that is a list": (b'{"command": "stop", "properties": {"name": ["web"]}}', (3, 5)),
    "a name with a NUL": (b'{"command": "list", "properties": {"name": "we\\u0000b"}}', (3,)),
    "a lone surrogate": (b'{"command": "list", "properties": {"name": "\\ud800"}}', (1, 3)),
    "a number where a list should be": (b'{"command": "get", "properties": {"name": "web", "keys": 1}}', (3, 5)),
    "an nb that is huge": (b'{"command": "incr", "properties": {"name": "web", "nb": 99999999999999999999}}', (1, 3, 5)),
    "an nb that is not whole": (b'{"command": "incr", "properties": {"name": "web", "nb": 1.5}}', (3, 5)),
    "nesting of 100,000": (b"[" * 100000 + b"]" * 100000, (1, 3)),
    "nesting of 100,000 in the properties":
        (b'{"command": "list", "properties": ' + b'{"a":' * 100000 + b"1" + b"}" * 100000 + b"}", (1, 3)),
    "four MiB of nothing": (b" " * (4 * MIB), (1, 3)),
    "four MiB of a name": (b'{"command": "list", "properties": {"name": "' + b"x" * (4 * MIB) + b'"}}', (3,)),
}


class Clients(TroupeTest):
    def test_a_dealer_with_an_id_gets_one_frame_with_its_id(self):
        daemon = self.daemon(CONFIG)
        for ident in ("x", 7, None, [1, {}], {"a": "b"}):
            daemon.client.send("numwatchers", id=ident)
            frames = daemon.client.receive()
            self.assertEqual(len(frames), 1)
            self.assertEqual(json.loads(frames[0])["id"], ident)

    def test_a_dealer_without_an_id_gets_null_for_it(self):
        daemon = self.daemon(CONFIG)
        daemon.client.send("numwatchers")
        reply = json.loads(daemon.client.receive()[0])
        self.assertEqual((reply["status"], reply["numwatchers"], reply["id"]), ("ok", 1, None))
        self.assertAlmostEqual(reply["time"], time.time(), delta=60)

    def test_a_req_client_gets_its_answers_one_after_the_other(self):
        daemon = self.daemon(CONFIG)
        client = Client(daemon.endpoint, zmq.REQ)
        for _ in range(5):
            self.assertEqual(client.call("numwatchers")["numwatchers"], 1)
        client.close()

    def test_a_dealer_that_frames_like_a_req_is_answered_like_one(self):
        daemon = self.daemon(CONFIG)
        daemon.client.socket.send_multipart([b"", b'{"command": "numwatchers", "id": 3}'])
        frames = daemon.client.receive()
        self.assertEqual(frames[0], b"")
        self.assertEqual(json.loads(frames[1])["id"], 3)

    def test_a_cast_is_never_answered_not_even_with_an_error(self):
        daemon = self.daemon(CONFIG)
        daemon.client.send("numwatchers", msg_type="cast", id="cast")
        daemon.client.send("frobnicate", msg_type="cast", id="cast")
        daemon.client.send("incr", {"name": "nobody"}, msg_type="cast", id="cast")
        self.assertEqual(daemon.call("numwatchers")["numwatchers"], 1)
        self.assertIsNone(daemon.client.receive(0))

    def test_command_names_match_in_any_case_and_white_space_around_is_fine(self):
        daemon = self.daemon(CONFIG)
        daemon.client.socket.send(b'  {"command": "NumWatchers", "id": 1}\n')
        self.assertEqual(json.loads(daemon.client.receive()[0])["status"], "ok")

    def test_a_large_id_comes_back_whole(self):
        daemon = self.daemon(CONFIG)
        ident = "é" * 100000
        daemon.client.send("numwatchers", id=ident)
        self.assertEqual(json.loads(daemon.client.receive()[0])["id"], ident)


class Malformed(TroupeTest):
    def test_every_malformed_message_is_answered_with_an_error_and_the_next_request_works(self):
        daemon = self.daemon(CONFIG)
        for title, (frame, numbers) in BAD.items():
            with self.subTest(title):
                daemon.client.socket.send(frame)
                frames = daemon.client.receive()
                self.assertIsNotNone(frames, "no answer")
                reply = json.loads(frames[0])
                self.assertEqual(reply["status"], "error")
                self.assertIn(reply["errno"], numbers, reply["reason"][:200])
                self.assertIn("reason", reply)
                self.assertEqual(daemon.call("numwatchers")["numwatchers"], 1)
        self.assertEqual(len(daemon.pids("web")), 1)

    def test_frames_in_any_other_shape_are_dropped_with_a_warning(self):
        daemon = self.daemon(CONFIG)
        good = b'{"command": "numwatchers", "id": "dropped"}'
        for frames in ([good, good], [b"", good, b""], [b"", b"", good], [b"x", good], [good, b""], [b"", b""],
                       [b""] * 50, [b"", good, good, good]):
            with self.subTest(frames):
                daemon.client.socket.send_multipart(frames)
                self.assertEqual(daemon.call("numwatchers")["numwatchers"], 1)
        self.assertIn("warn", daemon.log().lower())

    def test_a_message_above_max_message_costs_the_connection_and_nothing_else(self):
        daemon = self.daemon(CONFIG)
        daemon.client.socket.send(b"x" * (9 * MIB))
        other = Client(daemon.endpoint)
        self.assertEqual(other.call("numwatchers")["numwatchers"], 1)
        other.close()
        self.assertEqual(daemon.call("numwatchers")["numwatchers"], 1)

    def test_a_thousand_rounds_of_malformed_messages_do_not_grow_the_daemon(self):
        daemon = self.daemon(CONFIG)
        arbiter = daemon.arbiter()
        frames = [frame for frame, _ in BAD.values()]
        small = [frame for frame in frames if len(frame) < 1000]
        for frame in small:
            daemon.client.socket.send(frame)
            daemon.client.receive()
        before = resident_kib(arbiter)
        for frame in frames * 3 + small * (10 if SANITIZED else 40):
            daemon.client.socket.send(frame)
            self.assertIsNotNone(daemon.client.receive())
        self.assertEqual(daemon.arbiter(), arbiter)
        if not SANITIZED:
            self.assertLess(resident_kib(arbiter) - before, 32 * 1024)

    def test_large_malformed_messages_sent_all_at_once_do_not_grow_the_daemon(self):
        kinds = {
            "text": b"x" * (4 * MIB),
            "a list": b"[" + b"1," * (2 * MIB - 1) + b"1]",
            "a list in an object": b'{"a": [' + b"{}," * MIB + b"{}]}",
            "a name": b'{"command": "list", "properties": {"name": "' + b"x" * (4 * MIB) + b'"}}',
            "an id that comes back": b'{"command": "nosuch", "id": "' + b"x" * (4 * MIB) + b'"}',
        }
        count = 5 if SANITIZED else 12  # of 4 MiB, more than it may grow by
        daemon = self.daemon(CONFIG)
        arbiter = daemon.arbiter()
        daemon.call("numwatchers")
        before = resident_kib(arbiter)
        for title, frame in kinds.items():
            with self.subTest(title):
                for _ in range(count):
                    daemon.client.socket.send(frame, copy=False)
                for _ in range(count):
                    self.assertEqual(json.loads(daemon.client.receive()[0])["status"], "error")
                self.assertEqual(daemon.call("numwatchers")["numwatchers"], 1)
                if not SANITIZED:
                    self.assertLess(resident_kib(arbiter) - before, 32 * 1024)
        self.assertEqual(daemon.arbiter(), arbiter)

    def test_bytes_that_are_not_zmtp_do_no_harm(self):
        daemon = self.daemon(CONFIG)
        for noise in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\0" * 100, b"\xff" * 10000, os.urandom(5000)):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(str(daemon.run_dir / "control"))
                try:
                    raw.sendall(noise)
                except OSError:
                    pass
        self.assertEqual(daemon.call("numwatchers")["numwatchers"], 1)


class Connections(TroupeTest):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def connect_many(self, family, address, count):
        """Opens connections as fast as possible and keeps them; a refusal is as good as an acceptance."""
        held, refused = [], 0
        for _ in range(count):
            one = socket.socket(family)
            one.setblocking(False)
            code = one.connect_ex(address)
            if code in (0, errno.EINPROGRESS):
                held.append(one)
            else:
                refused += 1
                one.close()
        return held, refused

    def check_survives(self, family, address, daemon):
        arbiter, keeper = daemon.arbiter(), daemon.keeper
        held, refused = [], 0
        for _ in range(4):  # with time between the waves, so that the daemon has to take them
            more, no = self.connect_many(family, address, 500)
            held += more
            refused += no
            self.assertEqual(daemon.call("numwatchers")["numwatchers"], 1, "who is connected is still served")
        begin, cpu = time.monotonic(), cpu_seconds(arbiter)
        while time.monotonic() - begin < 1.5:
            self.assertIsNone(daemon.process.poll(), daemon.log())
            time.sleep(0.1)  # the window in which the processor time is measured
        share = (cpu_seconds(arbiter) - cpu) / (time.monotonic() - begin)
        self.assertEqual((daemon.arbiter(), daemon.keeper), (arbiter, keeper))
        if not SANITIZED:
            self.assertLess(share, 0.05, "processor time while 2,000 connections knock")
        for one in held:
            one.close()
        client = Client(daemon.endpoint)
        self.assertEqual(client.call("numwatchers")["numwatchers"], 1, "and later the door is open again")
        client.close()
        mark = daemon.last_seq()
        os.kill(daemon.pids("web")[0], 9)
        daemon.wait_for("watcher.web.spawn", after=mark)

    def test_two_thousand_connects_on_ipc_under_a_descriptor_limit_of_256(self):
        daemon = self.daemon(CONFIG, wrapper=["prlimit", "--nofile=256:256"])
        self.check_survives(socket.AF_UNIX, str(daemon.run_dir / "control"), daemon)

    def test_two_thousand_connects_on_tcp_under_a_descriptor_limit_of_256(self):
        port = free_port()
        daemon = self.daemon({"troupe": {"endpoint": f"tcp://127.0.0.1:{port}"}, **CONFIG},
                             wrapper=["prlimit", "--nofile=256:256"])
        self.check_survives(socket.AF_INET, ("127.0.0.1", port), daemon)

    def test_two_thousand_connects_to_the_event_endpoint(self):
        daemon = self.daemon(CONFIG, wrapper=["prlimit", "--nofile=256:256"], follow=True)
        self.check_survives(socket.AF_UNIX, str(daemon.run_dir / "events"), daemon)

    def test_clients_that_come_and_go_leave_nothing_behind(self):
        daemon = self.daemon(CONFIG)
        arbiter = daemon.arbiter()
        descriptors = lambda: len(os.listdir(f"/proc/{arbiter}/fd"))
        before = descriptors()
        for _ in range(100):
            client = Client(daemon.endpoint)
            client.call("numwatchers")
            client.close()
        end = time.monotonic() + PATIENCE
        while descriptors() > before + 2 and time.monotonic() < end:
            daemon.call("numwatchers")
        self.assertLessEqual(descriptors(), before + 2)


if __name__ == "__main__":
    main()
