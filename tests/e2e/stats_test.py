"""The stats stream: who is in it, when, and what it costs those who only run processes. What it looks like is in
tests/wire/cases/stats-rounds.json."""
import os
import pathlib
import signal
import socket
import stat
import time

from troupe_harness import TroupeTest, child, free_port, main, need_root, until
from stats_stream import StatsStream


def switches(pid):
    """Context switches of all threads."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        for line in pathlib.Path(f"/proc/{pid}/task/{task}/status").read_text().splitlines():
            if "ctxt_switches" in line:
                total += int(line.split()[1])
    return total


def quiet(pids):
    """Waits until none of them has run for a second; their counts."""
    def look():
        before = [switches(pid) for pid in pids]
        time.sleep(1)
        return before if [switches(pid) for pid in pids] == before else None
    return until(look, "nobody runs")


class Stats(TroupeTest):
    def start(self, sections, root="troupe", **options):
        own = {"statsd": True}
        if root == "circus":
            own["stats_endpoint"] = f"ipc://{self.folder}/stats"
        self.d = self.daemon({root: {**own, **sections.pop(root, {})}, **sections}, root=root, **options)
        self.name = "circusd-stats" if root == "circus" else "plugin:stats"
        self.endpoint = self.d.call("globaloptions")["options"]["stats_endpoint"]
        self.d.wait_active(self.name)
        return StatsStream(self, self.endpoint)

    def published(self):
        """How often the log says that the plugin is there."""
        return self.d.log().count("statistics are published on")

    def test_it_is_a_watcher_under_circuss_name_or_ours(self):
        self.start({"watcher:web": {"cmd": child()}}, "circus")
        self.assertEqual(self.d.call("list")["watchers"], ["circusd-stats", "web"])
        self.assertTrue(self.endpoint.endswith("/stats"))
        self.start({"watcher:web": {"cmd": child()}}).round()
        self.assertEqual(self.d.call("list")["watchers"], ["plugin:stats", "web"])
        self.assertEqual(self.endpoint, f"ipc://{self.d.run_dir}/stats")
        self.assertEqual(stat.S_IMODE(os.stat(f"{self.d.run_dir}/stats").st_mode), 0o600)

    def test_without_statsd_there_is_none(self):
        d = self.daemon({"troupe": {"statsd": False}, "watcher:web": {"cmd": child()}})
        self.assertEqual(d.call("list")["watchers"], ["web"])

    def test_processes_come_and_go_with_their_events(self):
        stream = self.start({"watcher:web": {"cmd": child(), "numprocesses": 2},
                             "watcher:Plain One": {"cmd": child()}})
        first = stream.until(lambda r: len(r.get("stat.web", {"pid": []})["pid"]) == 2, "two of web")
        self.assertEqual(first["stat.plain one"]["pid"], self.d.pids("Plain One"))
        killed = first["stat.web"]["pid"][0]
        os.kill(killed, signal.SIGKILL)
        later = stream.until(lambda r: killed not in r["stat.web"]["pid"] and len(r["stat.web"]["pid"]) == 2,
                             "another in its place")
        self.assertNotIn(f"stat.web.{killed}", later)
        self.assertEqual(sorted(later["stat.web"]["pid"]), self.d.pids("web"))
        self.d.call("stop", name="Plain One", waiting=True)
        stream.until(lambda r: r["stat.plain one"] == {"pid": [], "cpu": 0.0, "mem": 0, "age": "N/A"}, "an empty one")

    def test_watchers_come_and_go_with_their_events(self):
        stream = self.start({"watcher:web": {"cmd": child()}})
        self.d.call("add", name="New One", cmd=child(), start=True, waiting=True)
        found = stream.until(lambda r: "stat.new one" in r, "the new watcher under its name in `list`")
        self.assertEqual(found["stat.new one"]["pid"], self.d.pids("new one"))
        self.d.call("rm", name="new one", waiting=True)
        stream.until(lambda r: not any(topic.startswith("stat.new") for topic in r), "nothing of the old watcher")

    def test_other_plugins_are_in_it_and_it_is_not(self):
        stream = self.start({"plugin:log": {"use": "logger", "file": self.path("log")}})
        found = stream.until(lambda r: r.get("stat.plugin:log", {"pid": []})["pid"], "the other plugin")
        self.assertFalse([topic for topic in found if topic.startswith("stat.plugin:stats")])
        names = {data["name"]: data["pid"] for topic, data in found.items() if topic.startswith("stat.circus.")}
        self.assertEqual(names, {"circusd-stats": self.d.pids("plugin:stats")[0], "circusd": self.d.arbiter(),
                                 "circusd-keeper": self.d.keeper})

    def test_a_subscriber_of_one_watcher_gets_that_one(self):
        stream = self.start({"watcher:a": {"cmd": child()}, "watcher:b": {"cmd": child()}})
        stream.close()
        self.d.wait_active("a", "b")
        only = StatsStream(self, self.endpoint, b"stat.b")
        pid = self.d.pids("b")[0]
        self.assertEqual([topic for topic, _ in only.round("stat.b")], [f"stat.b.{pid}", "stat.b"])

    def test_a_killed_stats_process_is_replaced_and_knows_what_is(self):
        stream = self.start({"watcher:web": {"cmd": child()}})
        stream.round()
        old = self.d.pids(self.name)[0]
        os.kill(old, signal.SIGKILL)
        stream.until(lambda r: f"stat.circus.{old}" not in r and r["stat.web"]["pid"] == self.d.pids("web"),
                     "a round of the next one")

    def test_reads_count_arrivals_and_those_who_are_left_waiting(self):
        port = free_port()
        stream = self.start({"socket:web": {"host": "127.0.0.1", "port": port}, "watcher:web": {"cmd": child()}})
        idle = stream.until(lambda r: True, "a round", "stat.sockets")
        self.assertEqual(idle["stat.sockets.3"], {"fd": 3, "subtopic": 3, "reads": 0, "address": f"127.0.0.1:{port}"})
        waiting = socket.create_connection(("127.0.0.1", port))
        self.addCleanup(waiting.close)
        stream.until(lambda r: 95 <= r["stat.sockets"]["reads"] <= 105, "a hundred looks at one that waits", "stat.sockets")

    def test_a_connection_that_is_accepted_late_counts_for_as_long_as_it_waited(self):
        port = free_port()
        file = self.path("accept.py")
        file.write_text("import select, socket, time\ns = socket.socket(fileno=3)\n"
                        "while True: select.select([s], [], []); time.sleep(0.3); s.accept()[0].close()\n")
        stream = self.start({"socket:web": {"host": "127.0.0.1", "port": port},
                             "watcher:web": {"cmd": f"/usr/bin/python3 {file}", "use_sockets": True}})
        with socket.create_connection(("127.0.0.1", port)) as probe:
            probe.recv(1)  # it accepts by now
        stream.until(lambda r: r["stat.sockets"]["reads"] == 0, "an idle socket", "stat.sockets")
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.recv(1)
        reads = [dict(stream.round("stat.sockets"))["stat.sockets"]["reads"] for _ in range(3)]
        self.assertTrue(1 <= sum(reads) < 150, reads)

    def test_a_socket_that_is_gone_is_not_held(self):
        port, other = free_port(), free_port()
        stream = self.start({"socket:web": {"host": "127.0.0.1", "port": port}, "watcher:web": {"cmd": child()}})
        stream.round("stat.sockets")
        self.d.file.write_text(self.d.file.read_text().replace(str(port), str(other)))
        self.d.call("reloadconfig", waiting=True)
        found = stream.until(lambda r: r["stat.sockets.3"]["address"].endswith(f":{other}"), "the new one", "stat.sockets")
        self.assertEqual(found["stat.sockets"]["addresses"], [f"127.0.0.1:{other}"])
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))

    def test_it_is_turned_on_moved_and_off_by_reloadconfig(self):
        d = self.d = self.daemon({"troupe": {"statsd": False}, "watcher:web": {"cmd": child()}})
        d.wait_active("web")
        pid = d.pids("web")
        text = d.file.read_text()
        d.file.write_text(text.replace("statsd = false", "statsd = true"))
        d.call("reloadconfig", waiting=True)
        d.wait_active("plugin:stats")
        StatsStream(self, f"ipc://{d.run_dir}/stats").round()
        other = f"ipc://{self.folder}/other"
        d.file.write_text(text.replace("statsd = false", f"statsd = true\nstats_endpoint = {other}"))
        self.assertEqual(d.call("reloadconfig", waiting=True)["info"]["restarts"], [])
        self.assertEqual(d.call("globaloptions")["options"]["stats_endpoint"], other)
        StatsStream(self, other).round()
        d.file.write_text(text)
        d.call("reloadconfig", waiting=True)
        self.assertEqual(d.call("list")["watchers"], ["web"])
        self.assertEqual(d.pids("web"), pid)

    def test_an_endpoint_that_is_taken_is_told_and_hurts_nobody_else(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            endpoint = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
            d = self.daemon({"troupe": {"statsd": True, "stats_endpoint": endpoint}, "watcher:web": {"cmd": child()}})
            d.wait_for("watcher.plugin:stats.reap", lambda data: data["exit_code"] == 1)
            self.assertIn(f"{endpoint} is taken by pid {os.getpid()}", until(d.log, "a log"))
            self.assertEqual(len(d.pids("web")), 1)

    def test_more_subscribers_than_descriptors_do_not_end_it(self):
        stream = self.start({"plugin:few": {"use": "stats", "stats_endpoint": f"ipc://{self.folder}/few",
                                            "rlimit_nofile": 200}, "watcher:web": {"cmd": child()}})
        stream.round()
        few = StatsStream(self, f"ipc://{self.folder}/few")
        few.round()
        pid = self.d.pids("plugin:few")[0]
        crowd = []
        for _ in range(250):
            one = socket.socket(socket.AF_UNIX)
            one.connect(f"{self.folder}/few")
            crowd.append(one)
        few.round()
        few.round()
        for one in crowd:
            one.close()
        self.assertEqual(self.d.pids("plugin:few"), [pid])

    @need_root
    def test_the_group_may_listen(self):
        self.start({"troupe": {"group": "daemon"}, "watcher:web": {"cmd": child()}}).round()
        status = os.stat(f"{self.d.run_dir}/stats")
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_gid), (0o660, 1))

    def test_while_it_measures_nobody_else_wakes_up_and_without_a_listener_it_sleeps_too(self):
        stream = self.start({"watcher:web": {"cmd": child(), "numprocesses": 20}}, follow=False)
        stream.until(lambda r: len(r["stat.web"]["pid"]) == 20, "all of web")
        pids = [self.d.keeper, self.d.arbiter()]
        plugin = self.d.pids(self.name)[0]
        before = quiet(pids)
        rounds = [stream.round() for _ in range(3)]
        self.assertEqual([switches(pid) for pid in pids], before)
        self.assertEqual(len(dict(rounds[-1])["stat.web"]["pid"]), 20)
        stream.close()
        quiet([plugin])


if __name__ == "__main__":
    main()
