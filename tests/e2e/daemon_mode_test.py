"""The keeper's side: --daemon, the pid file, deaths of keeper and arbiter, life as PID 1."""
import os
import pathlib
import signal
import subprocess

from troupe_harness import (NOBODY, PATIENCE, TROUPED, Client, TroupeTest, alive, child, children_of, handles,
                            main, need_root, process_state, until)


class Background(TroupeTest):
    """`--daemon` leaves the harness's process behind at once: what it started is stopped over the wire."""

    def background(self, config=None, **options):
        pidfile = self.path("pid")
        daemon = self.daemon(config or {"watcher:web": {"cmd": child()}},
                             arguments=["--daemon", "--pidfile", str(pidfile)], ready=False, **options)
        code = daemon.wait_exit()
        return daemon, code, pidfile

    def end(self, daemon, keeper):
        daemon.call("quit", waiting=True)
        until(lambda: not alive(keeper), "the keeper gone")

    def test_it_returns_0_only_when_the_daemon_answers_and_the_pid_file_has_the_keepers_pid(self):
        daemon, code, pidfile = self.background()
        self.assertEqual(code, 0, daemon.log())
        client = Client(daemon.endpoint)
        self.assertEqual(client.call("numwatchers", timeout=PATIENCE)["numwatchers"], 1)
        client.close()
        keeper = int(pidfile.read_text())
        self.assertEqual(pidfile.read_text(), f"{keeper}\n")
        self.assertEqual(os.readlink(f"/proc/{keeper}/exe"), os.path.realpath(TROUPED))
        daemon.client = Client(daemon.endpoint)
        worker = until(lambda: daemon.pids("web"), "the worker")[0]
        self.assertEqual(int(pathlib.Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1]), keeper)
        self.assertNotEqual(os.getsid(keeper), os.getsid(0))
        self.end(daemon, keeper)
        self.assertFalse(pidfile.exists(), "an orderly end takes the pid file away")

    def test_it_returns_1_with_the_message_when_the_daemon_does_not_come_up(self):
        first = self.daemon({"watcher:a": {"cmd": child()}})
        daemon, code, pidfile = self.background({"troupe": {"run_dir": first.run_dir}, "watcher:b": {"cmd": child()}},
                                                follow=False, expect_exit=1)
        self.assertEqual(code, 1)
        self.assertIn(first.endpoint, daemon.log())
        self.assertFalse(pidfile.exists(), "the failure is reported when the pid file is gone")

    def test_in_the_background_standard_input_and_output_are_dev_null_and_errors_are_kept(self):
        daemon, code, pidfile = self.background()
        self.assertEqual(code, 0, daemon.log())
        daemon.client = Client(daemon.endpoint)
        daemon.keeper = int(pidfile.read_text())
        daemon.wait_active("web")
        for pid in (daemon.keeper, daemon.arbiter(), daemon.pids("web")[0]):
            self.assertEqual([os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)],
                             ["/dev/null", "/dev/null", str(daemon.run_dir / "trouped.log")])
        self.assertIn("web started", (daemon.run_dir / "trouped.log").read_text())
        arbiter = daemon.arbiter()
        os.kill(arbiter, signal.SIGKILL)
        until(lambda: not alive(daemon.keeper), "the keeper gone")
        self.assertIn(f"the arbiter (pid {arbiter}) was killed by signal 9", (daemon.run_dir / "trouped.log").read_text())

    def test_in_the_background_errors_go_to_the_file_of_the_log(self):
        log = self.path("the.log")
        daemon, code, pidfile = self.background(
            {"troupe": {"logoutput": log}, "watcher:web": {"cmd": child("--errors", 1)}})
        self.assertEqual(code, 0, daemon.log())
        daemon.client = Client(daemon.endpoint)
        daemon.keeper = int(pidfile.read_text())
        daemon.wait_active("web")
        for pid in (daemon.keeper, daemon.arbiter(), daemon.pids("web")[0]):
            self.assertEqual(os.readlink(f"/proc/{pid}/fd/2"), str(log))
        self.assertFalse((daemon.run_dir / "trouped.log").exists())
        self.end(daemon, daemon.keeper)

    def test_in_the_background_nothing_stays_open_that_the_starter_had_open(self):
        read, write = os.pipe()
        with open(self.path("held"), "w", encoding="utf-8") as held:
            pidfile = self.path("pid")
            daemon = self.daemon({"watcher:web": {"cmd": child()}}, arguments=["--daemon", "--pidfile", str(pidfile)],
                                 ready=False, inherited=(held.fileno(), write))
            os.close(write)
            self.assertEqual(daemon.wait_exit(), 0, daemon.log())
        daemon.client = Client(daemon.endpoint)
        daemon.keeper = int(pidfile.read_text())
        daemon.wait_active("web")
        self.assertEqual(os.read(read, 1), b"", "nobody holds the pipe any more")
        os.close(read)
        for pid in (daemon.keeper, daemon.arbiter(), daemon.pids("web")[0]):
            names = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")]
            self.assertNotIn(str(self.path("held")), names)
        self.end(daemon, daemon.keeper)

    def test_a_pid_file_of_a_living_daemon_is_not_taken_over(self):
        other = self.daemon({"watcher:web": {"cmd": child()}})
        self.path("pid").write_text(f"{other.keeper}\n")
        _, code, pidfile = self.background(follow=False, expect_exit=1)
        self.assertEqual(code, 1)
        self.assertIn(str(other.keeper), self.daemons[1].log())
        self.assertEqual(pidfile.read_text(), f"{other.keeper}\n")

    def test_a_pid_file_with_the_number_of_a_program_that_is_no_daemon_is_in_nobodys_way(self):
        self.path("pid").write_text(f"{os.getpid()}\n")
        daemon, code, pidfile = self.background()
        self.assertEqual(code, 0, daemon.log())
        daemon.client = Client(daemon.endpoint)
        self.end(daemon, int(pidfile.read_text()))

    def test_a_file_that_is_no_pid_file_is_left_as_it_is(self):
        self.path("pid").write_text("[troupe]\n")
        daemon, code, pidfile = self.background(follow=False, expect_exit=1)
        self.assertEqual(code, 1)
        self.assertIn("holds something else than a pid", daemon.log())
        self.assertEqual(pidfile.read_text(), "[troupe]\n")

    def test_a_pid_file_of_a_dead_process_is_overwritten(self):
        gone = subprocess.Popen(["/bin/true"])
        gone.wait()
        self.path("pid").write_text(f"{gone.pid}\n")
        daemon, code, pidfile = self.background()
        self.assertEqual(code, 0, daemon.log())
        daemon.client = Client(daemon.endpoint)
        self.end(daemon, int(pidfile.read_text()))

    def test_the_pid_file_works_in_the_foreground_too(self):
        pidfile = self.path("pid")
        daemon = self.daemon({"watcher:web": {"cmd": child()}}, arguments=["--pidfile", str(pidfile)])
        self.assertEqual(pidfile.read_text(), f"{daemon.keeper}\n")

    def test_a_pid_file_that_cannot_be_written_is_exit_1(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}}, arguments=["--pidfile", "/no/such/folder/pid"],
                             ready=False, follow=False, expect_exit=1)
        self.assertEqual(daemon.wait_exit(), 1)
        self.assertIn("/no/such/folder/pid", daemon.log())


class CommandLine(TroupeTest):
    def run_it(self, *arguments):
        return subprocess.run([TROUPED, *arguments], capture_output=True, text=True, timeout=60, cwd=self.folder,
                              check=False)

    def test_version_and_help_are_exit_0(self):
        version = self.run_it("--version")
        self.assertEqual(version.returncode, 0)
        self.assertRegex(version.stdout, r"\d+\.\d+\.\d+")
        shown = self.run_it("--help")
        self.assertEqual(shown.returncode, 0)
        for option in ("--check", "--daemon", "--pidfile", "--log-level", "--log-output", "--name", "--version"):
            self.assertIn(option, shown.stdout)

    def test_it_starts_with_standard_descriptors_that_are_closed(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}},
                             wrapper=["/bin/sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-'])
        daemon.wait_active("web")
        for pid in (daemon.keeper, daemon.arbiter(), daemon.pids("web")[0]):
            self.assertEqual([os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)], ["/dev/null"] * 3)

    def test_a_name_is_a_sub_folder_also_of_the_run_dir_of_the_file(self):
        file = self.path("a.ini")
        file.write_text("[troupe]\nrun_dir = /run/here\n[watcher:web]\ncmd = x\n")
        done = self.run_it("--check", "--dump", "--name", "two", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"ipc:///run/here/two/control"', done.stdout)
        file.write_text("[troupe]\nendpoint = ipc:///run/here/control\n[watcher:web]\ncmd = x\n")
        done = self.run_it("--check", "--name", "two", file)
        self.assertIn(f"{file}:2: warning: endpoint is set here: --name two does not change it", done.stderr)

    def test_a_tilde_is_refused_before_it_makes_a_folder_of_that_name(self):
        file = self.path("a.ini")
        for key, value in (("run_dir", "~/x"), ("logoutput", "~/x.log"), ("pidfile", "~joe/pid"),
                           ("endpoint", "ipc://~/control")):
            file.write_text(f"[troupe]\n{key} = {value}\n[watcher:web]\ncmd = x\n")
            done = self.run_it(file)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{file}:2: error: {key}: '{value}': ~ is not replaced; write $(troupe.env.HOME)", done.stderr)

    def test_wrong_usage_is_exit_2(self):
        self.assertEqual(self.run_it("--frobnicate").returncode, 2)
        self.assertEqual(self.run_it("--log-level", "loud", "x.ini").returncode, 2)

    def test_a_missing_file_is_exit_1_and_named(self):
        done = self.run_it("nofile.ini")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nofile.ini", done.stderr)

    def test_log_output_goes_to_the_file(self):
        log = self.path("the.log")
        daemon = self.daemon({"watcher:web": {"cmd": child()}}, arguments=["--log-output", str(log)])
        daemon.wait_active("web")
        self.assertIn("Arbiter now waiting for commands", log.read_text())
        self.assertEqual(daemon.log(), "")


class Deaths(TroupeTest):
    def test_when_the_arbiter_is_killed_everything_is_taken_down_in_order_and_the_keeper_exits_1(self):
        terms = self.path("terms")
        daemon = self.daemon({"watcher:web": {"cmd": child("--count", "TERM", terms, "--on-term", 100),
                                              "numprocesses": 3},
                              "watcher:deaf": {"cmd": child("--ignore", "TERM"), "graceful_timeout": 1}},
                             expect_exit=1)
        daemon.wait_count("watcher.*.spawn", 4)
        workers = daemon.pids("web") + daemon.pids("deaf")
        until(lambda: all(handles(pid, signal.SIGTERM) for pid in daemon.pids("web")), "the handlers in place")
        os.kill(daemon.arbiter(), signal.SIGKILL)
        self.assertEqual(daemon.wait_exit(), 1)
        self.assertFalse(any(alive(pid) for pid in workers))
        self.assertIn("arbiter", daemon.log())

    def test_when_the_keeper_is_killed_nothing_is_left(self):
        daemon = self.daemon({"watcher:web": {"cmd": child(), "numprocesses": 3},
                              "watcher:deaf": {"cmd": child("--ignore", "TERM"), "graceful_timeout": 1}},
                             expect_exit=-signal.SIGKILL)
        daemon.wait_count("watcher.*.spawn", 4)
        workers, arbiter = daemon.pids("web") + daemon.pids("deaf"), daemon.arbiter()
        mark = daemon.last_seq()
        daemon.process.kill()
        daemon.wait_exit()
        until(lambda: not any(alive(pid) for pid in workers), "the workers gone")
        until(lambda: not alive(arbiter), "the arbiter gone")
        daemon.wait_for("arbiter.stopping", after=mark)
        reaps = daemon.heard("watcher.*.reap", after=mark)
        self.assertEqual({e.data["process_pid"] for e in reaps}, set(workers))
        self.assertEqual({e.data["exit_code"] for e in reaps}, {None}, "no status is made up")
        self.assertEqual(daemon.heard("watcher.*.spawn*", after=mark), [], "and nothing is started again")

    def kill_both(self, daemon):
        """So that neither can do anything about the other's end."""
        arbiter = daemon.arbiter()
        os.kill(daemon.keeper, signal.SIGSTOP)
        os.kill(arbiter, signal.SIGSTOP)
        os.kill(daemon.keeper, signal.SIGKILL)
        os.kill(arbiter, signal.SIGKILL)
        daemon.wait_exit()
        until(lambda: not alive(arbiter), "the arbiter gone")

    def check_leftovers_are_ended(self, user=None):
        pids, stamp = self.path("pids"), self.path("stamp")
        config = {"watcher:web": {"cmd": child()},
                  "watcher:deaf": {"cmd": child("--ignore", "TERM", "--stamp", stamp, "--plain", pids,
                                                "--daemon", pids), "graceful_timeout": 1}}
        first = self.daemon(config, expect_exit=-signal.SIGKILL, user=user)
        first.wait_count("watcher.*.spawn", 2)
        self.lines(stamp, 1)
        below = [int(line) for line in self.lines(pids, 2)]
        deaf = first.pids("deaf")
        self.kill_both(first)
        left = [pid for pid in deaf + below if alive(pid)]
        self.assertIn(deaf[0], left)
        second = self.daemon({**config, "troupe": {"run_dir": first.run_dir}}, ready=False, follow=False, user=user)
        second.endpoint = first.endpoint
        second.wait_ready()
        second.wait_active("deaf")
        self.assertEqual([pid for pid in left if alive(pid)], [])
        self.assertRegex(second.log(), f"what it had started still runs; it is ended: pid .*{deaf[0]}")
        second.call("quit", waiting=True)
        self.assertEqual(second.wait_exit(), 0)
        third = self.daemon({**config, "troupe": {"run_dir": first.run_dir}}, ready=False, follow=False, user=user)
        third.endpoint = first.endpoint
        third.wait_ready()
        self.assertNotIn("an earlier daemon", third.log())

    def test_what_outlived_keeper_and_arbiter_is_ended_by_the_next_daemon(self):
        self.check_leftovers_are_ended()

    @need_root
    def test_what_outlived_them_is_found_without_cgroups(self):
        self.check_leftovers_are_ended(user=NOBODY)

    def test_a_stopped_arbiter_still_gets_every_exit_when_it_goes_on(self):
        daemon = self.daemon({"watcher:web": {"cmd": child(), "numprocesses": 150}})
        daemon.wait_count("watcher.web.spawn", 150)
        workers = daemon.pids("web")
        arbiter, mark = daemon.arbiter(), daemon.last_seq()
        os.kill(arbiter, signal.SIGSTOP)
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not any(alive(pid) for pid in workers), "all dead")
        os.kill(arbiter, signal.SIGCONT)
        reaps = daemon.wait_count("watcher.web.reap", 150, after=mark)
        self.assertEqual(sorted(e.data["process_pid"] for e in reaps), sorted(workers))
        daemon.wait_count("watcher.web.spawn", 150, after=mark)

    def test_an_orphan_of_a_worker_is_reaped_by_the_keeper(self):
        pids = self.path("pids")
        daemon = self.daemon({"watcher:web": {"cmd": child("--daemon", pids)}})
        orphan = int(self.lines(pids, 1)[0])
        self.assertIn(orphan, children_of(daemon.keeper))
        mark = daemon.last_seq()
        os.kill(orphan, signal.SIGKILL)
        until(lambda: process_state(orphan) is None, "the orphan reaped")
        self.assertEqual(daemon.seen("watcher.web.reap", after=mark), [])


@need_root
class FirstProcess(TroupeTest):
    """In a pid namespace of its own, as in a container."""

    def first(self, **watchers):
        probe = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "/bin/true"], check=False,
                               capture_output=True)
        if probe.returncode != 0:
            self.skipTest("no pid namespaces here")
        # Without --kill-child: the harness stops what unshare started, by its pid.
        daemon = self.daemon(watchers, wrapper=["unshare", "--pid", "--fork", "--mount-proc"])
        keeper = until(lambda: children_of(daemon.process.pid), "the keeper")[0]
        self.addCleanup(kill_quietly, keeper)
        return daemon, keeper

    def test_it_reaps_orphans_and_ends_with_0_after_an_ordered_stop(self):
        pids = self.path("pids")
        daemon, keeper = self.first(**{"watcher:web": {"cmd": child("--daemon", pids)}})
        self.lines(pids, 1)
        self.assertEqual(int(pathlib.Path(f"/proc/{keeper}/status").read_text().split("NSpid:")[1].split()[1]), 1)
        orphan = next(pid for pid in children_of(keeper) if "--daemon" in cmdline(pid) and not leads_session(pid))
        os.kill(orphan, signal.SIGKILL)
        until(lambda: process_state(orphan) is None, "the orphan reaped")
        self.assertEqual(daemon.call("quit", waiting=True)["status"], "ok")
        self.assertEqual(daemon.wait_exit(), 0)

    def test_it_passes_sigterm_on(self):
        daemon, keeper = self.first(**{"watcher:web": {"cmd": child()}})
        daemon.wait_active("web")
        os.kill(keeper, signal.SIGTERM)
        self.assertEqual(daemon.wait_exit(), 0)
        daemon.wait_for("arbiter.stopping")


def cmdline(pid):
    return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")


def leads_session(pid):
    return os.getsid(pid) == pid


def kill_quietly(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    main()
