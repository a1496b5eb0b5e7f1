"""CURVE on TCP: a client with a known key is answered, one with an unknown key and one without get nothing
(Must show 9)."""
import json
import os
import pathlib
import re
import stat
import subprocess

import zmq
import zmq.auth

from troupe_harness import PATIENCE, TROUPECTL, TROUPED, TroupeTest, child, free_port, main, until

MOMENT = 700  # milliseconds in which nothing comes; a refused client would wait for ever


class Curve(TroupeTest):
    def setUp(self):
        super().setUp()
        self.path("clients").mkdir()
        self.server = self.keygen("server")
        self.known = self.keygen("known")
        self.admit("known")
        self.ports = f"tcp://127.0.0.1:{free_port()}", f"tcp://127.0.0.1:{free_port()}"
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, 0)

    def run_ctl(self, *words, **environment):
        return subprocess.run([str(TROUPECTL), *map(str, words)], capture_output=True, text=True, timeout=2 * PATIENCE,
                              env={**os.environ, **{key: str(value) for key, value in environment.items()}}, check=False)

    def keygen(self, name):
        done = self.run_ctl("keygen", "--output", self.path(name))
        self.assertEqual(done.returncode, 0, done.stderr)
        keys = dict(re.findall(r'(\w+)-key = "(.{40})"', self.path(name).read_text()))
        return keys["public"].encode(), keys["secret"].encode()

    def admit(self, name):
        (self.path("clients") / name).write_bytes(self.path(f"{name}.pub").read_bytes())

    def start(self, sections=None, root=None, **options):
        """A daemon on TCP with keys. The harness has none, so it looks at it through `client`."""
        control, events = self.ports
        config = {"troupe": {"endpoint": control, "pubsub_endpoint": events, "curve_server_key": self.path("server"),
                             "curve_clients": self.path("clients"), **(root or {})},
                  "watcher:web": {"cmd": child()}, **(sections or {})}
        daemon = self.daemon(config, follow=False, ready=False, **options)
        self.assertEqual(self.ask(self.known)["status"], "ok", daemon.log())
        return daemon

    def socket(self, kind, endpoint, keys=None, server=None):
        socket = self.context.socket(kind)
        socket.setsockopt(zmq.LINGER, 0)
        if keys:
            socket.curve_publickey, socket.curve_secretkey = keys
            socket.curve_serverkey = server or self.server[0]
        if kind == zmq.SUB:
            socket.subscribe(b"")
        socket.connect(endpoint)
        self.addCleanup(socket.close)
        return socket

    def ask(self, keys=None, server=None, timeout=PATIENCE * 1000):
        with self.socket(zmq.DEALER, self.ports[0], keys, server) as socket:
            socket.send(json.dumps({"command": "numwatchers", "properties": {}, "id": "1"}).encode())
            return json.loads(socket.recv()) if socket.poll(timeout) else None

    def is_refused(self, keys=None, server=None):
        return self.ask(keys, server, MOMENT) is None

    def test_known_is_answered_unknown_and_none_are_refused_and_logged(self):
        daemon = self.start()
        self.assertEqual(self.ask(self.known)["numwatchers"], 1)
        stranger = self.keygen("stranger")
        self.assertTrue(self.is_refused(stranger))
        until(lambda: f"its key {stranger[0].decode()} is not in {self.path('clients')}" in daemon.log(), "the refusal logged")
        self.assertTrue(self.is_refused())
        until(lambda: "was not let in: it has no keys" in daemon.log(), "the refusal logged")
        self.assertTrue(self.is_refused(self.known, server=stranger[0]), "somebody else's server")
        self.assertNotIn(self.known[1].decode(), daemon.log())
        self.assertEqual(self.ask(self.known)["numwatchers"], 1)

    def test_the_same_for_events(self):
        self.start()
        known = self.socket(zmq.SUB, self.ports[1], self.known)
        none = self.socket(zmq.SUB, self.ports[1])
        stranger = self.socket(zmq.SUB, self.ports[1], self.keygen("stranger"))
        self.assertTrue(known.poll(PATIENCE * 1000), "the mark of a new subscription")
        self.ctl("restart", "web", "--waiting")
        topics = set()
        while "watcher.web.reap" not in topics:
            self.assertTrue(known.poll(PATIENCE * 1000))
            topics.add(known.recv_multipart()[0].decode())
        self.assertFalse(none.poll(MOMENT))
        self.assertFalse(stranger.poll(0))

    def test_the_same_for_statistics(self):
        endpoint = f"tcp://127.0.0.1:{free_port()}"
        daemon = self.start(root={"statsd": True, "stats_endpoint": endpoint})
        known = self.socket(zmq.SUB, endpoint, self.known)
        none = self.socket(zmq.SUB, endpoint)
        keys = self.keygen("stranger")
        stranger = self.socket(zmq.SUB, endpoint, keys)
        self.assertTrue(known.poll(PATIENCE * 1000))
        self.assertTrue(known.poll(PATIENCE * 1000))
        self.assertFalse(none.poll(MOMENT))
        self.assertFalse(stranger.poll(0))
        until(lambda: "was not let in: it has no keys" in daemon.log(), "the client without keys logged")
        until(lambda: f"its key {keys[0].decode()} is not in" in daemon.log(), "the stranger logged")

    def ctl(self, *words, status=0):
        done = self.run_ctl("--endpoint", self.ports[0], "--curve-key", self.path("known"), "--curve-server",
                            self.path("server.pub"), "--timeout", PATIENCE, *words)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def test_troupectl_takes_its_keys_from_options_and_from_the_environment(self):
        daemon = self.start()
        self.assertIn("web", self.ctl("status"))
        keys = {"TROUPE_CURVE_KEY": self.path("known"), "TROUPE_CURVE_SERVER": self.server[0].decode(),
                "TROUPE_ENDPOINT": self.ports[0], "CIRCUSCTL_ENDPOINT": self.ports[0]}
        self.assertEqual(self.run_ctl("status", **keys).returncode, 0)
        self.path("circusctl").symlink_to(TROUPECTL)
        done = subprocess.run([str(self.path("circusctl")), "status", "web"], capture_output=True, text=True, check=False,
                              timeout=PATIENCE, env={**os.environ, **{key: str(value) for key, value in keys.items()}})
        self.assertEqual(done.stdout, "active\n", done.stderr)
        self.ctl("restart", "web", "--waiting")
        self.assertNotIn("not let in", daemon.log())
        done = self.run_ctl("--endpoint", self.ports[0], "--timeout", "0.5", "status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--curve-key", done.stderr)
        done = self.run_ctl("--endpoint", self.ports[0], "--curve-key", self.path("known"), "status")
        self.assertIn("--curve-server", done.stderr)

    def test_a_key_counts_as_soon_as_it_is_in_the_folder_and_no_more_when_it_is_gone(self):
        self.start()
        self.assertEqual(self.ask(self.known)["numwatchers"], 1)
        guest = self.keygen("guest")
        self.assertTrue(self.is_refused(guest))
        self.admit("guest")
        self.assertEqual(self.ask(guest)["numwatchers"], 1)
        (self.path("clients") / "guest").unlink()
        self.assertTrue(self.is_refused(guest))

    def test_plugins_come_in_by_a_key_of_their_own(self):
        self.start({"plugin:logger": {"use": "logger", "file": self.path("events.json")}})
        self.assertEqual(self.ask(self.known)["numwatchers"], 2)
        until(lambda: self.path("events.json").exists() and "watcher.web.spawn" in self.path("events.json").read_text(),
              "the logger to hear of the spawn")
        shown = self.ctl("--json", "options", "plugin:logger")
        self.assertIn("TROUPE_CURVE_CLIENTS", shown)
        pid = json.loads(self.ctl("--json", "list", "plugin:logger"))["pids"][0]
        with open(f"/proc/{pid}/environ", "rb") as file:
            secret = dict(line.split(b"=", 1) for line in file.read().split(b"\0") if line)[b"TROUPE_CURVE_SECRET"].decode()
        self.assertEqual(len(secret), 40)
        for words in (["options", "plugin:logger"], ["get", "plugin:logger", "env"], ["snapshot"], ["globaloptions"],
                      ["get", "plugin:logger", "cmd"]):
            self.assertNotIn(secret, self.ctl("--json", *words))
        self.assertNotIn(secret.encode(), pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
        with open(f"/proc/{json.loads(self.ctl('--json', 'list', 'web'))['pids'][0]}/environ", "rb") as file:
            self.assertNotIn(secret.encode(), file.read())

    def test_a_hook_finds_the_daemon_and_has_a_key(self):
        program = self.path("hook")
        program.write_text(f"#!/bin/sh\n{TROUPECTL} --timeout {PATIENCE} numwatchers > {self.path('said')} 2>&1\n")
        program.chmod(0o755)
        self.start({"watcher:hooked": {"cmd": child(), "hooks.after_start": program}})
        until(lambda: self.path("said").exists() and self.path("said").read_text(), "an answer")
        self.assertEqual(self.path("said").read_text(), "2\n")

    def test_an_ipc_endpoint_is_guarded_by_its_file_and_needs_no_key(self):
        daemon = self.daemon({"troupe": {"pubsub_endpoint": self.ports[1], "curve_server_key": self.path("server"),
                                         "curve_clients": self.path("clients")}, "watcher:web": {"cmd": child()}},
                             follow=False)
        self.assertEqual(daemon.call("numwatchers")["numwatchers"], 1)
        known = self.socket(zmq.SUB, self.ports[1], self.known)
        self.assertTrue(known.poll(PATIENCE * 1000))

    def test_keys_allow_tcp_beyond_the_loopback(self):
        text = "[troupe]\nendpoint = tcp://0.0.0.0:7777\n"
        keys = f"curve_server_key = {self.path('server')}\ncurve_clients = {self.path('clients')}\n"
        self.assertIn("curve_server_key", self.check(text, 1))
        self.check(text + keys, 0)

    def check(self, text, status):
        self.path("c.ini").write_text(text)
        done = subprocess.run([str(TROUPED), "--check", str(self.path("c.ini"))], capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def test_bad_keys_are_told_with_their_file_and_line(self):
        text = f"[troupe]\ncurve_server_key = {self.path('server')}\ncurve_clients = {self.path('clients')}\n"
        self.check(text, 0)
        self.assertIn("without curve_clients", self.check(text.partition("curve_clients")[0], 1))
        (self.path("clients") / "bad").write_text("metadata\ncurve\n  public-key = \"short\"\n")
        self.assertIn(f"c.ini:3: error: curve_clients: {self.path('clients')}/bad:3: public-key is no key", self.check(text, 1))
        (self.path("clients") / "bad").unlink()
        self.path("server").chmod(0o644)
        self.assertIn("chmod 600", self.check(text, 1))
        self.path("server").unlink()
        self.assertIn("No such file", self.check(text, 1))
        self.path("server").write_bytes(self.path("server.pub").read_bytes())
        self.path("server").chmod(0o600)
        self.assertIn("has no secret key", self.check(text, 1))

    def test_keygen_writes_for_the_owner_only_and_overwrites_nothing(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.path("known")).st_mode), 0o600)
        self.assertNotIn("secret", self.path("known.pub").read_text().replace("# A public", ""))
        before = self.path("known").read_text()
        done = self.run_ctl("keygen", "--output", self.path("known"))
        self.assertEqual((done.returncode, self.path("known").read_text()), (1, before))
        self.assertIn("File exists", done.stderr)
        self.assertRegex(self.run_ctl("keygen").stdout, r'secret-key = ".{40}"')
        public, secret = zmq.auth.load_certificate(str(self.path("known")))
        self.assertEqual((public, secret), self.known)


if __name__ == "__main__":
    main()
