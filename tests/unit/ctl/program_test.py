"""troupectl as a whole process, against a daemon that is none. Usage: program_test.py PATH/TO/troupectl"""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake_daemon import HANG_UP, FakeDaemon  # noqa: E402

TROUPECTL = ""


def environment(**extra):
    env = {k: v for k, v in os.environ.items() if k not in ("TROUPE_ENDPOINT", "CIRCUSCTL_ENDPOINT", "NO_COLOR")}
    env.update(extra)
    return env


def run(*words, endpoint=None, **extra):
    command = [TROUPECTL] + (["--endpoint", endpoint] if endpoint else []) + list(words)
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment(**extra))


def start(*words, stdout=subprocess.PIPE):
    return subprocess.Popen([TROUPECTL, *words], stdout=stdout, stderr=subprocess.PIPE, text=True,
                            env=environment())


class OneShot(unittest.TestCase):
    def test_a_request_is_one_frame_and_the_reply_is_printed(self):
        with FakeDaemon({"incr": {"numprocesses": 4}}) as daemon:
            done = run("incr", "web", "2", "--waiting", endpoint=daemon.control)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "4\n", ""))
            (frames,) = daemon.requests
            self.assertEqual(len(frames), 1)
            request = json.loads(frames[0])
            self.assertEqual(request["command"], "incr")
            self.assertEqual(request["properties"], {"name": "web", "nb": 2, "waiting": True})

    def test_with_json_the_whole_reply_is_one_line(self):
        with FakeDaemon({"list": {"watchers": ["db", "web"]}}) as daemon:
            done = run("list", "--json", endpoint=daemon.control)
            reply = json.loads(done.stdout)
            self.assertEqual(done.stdout.count("\n"), 1)
            self.assertEqual(reply["watchers"], ["db", "web"])
            self.assertEqual(reply["time"], 1000.0)

    def test_an_error_leaves_with_3_with_and_without_json(self):
        error = {"status": "error", "reason": "program wbe not found", "tb": None, "errno": 3}
        with FakeDaemon({"stop": error, "list": {"watchers": ["db", "web"]}}) as daemon:
            done = run("stop", "wbe", endpoint=daemon.control)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertEqual(done.stderr, "troupectl: no watcher named wbe; did you mean web?\n")
            done = run("stop", "wbe", "--json", endpoint=daemon.control)
            self.assertEqual((done.returncode, done.stderr), (3, ""))
            self.assertEqual(json.loads(done.stdout)["reason"], "program wbe not found")

    def test_status_of_a_stopped_watcher_leaves_with_3(self):
        with FakeDaemon({"status": {"status": "stopped"}}) as daemon:
            done = run("status", "web", endpoint=daemon.control)
            self.assertEqual((done.returncode, done.stdout), (3, "stopped\n"))

    def test_the_environment_names_the_endpoint(self):
        with FakeDaemon({"numwatchers": {"numwatchers": 7}}) as daemon:
            self.assertEqual(run("numwatchers", TROUPE_ENDPOINT=daemon.control).stdout, "7\n")
            self.assertEqual(run("numwatchers", CIRCUSCTL_ENDPOINT=daemon.control).stdout, "7\n")

    def test_no_answer_leaves_with_1_and_says_who_did_not_answer(self):
        with FakeDaemon({"list": lambda _: None}) as daemon:
            done = run("list", "--timeout", "0.2", endpoint=daemon.control)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(daemon.control, done.stderr)
            self.assertIn("0.2 s", done.stderr)

    def test_a_daemon_that_dies_before_it_answers_is_told_at_once(self):
        with FakeDaemon({"stop": HANG_UP}) as daemon:
            done = run("stop", "--wait", "--timeout", "25", endpoint=daemon.control)  # run() waits not much longer
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertEqual(done.stderr, f"troupectl: {daemon.control} closed the connection without an answer: "
                                          "what was asked may or may not have been carried out\n")

    def test_a_verb_that_waits_for_too_long_says_that_its_work_goes_on(self):
        with FakeDaemon({"stop": None}) as daemon:
            done = run("stop", "--wait", "--timeout", "0.2", endpoint=daemon.control)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertEqual(done.stderr, "troupectl: stop is not done after 0.2 s; the daemon goes on with it: see "
                                          "`troupectl status`\n")
        with FakeDaemon({"stop": None, "numwatchers": None}) as daemon:
            done = run("stop", "--wait", "--timeout", "0.2", endpoint=daemon.control)
            self.assertIn("no answer from", done.stderr)

    def test_a_socket_that_does_not_exist_is_told_as_such(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run("list", "--timeout", "0.2", endpoint=f"ipc://{folder}/nobody")
            self.assertEqual(done.returncode, 1)
            self.assertIn("No such file or directory", done.stderr)

    def test_a_daemon_that_is_gone_is_told_at_once(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket() as unbound:
            path = f"{folder}/control"
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(path)
                left.listen()
            unbound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else the port counts as taken
            unbound.bind(("127.0.0.1", 0))
            dead = f"tcp://127.0.0.1:{unbound.getsockname()[1]}"
            for endpoint, why in ((f"ipc://{path}", "nobody listens (left behind by a daemon that is gone)"),
                                  (dead, "nobody listens")):
                for name in ("--endpoint", "TROUPE_ENDPOINT", "CIRCUSCTL_ENDPOINT"):
                    with self.subTest(endpoint=endpoint, name=name):
                        extra = {"endpoint" if name == "--endpoint" else name: endpoint}
                        done = run("--timeout", "25", "list", **extra)  # run() does not wait for long after it
                        self.assertEqual((done.returncode, done.stderr), (1, f"troupectl: {endpoint}: {why}\n"))

    def test_a_daemon_that_goes_while_it_is_being_connected_to_is_told_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/control"
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(path)
                listener.listen()
                asking = start("--endpoint", f"ipc://{path}", "--timeout", "300", "status")
                listener.accept()[0].close()  # the first look at whether somebody is there
                os.unlink(path)
            out, err = asking.communicate(timeout=30)
            self.assertEqual((asking.returncode, out), (1, ""))
            self.assertRegex(err, f"^troupectl: ipc://{path}(: nobody listens| closed the connection)")

    def test_an_endpoint_that_is_none_leaves_with_1(self):
        for endpoint, why in (("nonsense", "'nonsense' is not an endpoint: write tcp://HOST:PORT or ipc://PATH"),
                              ("tcp://127.0.0.1:99999", "'tcp://127.0.0.1:99999' is not an endpoint: there is no good port"),
                              ("tcp://no-such-host.invalid:5555", "the host no-such-host.invalid is not known")):
            with self.subTest(endpoint=endpoint):
                done = run("--timeout", "25", "list", endpoint=endpoint)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"troupectl: {endpoint}: {why}", done.stderr)

    def test_wrong_usage_leaves_with_2_and_needs_no_daemon(self):
        for words in (["incr"], ["statsu"], ["list", "--bad"], ["--timeout", "x", "list"], [], ["set", "web", "key"]):
            with self.subTest(words=words):
                done = run(*words, endpoint="ipc:///nonexistent/control")
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertTrue(done.stderr.startswith("troupectl: "))
        self.assertIn("did you mean stats?", run("statsu").stderr)

    def test_an_error_of_usage_says_of_which_verb_and_where_there_is_more(self):
        self.assertEqual(run("status", "").stderr,
                         "troupectl: status: name: '' isn't a name\nUsage: troupectl [OPTIONS] status [NAME]\n"
                         "See troupectl status --help.\n")
        self.assertTrue(run("kill", "web", "--signum").stderr.startswith("troupectl: kill: --signum wants a value\n"))
        self.assertEqual(run("--color", "x").stderr,
                         "troupectl: --color: 'x' is none of auto, always, never\nSee troupectl --help.\n")

    def test_help_and_version_go_to_standard_output(self):
        self.assertRegex(run("--version").stdout, r"^troupectl \d+\.\d+\.\d+\n$")
        for words in (["--help"], ["help"], ["help", "incr"], ["incr", "--help"]):
            with self.subTest(words=words):
                done = run(*words)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("Usage: troupectl", done.stdout)
        self.assertEqual(run("help", "nosuch").returncode, 2)

    def test_a_pipe_gets_plain_text_and_a_terminal_colours(self):
        with FakeDaemon({"status": {"statuses": {"web": "active"}}}) as daemon:
            self.assertNotIn("\x1b", run("status", endpoint=daemon.control).stdout)
            self.assertIn("\x1b", run("status", "--color", "always", endpoint=daemon.control).stdout)
            for extra, coloured in (({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False),
                                    ({"TERM": "xterm", "NO_COLOR": "1"}, False)):
                with self.subTest(extra=extra):
                    master, slave = pty.openpty()
                    subprocess.run([TROUPECTL, "--endpoint", daemon.control, "status"], stdout=slave, timeout=30,
                                   env=environment(**extra), check=True)
                    os.close(slave)
                    self.assertEqual("\x1b" in os.read(master, 4096).decode(), coloured)
                    os.close(master)

    def test_output_that_cannot_be_written_is_trouble(self):
        with FakeDaemon({"list": {"watchers": ["web"]}}) as daemon, open("/dev/full", "w") as full:
            done = subprocess.run([TROUPECTL, "--endpoint", daemon.control, "list"], stdout=full, text=True,
                                  stderr=subprocess.PIPE, timeout=30, env=environment())
            self.assertEqual(done.returncode, 1)
            self.assertIn("No space left on device", done.stderr)


class Follow(unittest.TestCase):
    """The events of a ring that holds numbers 1 to `last`."""

    def setUp(self):
        self.last = 4
        self.daemon = FakeDaemon({"events": self.answer})
        self.addCleanup(self.daemon.__exit__)
        self.endpoint = ["--endpoint", self.daemon.control]

    def answer(self, properties):
        since = properties.get("since", 0)
        return {"events": [{"topic": f"watcher.w{n % 2}.spawn", **self.payload(n)}
                           for n in range(since + 1, self.last + 1)],
                "next": self.last, "oldest": 1, "last": self.last, "boot": "b1"}

    def payload(self, n):
        return {"process_pid": 100 + n, "time": 1000.0 + n, "seq": n, "boot": "b1"}

    def publish(self, n):
        self.daemon.publish(f"watcher.w{n % 2}.spawn", **self.payload(n))

    def finish(self, follower):
        out, err = follower.communicate(timeout=30)
        self.assertEqual((follower.returncode, err), (0, ""))
        return [json.loads(line) for line in out.splitlines()]

    def test_what_the_subscription_missed_is_fetched_and_comes_in_order(self):
        follower = start(*self.endpoint, "events", "-f", "--json", "--limit", "4")
        self.assertEqual(self.daemon.wait_for_subscriber(), b"")
        self.publish(1)
        self.publish(4)
        events = self.finish(follower)
        self.assertEqual([e["seq"] for e in events], [1, 2, 3, 4])
        self.assertEqual(events[3], {"topic": "watcher.w0.spawn", **self.payload(4)})
        self.assertEqual(list(events[0])[0], "topic")

    def test_since_begins_with_what_the_ring_holds(self):
        follower = start(*self.endpoint, "events", "-f", "--since", "2", "--json", "--limit", "3")
        self.daemon.wait_for_subscriber()
        self.publish(5)
        self.assertEqual([e["seq"] for e in self.finish(follower)], [3, 4, 5])

    def test_only_the_wanted_topics_are_printed(self):
        follower = start(*self.endpoint, "events", "-f", "watcher.w1", "--json", "--limit", "2")
        self.daemon.wait_for_subscriber()
        for n in range(1, 5):
            self.publish(n)
        self.assertEqual([e["seq"] for e in self.finish(follower)], [1, 3])

    def test_listen_takes_several_topics(self):
        follower = start(*self.endpoint, "--json", "listen", "watcher.w1.", "other.")
        self.daemon.wait_for_subscriber()
        self.publish(1)
        self.publish(2)
        self.daemon.publish("other.topic", time=1.0, seq=3, boot="b1")
        self.assertEqual(json.loads(follower.stdout.readline())["seq"], 1)
        self.assertEqual(json.loads(follower.stdout.readline())["topic"], "other.topic")
        follower.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(follower), [])

    def test_ctrl_c_ends_it_cleanly_and_so_does_sigterm(self):
        for signum in (signal.SIGINT, signal.SIGTERM):
            follower = start(*self.endpoint, "events", "-f")
            self.daemon.wait_for_subscriber()
            self.daemon.publish("watcher.web.start", time=1.0)
            self.assertIn("watcher.web.start", follower.stdout.readline())
            follower.send_signal(signum)
            self.assertEqual(self.finish(follower), [])

    def test_a_reader_that_leaves_ends_it_though_nothing_happens(self):
        follower = start(*self.endpoint, "events", "-f")
        self.daemon.wait_for_subscriber()
        follower.stdout.close()
        self.assertEqual(follower.wait(timeout=30), 0)
        self.assertEqual(follower.stderr.read(), "")
        follower.stderr.close()

    def test_a_reader_of_logs_that_leaves_ends_the_question_that_waits_for_lines(self):
        asked = threading.Event()

        def answer(properties):
            if not properties.get("waiting"):
                return {"lines": [], "next": 1}
            asked.set()
            return None
        self.daemon.replies["logs"] = answer
        follower = start(*self.endpoint, "logs", "web", "-f")
        self.assertTrue(asked.wait(30))
        follower.stdout.close()
        self.assertEqual(follower.wait(timeout=20), 0)  # the question itself has 40 s
        self.assertEqual(follower.stderr.read(), "")
        follower.stderr.close()

    def test_a_daemon_that_refuses_to_fill_a_gap_is_told_and_what_was_heard_is_printed(self):
        self.daemon.replies["events"] = {"status": "error", "reason": "no such thing", "errno": 2}
        follower = start(*self.endpoint, "events", "-f", "--json")
        self.daemon.wait_for_subscriber()
        self.publish(1)
        self.assertEqual(json.loads(follower.stdout.readline())["seq"], 1)
        self.publish(3)
        self.assertIn("no such thing", follower.stderr.readline())
        self.assertIn("2..2 are gone", follower.stderr.readline())
        self.publish(4)
        self.assertEqual([json.loads(follower.stdout.readline())["seq"] for _ in "34"], [3, 4])
        follower.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(follower), [])

    def test_garbage_on_the_bus_is_passed_over(self):
        follower = start(*self.endpoint, "events", "-f", "--json", "--limit", "1")
        self.daemon.wait_for_subscriber()
        self.daemon.pub.send_multipart([b"watcher.web.spawn", b"no json"])
        self.daemon.pub.send_multipart([b"three", b"{}", b"{}"])
        self.publish(1)
        self.assertEqual([e["seq"] for e in self.finish(follower)], [1])

    def test_without_follow_it_prints_what_the_ring_holds_and_leaves(self):
        done = run("events", endpoint=self.daemon.control)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.count("\n"), 4)
        self.assertIn("watcher.w1.spawn  process_pid=101", done.stdout)


if __name__ == "__main__":
    TROUPECTL = sys.argv.pop(1)
    signal.alarm(120)  # a follower that says nothing must not hold up everything
    unittest.main()
