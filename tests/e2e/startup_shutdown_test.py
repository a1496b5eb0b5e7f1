"""Stops win over everything, endpoints are never stolen, exit statuses can be trusted (Must show 6)."""
import os
import signal
import time

from troupe_harness import (BUILD, PATIENCE, SANITIZED, Client, TroupeTest, alive, child, free_port, handles, main,
                            until)

MANY = 100 if SANITIZED else 1000
AT_ONCE = 5  # seconds; graceful_timeout has 30
SMALL = BUILD / "tests" / "support" / ("child" if SANITIZED else "stamp")


class StartUp(TroupeTest):
    def small(self):
        return f"{SMALL} --stamp {self.path('stamps')}" if SANITIZED else f"{SMALL} {self.path('stamps')}"

    def check_stops_at_once(self, config, spawned, number=signal.SIGTERM):
        daemon = self.daemon(config)
        daemon.wait_count("watcher.*.spawn", spawned)
        before = time.monotonic()
        daemon.process.send_signal(number)
        self.assertEqual(daemon.wait_exit(), 0)
        if not SANITIZED:
            self.assertLess(time.monotonic() - before, AT_ONCE)
        daemon.wait_for("arbiter.stopping")
        spawns = {e.data["process_pid"] for e in daemon.seen("watcher.*.spawn")}
        reaps = [e.data["process_pid"] for e in daemon.seen("watcher.*.reap")]
        self.assertEqual(sorted(reaps), sorted(spawns), "every process that was started has its one reap")
        self.assertFalse(any(alive(pid) for pid in spawns))
        return daemon

    def test_sigterm_during_the_start_of_a_thousand_with_a_warmup_delay_stops_everything_at_once(self):
        daemon = self.check_stops_at_once({"watcher:web": {"cmd": self.small(), "numprocesses": 1000,
                                                           "warmup_delay": 1}}, spawned=2)
        self.assertLess(len(daemon.seen("watcher.web.spawn")), 10)

    def test_sigterm_during_the_warmup_delay_between_watchers(self):
        self.check_stops_at_once({"troupe": {"warmup_delay": 30},
                                  **{f"watcher:w{n}": {"cmd": self.small()} for n in range(50)}}, spawned=1)

    def test_sigterm_in_the_middle_of_the_start_of_a_thousand_processes(self):
        self.check_stops_at_once({"watcher:web": {"cmd": self.small(), "numprocesses": MANY}}, spawned=MANY // 10)

    def test_sigint_in_the_middle_of_the_start_of_a_thousand_watchers(self):
        self.check_stops_at_once({f"watcher:w{n}": {"cmd": self.small()} for n in range(MANY)}, spawned=MANY // 10,
                                 number=signal.SIGINT)

    def test_sigquit_stops_as_well(self):
        self.check_stops_at_once({"watcher:web": {"cmd": child()}}, spawned=1, number=signal.SIGQUIT)

    def test_sigterm_while_every_watcher_fails_to_start(self):
        daemon = self.daemon({f"watcher:w{n}": {"cmd": "/usr/bin/no-such-program", "max_retry": -1}
                              for n in range(20)})
        daemon.wait_count("watcher.*.spawn_failed", 20)
        daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait_exit(), 0)

    def test_quit_over_the_wire_wins_over_a_start(self):
        daemon = self.daemon({"watcher:web": {"cmd": self.small(), "numprocesses": 1000, "warmup_delay": 1}})
        daemon.wait_count("watcher.web.spawn", 2)
        self.assertEqual(daemon.call("quit", waiting=True)["status"], "ok")
        self.assertEqual(daemon.wait_exit(), 0)


class Terminal(TroupeTest):
    def test_one_ctrl_c_gives_every_worker_one_sigterm_and_its_time(self):
        terms = self.path("terms")
        daemon = self.daemon({"watcher:web": {"cmd": child("--count", "TERM", terms, "--count", "INT", terms,
                                                           "--on-term", 500), "numprocesses": 2}}, terminal=True)
        daemon.wait_count("watcher.web.spawn", 2)
        until(lambda: all(handles(pid, signal.SIGTERM) for pid in daemon.pids("web")), "the handlers in place")
        os.write(daemon.terminal, b"\x03")
        self.assertEqual(daemon.wait_exit(), 0)
        reaps = daemon.wait_count("watcher.web.reap", 2)
        self.assertEqual([e.data["exit_code"] for e in reaps], [0, 0])
        self.assertNotIn("SIGINT", terms.read_text() if terms.exists() else "")

    def test_a_second_ctrl_c_hurries(self):
        stamp = self.path("stamp")
        daemon = self.daemon({"watcher:deaf": {"cmd": child("--ignore", "TERM", "--stamp", stamp),
                                               "graceful_timeout": 300}}, terminal=True)
        self.lines(stamp, 1)
        os.write(daemon.terminal, b"\x03")
        daemon.wait_for("watcher.deaf.kill")
        self.assertIsNone(daemon.process.poll())
        os.write(daemon.terminal, b"\x03")
        self.assertEqual(daemon.wait_exit(), 0)
        self.assertEqual(daemon.wait_for("watcher.deaf.reap").data["exit_code"], -signal.SIGKILL)

    def test_two_sigterms_at_once_hurry_as_well(self):
        stamp = self.path("stamp")
        daemon = self.daemon({"watcher:deaf": {"cmd": child("--ignore", "TERM", "--stamp", stamp),
                                               "graceful_timeout": 300}})
        self.lines(stamp, 1)
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_for("watcher.deaf.kill")
        daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait_exit(), 0)


class Endpoints(TroupeTest):
    def check_is_refused(self, first, options):
        second = self.daemon({"troupe": options, "watcher:b": {"cmd": child()}}, ready=False, follow=False,
                             expect_exit=1)
        self.assertEqual(second.wait_exit(), 1)
        log = second.log()
        self.assertIn(first.endpoint, log)
        self.assertTrue(any(f"{pid}" in log for pid in (first.keeper, first.arbiter())), log)
        client = Client(first.endpoint)
        self.assertEqual(client.call("list")["watchers"], ["a"], "the first one still has its endpoint")
        client.close()

    def test_an_ipc_endpoint_that_is_taken_is_refused_with_the_pid_that_holds_it(self):
        first = self.daemon({"watcher:a": {"cmd": child()}})
        self.check_is_refused(first, {"run_dir": first.run_dir})

    def test_a_tcp_endpoint_that_is_taken_is_refused_with_the_pid_that_holds_it(self):
        endpoint = f"tcp://127.0.0.1:{free_port()}"
        first = self.daemon({"troupe": {"endpoint": endpoint}, "watcher:a": {"cmd": child()}})
        self.check_is_refused(first, {"endpoint": endpoint})

    def test_the_socket_file_of_a_daemon_that_was_killed_is_no_obstacle(self):
        first = self.daemon({"watcher:a": {"cmd": child()}}, expect_exit=-signal.SIGKILL)
        first.wait_active("a")
        arbiter = first.arbiter()
        first.process.kill()
        first.wait_exit()
        until(lambda: not alive(arbiter), "the arbiter gone, too")
        second = self.daemon({"troupe": {"run_dir": first.run_dir}, "watcher:b": {"cmd": child()}}, ready=False,
                             follow=False)
        second.endpoint = first.endpoint
        second.wait_ready()
        self.assertEqual(second.call("list")["watchers"], ["b"])

    def test_the_sockets_are_gone_after_a_stop(self):
        daemon = self.daemon({"watcher:a": {"cmd": child()}})
        self.assertTrue((daemon.run_dir / "control").exists())
        daemon.call("quit", waiting=True)
        self.assertEqual(daemon.wait_exit(), 0)
        self.assertFalse((daemon.run_dir / "control").exists())
        self.assertFalse((daemon.run_dir / "events").exists())

    def test_nobody_else_may_enter_the_folder_of_the_sockets(self):
        daemon = self.daemon({"watcher:a": {"cmd": child()}})
        self.assertEqual(daemon.run_dir.stat().st_mode & 0o777, 0o700)

    def test_a_folder_for_the_sockets_that_cannot_be_made_is_named(self):
        daemon = self.daemon({"troupe": {"run_dir": "/proc/no/such"}, "watcher:a": {"cmd": child()}}, ready=False,
                             follow=False, expect_exit=1)
        self.assertEqual(daemon.wait_exit(), 1)
        self.assertIn("run_dir /proc/no", daemon.log())

    def test_tcp_beyond_the_loopback_is_refused_unless_the_file_says_so(self):
        daemon = self.daemon({"troupe": {"endpoint": f"tcp://0.0.0.0:{free_port()}"}, "watcher:a": {"cmd": child()}},
                             ready=False, follow=False, expect_exit=1)
        self.assertEqual(daemon.wait_exit(), 1)
        self.assertIn("insecure_tcp", daemon.log())

    def test_ports_that_are_left_to_the_system_are_told(self):
        port = free_port()
        daemon = self.daemon({"troupe": {"endpoint": f"tcp://127.0.0.1:{port}", "pubsub_endpoint": "tcp://127.0.0.1:*"},
                              "watcher:a": {"cmd": child()}}, follow=False)
        told = daemon.call("globaloptions", option="pubsub_endpoint")["options"]["pubsub_endpoint"]
        self.assertRegex(told, r"^tcp://127\.0\.0\.1:[1-9]\d+$")

    def test_a_circus_file_gets_circus_endpoints(self):
        daemon = self.daemon({"circus": {"endpoint": f"tcp://127.0.0.1:{free_port()}",
                                         "pubsub_endpoint": f"tcp://127.0.0.1:{free_port()}"},
                              "watcher:a": {"cmd": child()}}, root="circus")
        self.assertEqual(daemon.call("globaloptions")["options"]["endpoint"], daemon.endpoint)
        daemon.wait_for("watcher.a.spawn")


if __name__ == "__main__":
    main()
