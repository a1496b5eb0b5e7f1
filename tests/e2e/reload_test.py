"""Reloads in all their kinds: graceful, one after the other, by SIGHUP, not graceful."""
import signal

from troupe_harness import TroupeTest, alive, child, handles, main, until


class Reload(TroupeTest):
    def up(self, **options):
        daemon = self.daemon({"watcher:web": {"cmd": options.pop("cmd", child()), "numprocesses": 3,
                                              "graceful_timeout": 5, **options}})
        daemon.wait_count("watcher.web.spawn", options.get("numprocesses", 3))
        daemon.wait_active("web")
        return daemon, daemon.pids("web")

    def test_a_graceful_reload_starts_the_new_ones_before_the_old_ones_stop(self):
        daemon, before = self.up()
        mark = daemon.last_seq()
        info = daemon.call("reload", name="web", waiting=True)["info"]
        self.assertEqual(sorted(info["stopped"]), sorted(before))
        self.assertEqual(sorted(info["started"]), sorted(daemon.pids("web")))
        self.assertEqual(info["kept"], [])
        daemon.wait_for("watcher.web.reload", after=mark)
        topics = [e.topic.rpartition(".")[2] for e in daemon.seen("watcher.web.*", after=mark)]
        self.assertEqual(topics[:3], ["spawn"] * 3)
        self.assertEqual(sorted(topics[3:]), sorted(["kill"] * 3 + ["reap"] * 3 + ["reload"]))
        self.assertEqual(topics[-1], "reload")
        self.assertFalse(any(alive(pid) for pid in before))

    def test_the_worker_ids_of_a_graceful_reload_go_on_above_the_old_ones(self):
        daemon, _ = self.up()
        wids = lambda: {info["wid"] for info in daemon.call("stats", name="web")["info"].values()}
        self.assertEqual(wids(), {1, 2, 3})
        daemon.call("reload", name="web", waiting=True)
        self.assertEqual(wids(), {4, 5, 6})
        daemon.call("reload", name="web", waiting=True)
        self.assertEqual(wids(), {1, 2, 3})

    def test_a_sequential_reload_never_has_more_than_one_process_missing(self):
        daemon, before = self.up()
        mark = daemon.last_seq()
        info = daemon.call("reload", name="web", sequential=True, waiting=True)["info"]
        self.assertEqual(sorted(info["stopped"]), sorted(before))
        running = 3
        daemon.wait_for("watcher.web.reload", after=mark)
        for event in daemon.seen("watcher.web.*", after=mark):
            running += {"spawn": 1, "reap": -1}.get(event.topic.rpartition(".")[2], 0)
            self.assertIn(running, (2, 3))
        self.assertEqual(running, 3)

    def test_a_reload_that_is_not_graceful_is_a_restart(self):
        daemon, before = self.up()
        mark = daemon.last_seq()
        info = daemon.call("reload", name="web", graceful=False, waiting=True)["info"]
        self.assertEqual(sorted(info["stopped"]), sorted(before))
        self.assertEqual(daemon.seen("watcher.web.reload", after=mark), [])
        daemon.wait_for("watcher.web.start", after=mark)

    def test_with_send_hup_the_processes_stay_and_get_a_hup(self):
        counted = self.path("hups")
        daemon, before = self.up(cmd=child("--count", "HUP", counted), send_hup=True)
        until(lambda: all(handles(pid, signal.SIGHUP) for pid in before), "the handlers in place")
        mark = daemon.last_seq()
        daemon.call("reload", name="web", waiting=True)
        self.assertEqual({int(line.split()[1]) for line in self.lines(counted, 3)}, set(before))
        self.assertEqual(daemon.pids("web"), before)
        daemon.wait_for("watcher.web.reload", after=mark)
        self.assertEqual(daemon.seen("watcher.web.kill", after=mark), [])

    def test_a_reload_of_a_stopped_watcher_starts_it(self):
        daemon, _ = self.up()
        daemon.call("stop", name="web", waiting=True)
        info = daemon.call("reload", name="web", waiting=True)["info"]
        self.assertEqual((info["stopped"], len(info["started"])), ([], 3))

    def test_a_hup_to_the_daemon_reloads_every_watcher(self):
        daemon, before = self.up()
        mark = daemon.last_seq()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("watcher.web.reload", after=mark)
        self.assertFalse(set(before) & set(daemon.pids("web")))

    def test_a_worker_killed_in_the_middle_of_a_reload_does_not_upset_it(self):
        daemon, before = self.up(cmd=child("--on-term", 300))
        until(lambda: all(handles(pid, signal.SIGTERM) for pid in before), "the handlers in place")
        mark = daemon.last_seq()
        daemon.call("reload", name="web")
        daemon.wait_count("watcher.web.kill", 1, after=mark)
        daemon.call("signal", name="web", signum=9, pid=before[0])
        daemon.wait_for("watcher.web.reload", after=mark)
        until(lambda: len(daemon.pids("web")) == 3, "three processes")
        self.assertFalse(set(before) & set(daemon.pids("web")))

    def test_several_watchers_are_reloaded_one_after_the_other_and_restarted_in_the_order_of_priority(self):
        daemon = self.daemon({"troupe": {"warmup_delay": 0.3},
                              **{f"watcher:{name}": {"cmd": child(), "priority": priority}
                                 for name, priority in (("a", 0), ("b", 5), ("c", 10))}})
        daemon.wait_active("a", "b", "c")
        for command, properties, words in (("reload", {}, ["spawn", "kill", "reap", "reload"]),
                                           ("restart", {"name": "[abc]"}, ["spawn", "start"])):
            mark = daemon.last_seq()
            self.assertEqual(daemon.call(command, waiting=True, **properties)["status"], "ok")
            daemon.catch_up()
            seen = [e for e in daemon.seen("watcher.*", after=mark) if e.topic.rpartition(".")[2] in words]
            if command == "restart":
                self.assertEqual(len(daemon.seen("watcher.*.stop", after=mark)), 3)
            self.assertEqual([e.topic for e in seen], [f"watcher.{name}.{word}" for name in "cba" for word in words])
            spawns = [e.data["time"] for e in seen if e.topic.endswith("spawn")]
            self.assertTrue(all(later - earlier >= 0.29 for earlier, later in zip(spawns, spawns[1:])), spawns)


if __name__ == "__main__":
    main()
