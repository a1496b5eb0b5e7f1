"""Programs that cannot be started: said with stage and reason, tried again with growing pauses, harmless to the
rest (Must show 5)."""
import time

from troupe_harness import CHILD, SANITIZED, TroupeTest, child, main, need_root, until


class SpawnErrors(TroupeTest):
    def failed(self, root="troupe", **options):
        """A daemon with a good watcher and one that fails; the entry of the latter in `status`."""
        bad = {"cmd": child(), "max_retry": -1, **options}
        daemon = self.daemon({"watcher:bad": bad, "watcher:good": {"cmd": child()}}, root=root)
        until(lambda: daemon.detail("bad").get("error"), "the error in status")
        return daemon, daemon.detail("bad")

    def test_a_missing_program_is_named_with_stage_and_reason_and_the_good_one_runs(self):
        daemon, detail = self.failed(cmd="/usr/bin/no-such-program")
        until(lambda: len(daemon.pids("good")) == 1, "the good one runs")
        self.assertEqual(daemon.pids("bad"), [])
        error = detail["error"]
        self.assertEqual((error["stage"], error["errno"]), ("exec", 2))
        self.assertIn("exec /usr/bin/no-such-program: No such file or directory", error["text"])
        self.assertGreater(error["at"], 0)
        self.assertIn("error in 'bad': [Errno 2] No such file or directory: '/usr/bin/no-such-program' (exec", daemon.log())
        self.assertEqual(detail["running"], 0)
        self.assertIsNotNone(detail["next_try"])

    def test_the_failure_stands_in_the_event_stream(self):
        daemon, _ = self.failed(cmd="/usr/bin/no-such-program")
        texts = [str(e.data) for e in daemon.seen("watcher.bad.*")]
        self.assertTrue(any("No such file or directory" in text for text in texts), texts)
        self.assertEqual(daemon.seen("watcher.bad.spawn"), [])
        self.assertEqual(daemon.seen("watcher.bad.reap"), [], "a process that never ran has no reap")

    def test_a_program_without_a_slash_that_is_nowhere_in_the_path(self):
        _, detail = self.failed(cmd="no-such-program")
        self.assertEqual((detail["error"]["stage"], detail["error"]["errno"]), ("exec", 2))

    def test_a_file_that_may_not_be_executed(self):
        self.path("plain").write_text("not a program")
        _, detail = self.failed(cmd=self.path("plain"))
        self.assertEqual((detail["error"]["stage"], detail["error"]["errno"]), ("exec", 13))

    def test_a_missing_working_folder(self):
        _, detail = self.failed(working_dir="/no/such/folder")
        self.assertEqual((detail["error"]["stage"], detail["error"]["errno"]), ("chdir", 2))
        self.assertIn("/no/such/folder: No such file or directory", detail["error"]["text"])

    def test_a_user_that_does_not_exist(self):
        """Under [troupe] the daemon would not start."""
        _, detail = self.failed(root="circus", uid="no-such-user")
        self.assertIn("no-such-user", detail["error"]["text"])

    @need_root
    def test_a_user_that_may_not_be_taken(self):
        """Without the capability even root may not change its uid."""
        daemon = self.daemon({"watcher:bad": {"cmd": child(), "uid": "nobody", "max_retry": -1}},
                             wrapper=["setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid"])
        detail = until(lambda: daemon.detail("bad").get("error") and daemon.detail("bad"), "the error in status")
        self.assertEqual(detail["error"]["errno"], 1, detail)
        self.assertIn("Operation not permitted", detail["error"]["text"])
        self.assertIn("CAP_SETUID", detail["error"]["text"])

    def test_the_tries_come_with_growing_pauses(self):
        daemon, _ = self.failed(cmd="/usr/bin/no-such-program")
        failures = lambda: [e.data["time"] for e in daemon.seen("watcher.bad.*") if "No such file" in str(e.data)]
        until(lambda: len(failures()) >= 5, "five tries")
        times = failures()
        pauses = [later - earlier for earlier, later in zip(times, times[1:])]
        for nth, pause in enumerate(pauses[:4]):
            self.assertGreaterEqual(pause, 0.08 * 2**nth, pauses)
        for shorter, longer in zip(pauses, pauses[1:]):
            self.assertGreater(longer, shorter, pauses)

    def test_commands_are_answered_at_once_meanwhile(self):
        daemon, _ = self.failed(cmd="/usr/bin/no-such-program")
        times = []
        end = time.monotonic() + 1
        while time.monotonic() < end:
            begin = time.monotonic()
            daemon.call("numwatchers")
            times.append(time.monotonic() - begin)
        times.sort()
        if not SANITIZED:
            self.assertLess(times[len(times) // 2], 0.005)

    def test_after_max_retry_tries_the_watcher_is_stopped_and_says_why(self):
        daemon = self.daemon({"watcher:bad": {"cmd": "/usr/bin/no-such-program", "max_retry": 3}})
        daemon.wait_for("watcher.bad.stop")
        tries = [e for e in daemon.seen("watcher.bad.*") if "No such file" in str(e.data)]
        self.assertEqual(len(tries), 3)
        detail = daemon.detail("bad")
        self.assertEqual(daemon.call("status", name="bad")["status"], "stopped")
        self.assertIn("No such file or directory", detail["error"]["text"])

    def test_it_runs_as_soon_as_the_program_is_there(self):
        program = self.path("later")
        daemon, _ = self.failed(cmd=program)
        program.symlink_to(CHILD)
        daemon.wait_for("watcher.bad.spawn")
        until(lambda: not daemon.detail("bad").get("error"), "the error gone from status")

    def test_a_stop_ends_the_tries(self):
        daemon, _ = self.failed(cmd="/usr/bin/no-such-program")
        daemon.call("stop", name="bad", waiting=True)
        self.assertEqual(daemon.call("status", name="bad")["status"], "stopped")
        mark = daemon.last_seq()
        daemon.call("stop", name="good", waiting=True)
        daemon.call("start", name="good", waiting=True)
        self.assertEqual([e for e in daemon.seen("watcher.bad.*", after=mark)], [])

    def test_a_bad_quote_in_cmd_is_an_error_of_the_file(self):
        daemon = self.daemon({"watcher:bad": {"cmd": "/bin/echo 'open"}}, ready=False, follow=False, expect_exit=1)
        self.assertEqual(daemon.wait_exit(), 1)
        self.assertIn(f"{daemon.file}:", daemon.log())


if __name__ == "__main__":
    main()
