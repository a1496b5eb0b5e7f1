"""What a service manager hears of the daemon (sd_notify): that it serves, reloads, stops and lives."""
import os
import signal
import socket
import struct

from troupe_harness import PATIENCE, TroupeTest, child, main, until


class Manager:
    """The end of NOTIFY_SOCKET that systemd has. `pids` are who sent."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(address.replace("@", "\0", 1))
        self.socket.settimeout(PATIENCE)
        self.heard = []
        self.pids = set()

    def next(self):
        text, ancillary, _, _ = self.socket.recvmsg(8192, socket.CMSG_SPACE(12))
        self.pids |= {struct.unpack("3i", data)[0] for _, kind, data in ancillary if kind == socket.SCM_CREDENTIALS}
        message = dict(line.split("=", 1) for line in text.decode().splitlines())
        self.heard.append(message)
        return message

    def wait_for(self, key, value=None):
        """The next message that has the key, with that value."""
        while True:
            message = self.next()
            if key in message and value in (None, message[key]):
                return message


class Notify(TroupeTest):
    def managed(self, config, address=None, watchdog=None, **options):
        address = address or str(self.path("notify"))
        manager = Manager(address)
        self.addCleanup(manager.socket.close)
        environment = {"NOTIFY_SOCKET": address}
        if watchdog:
            environment["WATCHDOG_USEC"] = str(watchdog)
        return manager, self.daemon(config, environment=environment, **options)

    def test_it_is_ready_once_it_serves_and_only_the_process_that_was_started_speaks(self):
        manager, daemon = self.managed({"watcher:web": {"cmd": child(), "numprocesses": 3},
                                        "watcher:db": {"cmd": child()}})
        self.assertEqual(manager.next(), {"READY": "1", "STATUS": "0 watchers, 0 processes"})
        self.assertEqual(manager.wait_for("STATUS")["STATUS"], "2 watchers, 4 processes")
        daemon.call("stop", name="web", waiting=True)
        self.assertEqual(manager.wait_for("STATUS")["STATUS"], "2 watchers, 1 process")
        daemon.process.send_signal(signal.SIGTERM)
        stopping = manager.wait_for("STOPPING", "1")
        self.assertEqual(int(stopping["EXTEND_TIMEOUT_USEC"]), 45_000_000, "graceful_timeout and some time more")
        self.assertEqual(daemon.wait_exit(), 0)
        self.assertEqual(manager.pids, {daemon.keeper}, "NotifyAccess=main is enough")

    def test_reloadconfig_and_sighup_are_a_reload_that_ends(self):
        manager, daemon = self.managed({"watcher:web": {"cmd": child()}})
        manager.wait_for("STATUS", "1 watcher, 1 process")
        daemon.file.write_text(daemon.file.read_text() + f"\n[watcher:more]\ncmd = {child()}\n")
        daemon.call("reloadconfig")
        self.assertGreater(int(manager.wait_for("RELOADING", "1")["MONOTONIC_USEC"]), 0)
        manager.wait_for("READY", "1")
        daemon.wait_active("more")
        pid = daemon.pids("web")[0]
        daemon.process.send_signal(signal.SIGHUP)
        manager.wait_for("RELOADING", "1")
        manager.wait_for("READY", "1")
        self.assertNotEqual(daemon.pids("web"), [pid])

    def test_a_watchdog_hears_a_sign_of_life_until_the_loop_stands_still(self):
        manager, daemon = self.managed({"watcher:web": {"cmd": child()}}, watchdog=400_000)
        for _ in range(4):
            manager.wait_for("WATCHDOG", "1")
        arbiter = daemon.arbiter()
        os.kill(arbiter, signal.SIGSTOP)
        manager.socket.settimeout(2)
        with self.assertRaises(TimeoutError, msg="a loop that stands still says nothing"):
            for _ in range(10):
                manager.next()
        os.kill(arbiter, signal.SIGCONT)
        manager.wait_for("WATCHDOG", "1")

    def test_without_a_watchdog_an_idle_daemon_says_nothing(self):
        manager, daemon = self.managed({"watcher:web": {"cmd": child()}})
        manager.wait_for("STATUS", "1 watcher, 1 process")
        manager.socket.settimeout(2)
        with self.assertRaises(TimeoutError):
            manager.next()
        self.assertFalse(any("WATCHDOG" in message for message in manager.heard))

    def test_no_process_gets_the_variables(self):
        os.environ["WATCHDOG_PID"] = "1"
        self.addCleanup(os.environ.pop, "WATCHDOG_PID")
        report = self.path("report")
        manager, daemon = self.managed({"watcher:web": {"cmd": child("--report", report), "copy_env": True}},
                                       watchdog=400_000)
        manager.wait_for("STATUS", "1 watcher, 1 process")
        for pid in (daemon.pids("web")[0],):
            with open(f"/proc/{pid}/environ", "rb") as environment:
                names = {entry.partition(b"=")[0] for entry in environment.read().split(b"\0")}
            self.assertIn(b"PATH", names)
            self.assertFalse(names & {b"NOTIFY_SOCKET", b"WATCHDOG_USEC", b"WATCHDOG_PID"})
        self.assertFalse(any("WATCHDOG" in message for message in manager.heard), "the watchdog was of another process")

    def test_an_abstract_socket_will_do_and_a_bad_one_is_told(self):
        manager, daemon = self.managed({"watcher:web": {"cmd": child()}}, address=f"@{self.folder.name}")
        manager.wait_for("READY", "1")
        other = self.daemon({"watcher:web": {"cmd": child()}}, environment={"NOTIFY_SOCKET": "vsock:2:1234"})
        other.wait_active("web")
        self.assertIn("NOTIFY_SOCKET is 'vsock:2:1234'", other.log())

    def test_the_death_of_the_arbiter_is_a_stop(self):
        manager, daemon = self.managed({"watcher:web": {"cmd": child()}}, expect_exit=1)
        manager.wait_for("STATUS", "1 watcher, 1 process")
        os.kill(daemon.arbiter(), signal.SIGKILL)
        self.assertIn("arbiter", manager.wait_for("STOPPING", "1")["STATUS"])
        daemon.wait_exit()

    def test_what_ends_the_start_is_the_status(self):
        first = self.daemon({"watcher:web": {"cmd": child()}})
        manager = Manager(str(self.path("notify")))
        self.addCleanup(manager.socket.close)
        self.daemon({"troupe": {"run_dir": first.run_dir}}, environment={"NOTIFY_SOCKET": str(self.path("notify"))},
                    ready=False, follow=False, expect_exit=1)
        self.assertIn(str(first.run_dir), manager.wait_for("STATUS")["STATUS"])

    def test_a_manager_that_does_not_read_holds_up_nothing_for_long(self):
        manager, daemon = self.managed({"watcher:web": {"cmd": child()}}, watchdog=20_000)
        until(lambda: len(daemon.pids("web")) == 1, "web")  # hundreds of signs of life fill the socket
        pid = daemon.pids("web")[0]
        os.kill(pid, signal.SIGKILL)
        daemon.wait_for("watcher.web.reap", lambda data: data["process_pid"] == pid)
        manager.wait_for("READY", "1")


if __name__ == "__main__":
    main()
