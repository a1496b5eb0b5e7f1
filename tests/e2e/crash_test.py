"""Workers that die by themselves: noticed at once, told on the bus, replaced as the options say (Must show 3)."""
import os
import signal

from troupe_harness import SANITIZED, TroupeTest, child, main, until


class Crash(TroupeTest):
    def test_a_killed_worker_among_a_hundred_is_reaped_and_replaced_every_time(self):
        daemon = self.daemon({"watcher:web": {"cmd": child(), "numprocesses": 101}})
        daemon.wait_active("web")
        victims = daemon.pids("web")
        self.assertEqual(len(victims), 101)
        mark = daemon.last_seq()
        for _ in range(10 if SANITIZED else 100):
            victim = victims.pop(0)
            os.kill(victim, signal.SIGKILL)
            spawn = daemon.wait_for("watcher.web.spawn", after=mark)
            # What came behind the spawn is seen in the next round, or at the end.
            events = [e for e in daemon.heard(after=mark) if e.data["seq"] <= spawn.data["seq"]]
            self.assertEqual([e.topic for e in events], ["watcher.web.reap", "watcher.web.spawn"])
            self.assertEqual(events[0].data["process_pid"], victim)
            self.assertEqual(events[0].data["exit_code"], -signal.SIGKILL)
            self.assertNotEqual(spawn.data["process_pid"], victim)
            self.assertEqual(spawn.data["wid"], events[0].data["wid"], "the new one has the place of the old one")
            victims.append(spawn.data["process_pid"])
            mark = spawn.data["seq"]
        self.assertEqual(daemon.seen(after=mark), [])
        self.assertEqual(daemon.pids("web"), sorted(victims))

    def test_the_worker_id_of_a_dead_worker_is_given_again(self):
        daemon = self.daemon({"watcher:web": {"cmd": child(), "numprocesses": 3}})
        daemon.wait_count("watcher.web.spawn", 3)
        infos = daemon.call("stats", name="web")["info"]
        victim = next(info for info in infos.values() if info["wid"] == 2)
        mark = daemon.last_seq()
        os.kill(victim["pid"], signal.SIGKILL)
        pid = daemon.wait_for("watcher.web.spawn", after=mark).data["process_pid"]
        self.assertEqual(daemon.call("stats", name="web")["info"][str(pid)]["wid"], 2)

    def test_the_exit_status_and_the_signal_stand_in_the_reap(self):
        daemon = self.daemon({
            "watcher:three": {"cmd": child("--after", 0, "--exit", 3), "respawn": False},
            "watcher:good": {"cmd": child("--after", 0), "respawn": False},
            "watcher:segv": {"cmd": child("--after", 0, "--raise", "SEGV"), "respawn": False, "rlimit_core": 0},
        })
        for name, code in ("three", 3), ("good", 0), ("segv", -signal.SIGSEGV):
            reap = daemon.wait_for(f"watcher.{name}.reap")
            self.assertEqual(reap.data["exit_code"], code)

    def test_without_respawn_the_watcher_is_stopped_when_its_last_process_is_gone(self):
        daemon = self.daemon({"watcher:once": {"cmd": child("--after", 20), "numprocesses": 2, "respawn": False}})
        daemon.wait_for("watcher.once.stop")
        topics = [e.topic.rpartition(".")[2] for e in daemon.seen("watcher.once.*")]
        self.assertEqual(sorted(topics[:-1]), ["reap", "reap", "spawn", "spawn", "start"])
        self.assertEqual(topics[-1], "stop")
        self.assertEqual(daemon.call("status", name="once")["status"], "stopped")

    def test_what_exits_at_once_again_and_again_is_held_to_twenty_a_second_then_one(self):
        daemon = self.daemon({"watcher:spin": {"cmd": child("--after", 0, "--exit", 1)}})
        daemon.wait_count("watcher.spin.spawn", 21)
        first = daemon.seen("watcher.spin.spawn")
        mark = first[20].data["seq"]
        daemon.wait_for("watcher.spin.spawn", after=mark)
        spawns = [e.data["time"] for e in daemon.seen("watcher.spin.spawn")]
        within_a_second = sum(1 for at in spawns if at - spawns[0] < 0.9)
        self.assertLessEqual(within_a_second, 22)
        self.assertEqual(daemon.detail("spin")["state"], "spinning")

    def test_commands_are_answered_while_a_worker_spins(self):
        daemon = self.daemon({"watcher:spin": {"cmd": child("--after", 0)}, "watcher:good": {"cmd": child()}})
        daemon.wait_active("good")
        daemon.wait_count("watcher.spin.reap", 10)
        daemon.wait_active("good")
        daemon.wait_count("watcher.spin.reap", 10)
        self.assertEqual(len(daemon.pids("good")), 1)
        daemon.call("stop", name="spin", waiting=True)
        mark = daemon.last_seq()
        daemon.call("incr", name="good", waiting=True)
        self.assertEqual(daemon.seen("watcher.spin.*", after=mark), [], "a stopped watcher stays stopped")

    def test_restart_delay_holds_the_next_one_back(self):
        daemon = self.daemon({"watcher:slow": {"cmd": child("--after", 0), "restart_delay": 0.5}})
        reap = daemon.wait_for("watcher.slow.reap")
        spawn = daemon.wait_for("watcher.slow.spawn", after=reap.data["seq"])
        self.assertGreaterEqual(spawn.data["time"] - reap.data["time"], 0.4)

    def test_a_process_that_is_over_age_is_replaced(self):
        daemon = self.daemon({"watcher:old": {"cmd": child(), "max_age": 1, "max_age_variance": 0}})
        first = daemon.wait_for("watcher.old.spawn")
        reap = daemon.wait_for("watcher.old.reap", after=first.data["seq"])
        self.assertEqual(reap.data["process_pid"], first.data["process_pid"])
        self.assertGreaterEqual(reap.data["time"] - first.data["time"], 0.9)
        daemon.wait_for("watcher.old.spawn", after=reap.data["seq"])

    def test_a_held_watcher_does_not_start_its_dead_worker_again_until_it_is_let_go(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}})
        daemon.wait_active("web")
        daemon.call("hold", name="web", by="test", reason="being looked at")
        pid = daemon.pids("web")[0]
        mark = daemon.last_seq()
        os.kill(pid, signal.SIGKILL)
        daemon.wait_for("watcher.web.reap", after=mark)
        held = daemon.detail("web")["held"]
        self.assertEqual((held["by"], held["reason"]), ("test", "being looked at"))
        self.assertEqual(daemon.pids("web"), [])
        daemon.call("unhold", name="web", by="test")
        daemon.wait_for("watcher.web.spawn", after=mark)
        until(lambda: not daemon.detail("web").get("held"), "no longer held")


if __name__ == "__main__":
    main()
