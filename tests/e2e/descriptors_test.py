"""Descriptors that run out: nothing ends but what there was no descriptor for, and that is told (D5)."""
import errno
import os
import signal
import socket

from troupe_harness import Client, TroupeTest, child, free_port, main, until

LOW = ["prlimit", "--nofile=256:256"]


class Low(TroupeTest):
    def crowd(self, daemon, family, address, count=2000):
        """As many connections as there is room for, as fast as possible."""
        held = []
        for _ in range(count):
            one = socket.socket(family)
            one.setblocking(False)
            self.addCleanup(one.close)
            if one.connect_ex(address) in (0, errno.EINPROGRESS):
                held.append(one)
            else:
                one.close()
        return held

    def full(self, options, **more):
        """A daemon with more captured workers than it has descriptors for."""
        watcher = {"cmd": child(), "numprocesses": 300, "max_retry": -1, "graceful_timeout": 5,
                   "stdout_stream.class": "FileStream", "stdout_stream.filename": self.path("out"), **more}
        return self.daemon({**options, "watcher:many": watcher, "watcher:web": {"cmd": child()}}, wrapper=LOW)

    def check_full(self, daemon, family, address):
        arbiter = daemon.arbiter()
        failed = daemon.wait_for("watcher.many.spawn_failed")
        self.assertIn("descriptors", str(failed.data), "what there is too little of")
        held = self.crowd(daemon, family, address)
        self.assertGreater(len(held), 0)
        self.assertEqual(daemon.call("numwatchers")["numwatchers"], 2, "who is connected is served")
        for one in held:
            one.close()
        client = Client(daemon.endpoint)
        self.addCleanup(client.close)
        self.assertEqual(client.call("numwatchers")["numwatchers"], 2, "and newcomers are let in when some have left")
        error = until(lambda: daemon.detail("many").get("error"), "the error is told again after a start that worked")
        self.assertIn("256", error["text"])
        self.assertEqual(daemon.arbiter(), arbiter)
        mark = daemon.last_seq()
        os.kill(daemon.pids("many")[0], signal.SIGKILL)
        daemon.wait_for("watcher.many.reap", after=mark)
        self.assertEqual(daemon.ctl_text("stop", "many", "--wait").returncode, 0)
        daemon.call("set", name="many", options={"numprocesses": 3})
        daemon.call("start", name="many", waiting=True)
        self.assertEqual(len(daemon.pids("many")), 3, "what they held is free again")

    def test_captured_workers_and_a_crowd_at_an_ipc_endpoint(self):
        daemon = self.full({})
        self.check_full(daemon, socket.AF_UNIX, str(daemon.run_dir / "control"))

    def test_captured_workers_and_a_crowd_at_a_tcp_endpoint(self):
        port = free_port()
        daemon = self.full({"troupe": {"endpoint": f"tcp://127.0.0.1:{port}"}})
        self.check_full(daemon, socket.AF_INET, ("127.0.0.1", port))

    def test_workers_that_come_and_go_beside_a_crowd(self):
        daemon = self.daemon({"watcher:many": {"cmd": child("--exit", 0), "numprocesses": 60, "max_retry": -1,
                                               "stdout_stream.class": "FileStream",
                                               "stdout_stream.filename": self.path("out")}}, wrapper=LOW)
        arbiter = daemon.arbiter()
        for _ in range(3):
            held = self.crowd(daemon, socket.AF_UNIX, str(daemon.run_dir / "control"))
            held += self.crowd(daemon, socket.AF_UNIX, str(daemon.run_dir / "events"))
            daemon.call("numwatchers")
            for one in held:
                one.close()
        self.assertEqual(daemon.arbiter(), arbiter)

    def test_more_sockets_than_descriptors_are_refused_with_the_limit(self):
        daemon = self.daemon({**{f"socket:s{n}": {"path": self.path(f"s{n}")} for n in range(200)},
                              "watcher:web": {"cmd": child()}}, wrapper=LOW, ready=False, follow=False, expect_exit=1)
        self.assertEqual(daemon.wait_exit(), 1)
        self.assertRegex(daemon.log(), "socket 's[0-9]+': no descriptor is left under the limit of 256")

    def test_the_smallest_limit_still_runs_a_process_and_serves(self):
        daemon = self.daemon({"watcher:web": {"cmd": child(), "stdout_stream.class": "FileStream",
                                              "stdout_stream.filename": self.path("out")}},
                             wrapper=["prlimit", "--nofile=64:64"])
        daemon.wait_active("web")
        mark = daemon.last_seq()
        os.kill(daemon.pids("web")[0], signal.SIGKILL)
        daemon.wait_for("watcher.web.spawn", after=mark)

    def test_a_limit_too_low_to_start_is_refused_with_what_is_needed(self):
        for limit in (63, 20):
            daemon = self.daemon({"watcher:web": {"cmd": child()}}, wrapper=["prlimit", f"--nofile={limit}:{limit}"],
                                 ready=False, follow=False, expect_exit=1)
            self.assertEqual(daemon.wait_exit(), 1)
            self.assertIn(f"the limit of descriptors is {limit}, and at least 64 are needed", daemon.log())


if __name__ == "__main__":
    main()
