"""A pid namespace of its own with the /proc of another, as `unshare -p -f` leaves it: nothing there may be taken for
what it says, and what can be done without it is done."""
import os
import signal
import subprocess
import unittest

from troupe_harness import CHILD, NOBODY, TroupeTest, child, command_line, main, need_root, processes_with

NAMESPACE = ("unshare", "--pid", "--fork")
ORDINARY = (*NAMESPACE, "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
# The sanitizer looks for leaks through /proc.
NO_LEAKS = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def has_namespaces():
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


@need_root
@unittest.skipUnless(has_namespaces(), "no pid namespace can be made here")
class ForeignProc(TroupeTest):
    def left(self):
        """The processes of the family that live, by the numbers of this namespace."""
        return [pid for pid in processes_with(f"TROUPE_TEST={self.folder}")
                if command_line(pid).startswith(str(self.program))]

    def check_stop(self, wrapper, flags=()):
        self.folder.chmod(0o1777)
        self.program = self.copy_for_all(CHILD)
        pids = self.path("pids")
        daemon = self.daemon({
            "watcher:tree": {"cmd": child(*flags, "--plain", pids, program=self.program), "stop_children": True,
                             "graceful_timeout": 1},
            "watcher:other": {"cmd": "sleep 1000"}}, wrapper=wrapper, user=None, environment=NO_LEAKS)
        self.lines(pids, 1)
        self.assertEqual(len(self.left()), 2)
        daemon.call("stop", name="tree", waiting=True)
        self.assertEqual(self.left(), [])
        self.assertEqual(len(daemon.pids("other")), 1)
        return daemon

    def test_the_start_says_what_does_not_work_and_stats_has_no_figures_of_foreign_processes(self):
        daemon = self.daemon({"watcher:web": {"cmd": "sleep 1000"}}, wrapper=NAMESPACE, environment=NO_LEAKS)
        daemon.wait_active("web")
        self.assertEqual(daemon.log().count("/proc is missing or that of another pid namespace"), 1)
        self.assertIn("mount -t proc", daemon.log())
        pid = daemon.pids("web")[0]
        info = daemon.call("stats", name="web", process=pid)["info"]
        self.assertEqual((info["pid"], info["mem_info1"], info["cpu"], info["username"], info["children"]),
                         (pid, "N/A", "N/A", "N/A", []))
        every = daemon.call("stats")["infos"]["web"][str(pid)]
        self.assertEqual(every["cmdline"], "N/A")
        self.assertEqual(daemon.call("dstats")["info"]["mem_info1"], "N/A")
        self.assertEqual(daemon.ask("signal", name="web", signum="KILL", pid=pid, childpid=1)["status"], "error")
        daemon.call("quit", waiting=True)

    def test_stop_children_ends_the_group_of_a_process_that_has_no_cgroup(self):
        self.check_stop(ORDINARY).call("quit", waiting=True)

    def test_a_group_that_ignores_the_stop_signal_is_killed(self):
        daemon = self.check_stop(ORDINARY, ["--ignore", "TERM"])
        reap = daemon.wait_for("watcher.tree.reap")
        self.assertEqual(reap.data["exit_code"], -signal.SIGKILL)
        daemon.call("quit", waiting=True)

    def test_stop_children_ends_the_cgroup_where_there_is_one(self):
        self.check_stop(NAMESPACE).call("quit", waiting=True)


if __name__ == "__main__":
    main()
