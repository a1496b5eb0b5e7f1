"""A stop ends what it should: the stubborn after graceful_timeout, descendants with stop_children (Must show 4)."""
import os
import pathlib
import shutil
import signal
import unittest

from troupe_harness import CHILD, NOBODY, TroupeTest, alive, child, main, need_root, process_state, until


class Stop(TroupeTest):
    def test_a_worker_that_ignores_sigterm_dies_by_sigkill_after_graceful_timeout(self):
        stamp = self.path("stamp")
        daemon = self.daemon({"watcher:deaf": {"cmd": child("--ignore", "TERM", "--stamp", stamp),
                                               "graceful_timeout": 0.7}})
        self.lines(stamp, 1)
        mark = daemon.last_seq()
        daemon.call("stop", name="deaf", waiting=True)
        events = daemon.seen("watcher.deaf.*", after=mark)
        self.assertEqual([e.topic.rpartition(".")[2] for e in events], ["kill", "kill", "reap", "stop"])
        self.assertEqual(events[2].data["exit_code"], -signal.SIGKILL)
        waited = events[1].data["time"] - events[0].data["time"]
        self.assertGreaterEqual(waited, 0.65)
        self.assertLess(waited, 5)

    def test_the_stop_signal_is_the_one_of_the_option(self):
        daemon = self.daemon({"watcher:web": {"cmd": child(), "stop_signal": "INT"}})
        daemon.wait_for("watcher.web.spawn")
        daemon.call("stop", name="web", waiting=True)
        self.assertEqual(daemon.wait_for("watcher.web.reap").data["exit_code"], -signal.SIGINT)

    def test_graceful_timeout_nought_kills_right_after_the_stop_signal(self):
        stamp = self.path("stamp")
        daemon = self.daemon({"watcher:deaf": {"cmd": child("--ignore", "TERM", "--stamp", stamp),
                                               "graceful_timeout": 0}})
        self.lines(stamp, 1)
        daemon.call("stop", name="deaf", waiting=True)
        self.assertEqual(daemon.wait_for("watcher.deaf.reap").data["exit_code"], -signal.SIGKILL)

    def family(self, user=None, **options):
        """A daemon with a worker that has a plain, a setsid and a double-forked descendant; their pids."""
        pids = self.path("pids")
        if user is not None:
            os.chown(self.folder, user, user)
            program = self.copy_for_all(CHILD)
        else:
            program = CHILD
        flags = options.pop("flags", [])
        daemon = self.daemon({"watcher:tree": {
            "cmd": child(*flags, "--plain", pids, "--setsid", pids, "--daemon", pids, program=program),
            "graceful_timeout": 1, **options}}, user=user)
        family = [int(line) for line in self.lines(pids, 3)]
        self.assertTrue(all(alive(pid) for pid in family))
        return daemon, daemon.pids("tree")[0], family

    def check_tree_is_gone(self, **options):
        daemon, worker, family = self.family(stop_children=True, **options)
        daemon.call("stop", name="tree", waiting=True)
        self.assertFalse(alive(worker))
        self.assertEqual([pid for pid in family if alive(pid)], [], "descendants are left after the stop")
        until(lambda: all(process_state(pid) is None for pid in family), "no zombie of them is left")

    @need_root
    def test_with_stop_children_every_descendant_is_gone_after_the_stop_as_root(self):
        self.check_tree_is_gone()

    @need_root
    def test_with_stop_children_every_descendant_is_gone_after_the_stop_as_an_ordinary_user(self):
        self.check_tree_is_gone(user=NOBODY)

    @unittest.skipIf(os.getuid() == 0, "root has its own")
    def test_with_stop_children_every_descendant_is_gone_after_the_stop_as_myself(self):
        self.check_tree_is_gone()

    def test_descendants_that_ignore_sigterm_are_killed_as_well(self):
        self.check_tree_is_gone(flags=["--ignore", "TERM"])

    def test_descendants_go_with_a_worker_whose_uid_was_changed(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        pids = self.path("pids")
        self.folder.chmod(0o1777)
        program = self.copy_for_all(CHILD)
        daemon = self.daemon({"watcher:tree": {
            "cmd": child("--plain", pids, "--setsid", pids, "--daemon", pids, program=program),
            "uid": NOBODY, "stop_children": True, "graceful_timeout": 1}})
        family = [int(line) for line in self.lines(pids, 3)]
        daemon.call("stop", name="tree", waiting=True)
        self.assertEqual([pid for pid in family if alive(pid)], [])

    def test_without_stop_children_the_descendants_live_on_when_the_worker_stops(self):
        daemon, worker, family = self.family()
        daemon.call("stop", name="tree", waiting=True)
        self.assertFalse(alive(worker))
        self.assertEqual([pid for pid in family if not alive(pid)], [])
        for pid in family:
            os.kill(pid, signal.SIGKILL)

    def test_after_the_kill_of_a_worker_that_is_deaf_its_descendants_are_gone_too(self):
        """Circus: SIGKILL after graceful_timeout goes to the process and all its descendants."""
        daemon, worker, family = self.family(flags=["--ignore", "TERM"])
        plain = next(pid for pid in family if os.getsid(pid) == worker)
        daemon.call("stop", name="tree", waiting=True)
        self.assertFalse(alive(worker))
        until(lambda: not alive(plain), "the end of the plain child, a descendant at the time of the SIGKILL")
        for pid in family:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)

    def test_a_neighbour_with_the_same_program_is_left_alone(self):
        pids = self.path("others")
        daemon = self.daemon({
            "watcher:tree": {"cmd": child("--daemon", self.path("mine")), "stop_children": True},
            "watcher:other": {"cmd": child("--plain", pids, "--setsid", pids, "--daemon", pids),
                              "stop_children": True}})
        self.lines(self.path("mine"), 1)
        family = [int(line) for line in self.lines(pids, 3)]
        daemon.call("stop", name="tree", waiting=True)
        self.assertTrue(all(alive(pid) for pid in family))
        self.assertEqual(len(daemon.pids("other")), 1)

    def test_signals_can_reach_the_direct_children_or_all_descendants(self):
        pids = self.path("pids")
        daemon = self.daemon({"watcher:tree": {"cmd": child("--plain", pids), "stop_children": True}})
        plain = int(self.lines(pids, 1)[0])
        daemon.call("signal", name="tree", signum="KILL", children=True)
        until(lambda: not alive(plain), "the child dead")
        self.assertEqual(len(daemon.pids("tree")), 1)

    @need_root
    def test_a_descendant_of_another_user_that_outlives_the_stop_is_shown_as_stray_until_it_ends(self):
        """The daemon is an ordinary user's; the stray became root by a program with the setuid bit."""
        program = self.copy_for_all(pathlib.Path(shutil.which("setpriv")))
        program.chmod(0o4755)
        pids = self.path("pids")
        line = f"{program} --reuid=0 --clear-groups /bin/sh -c 'echo $$ >> {pids}; exec sleep 1000' & exec sleep 1000"
        self.path("worker").write_text(line)
        daemon = self.daemon({"watcher:tree": {"cmd": f"/bin/sh {self.path('worker')}", "stop_children": True,
                                               "graceful_timeout": 1},
                              "watcher:other": {"cmd": child(program=self.copy_for_all(CHILD))}}, user=NOBODY)
        stray = int(self.lines(pids, 1)[0])
        self.assertEqual(os.stat(f"/proc/{stray}").st_uid, 0)
        self.assertNotIn("stray", daemon.detail("tree"))
        daemon.call("stop", name="tree", waiting=True)
        self.assertEqual(daemon.detail("tree")["stray"], [stray])
        self.assertNotIn("stray", daemon.detail("other"))
        self.assertTrue(alive(stray))
        os.kill(stray, signal.SIGKILL)
        until(lambda: "stray" not in daemon.detail("tree"), "the stray gone from status")

    @need_root
    def test_where_cgroups_are_to_be_had_they_tell_whose_a_descendant_without_any_other_mark_is(self):
        own = own_cgroup()
        if own is None:
            self.skipTest("no writable cgroup v2")
        pids = self.path("pids")
        self.path("hidden").write_text(f"trap '' TERM; echo $$ >> {pids}; exec sleep 1000")
        self.path("worker").write_text(f"(setsid env -i /bin/sh {self.path('hidden')} &); exec sleep 1000")
        daemon = self.daemon({"watcher:tree": {"cmd": f"/bin/sh {self.path('worker')}", "stop_children": True,
                                               "graceful_timeout": 1}})
        hidden = int(self.lines(pids, 1)[0])
        worker = daemon.pids("tree")[0]
        groups = {pathlib.Path(f"/proc/{pid}/cgroup").read_text() for pid in (hidden, worker)}
        self.assertEqual(len(groups), 1)
        line = next(line for line in groups.pop().splitlines() if line.startswith("0::"))
        self.assertRegex(line, "/troupe-[0-9a-f]{16}/1$")
        ours = own / line.split("/")[-2]
        self.assertIn(str(worker), (ours / "1/cgroup.procs").read_text().split())
        daemon.call("stop", name="tree", waiting=True)
        self.assertFalse(alive(hidden))
        until(lambda: not (ours / "1").exists(), "the cgroup of the process gone")
        daemon.call("quit", waiting=True)
        until(lambda: not ours.exists(), "the daemon's cgroup gone")


def own_cgroup():
    """The directory of this process's cgroup (v2), if cgroups can be made in it."""
    path = next((line[3:] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines()
                 if line.startswith("0::/")), None)
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        if path is None or not kind.startswith("cgroup2 ") or fields.split()[3] != "/":
            continue
        folder = pathlib.Path(fields.split()[4]) / path.lstrip("/")
        try:
            (folder / "troupe-test").mkdir()
            (folder / "troupe-test").rmdir()
        except OSError:
            return None
        return folder
    return None


if __name__ == "__main__":
    main()
