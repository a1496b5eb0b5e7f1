"""What a worker finds: its command line, environment, folder, ids, limits, descriptors and signals."""
from troupe_harness import CHILD, NOBODY, TroupeTest, child, main, need_root, until


class Spawning(TroupeTest):
    def spawn(self, cmd=None, **options):
        """Runs one worker with these options; what it reports about itself."""
        report = self.path("report")
        self.d = self.daemon({"watcher:web": {"cmd": cmd or child("--report", report), **options}})
        return self.report(report)

    def test_the_environment_is_only_what_the_file_says(self):
        env = self.spawn()["env"]
        self.assertEqual(env.pop("TROUPE_TEST"), str(self.folder))
        self.assertEqual({key for key in env if not key.startswith("TROUPE_")}, set())

    def test_copy_env_brings_the_daemons_environment_and_the_file_wins(self):
        report = self.path("report")
        self.daemon({"env": {"BOTH": "file"}, "watcher:web": {"cmd": child("--report", report), "copy_env": True}},
                    environment={"MINE": "kept", "BOTH": "lost"})
        env = self.report(report)["env"]
        self.assertEqual((env["MINE"], env["BOTH"]), ("kept", "file"))

    def test_env_sections_go_by_pattern_and_dollar_names_come_from_the_daemon(self):
        report = self.path("report")
        self.daemon({"env": {"A": "all", "B": "all", "C": "$MINE"}, "env:w*,x*": {"B": "some"},
                     "env:other*": {"B": "no"}, "watcher:web": {"cmd": child("--report", report)}}, environment={"MINE": "from outside"})
        env = self.report(report)["env"]
        self.assertEqual((env["A"], env["B"], env["C"]), ("all", "some", "from outside"))

    def test_words_are_split_as_a_shell_would_and_variables_filled_in(self):
        report = self.path("report")
        argv = self.spawn(cmd=f"{CHILD} --report {report} --marker 'two words' --marker \"a\\\"b\"",
                          args="--marker wid-$(circus.wid) --marker ((circus.env.GREETING))",)["argv"]
        self.assertEqual(argv[3:], ["--marker", "two words", "--marker", 'a"b', "--marker", "wid-1", "--marker",
                                    "((circus.env.GREETING))"])

    def test_a_command_line_of_64_kib_comes_through_whole(self):
        report = self.path("report")
        long = "x;" * 32768
        argv = self.spawn(cmd=f"{CHILD} --report {report} --marker '{long}'")["argv"]
        self.assertEqual(argv[4], long)

    def test_the_working_folder_and_the_umask_are_set(self):
        inner = self.path("inner")
        inner.mkdir()
        found = self.spawn(working_dir=inner, umask="027")
        self.assertEqual((found["cwd"], found["umask"]), (str(inner), 0o027))

    def test_every_worker_leads_its_own_session(self):
        found = self.spawn()
        self.assertEqual(found["sid"], found["pid"])
        self.assertEqual(found["pgid"], found["pid"])

    def test_every_worker_is_a_child_of_the_keeper(self):
        self.assertEqual(self.spawn()["ppid"], self.d.keeper)

    def test_limits_are_set_soft_and_hard(self):
        limits = self.spawn(rlimit_nofile=100, rlimit_core=0)["limits"]
        self.assertEqual((limits["nofile"], limits["core"]), ([100, 100], [0, 0]))

    def test_the_descriptor_limit_that_the_daemon_raised_for_itself_is_not_passed_on(self):
        report = self.path("report")
        self.daemon({"watcher:web": {"cmd": child("--report", report)}}, wrapper=["prlimit", "--nofile=1000:4000"])
        self.assertEqual(self.report(report)["limits"]["nofile"], [1000, 4000])

    def test_no_descriptor_but_the_three_standard_ones_is_passed_on(self):
        fds = self.spawn()["fds"]
        self.assertEqual(set(fds), {"0", "1", "2"})
        self.assertEqual(fds["0"], "/dev/null")
        self.assertEqual(fds["1"], str(self.d.log_path))

    def test_close_child_puts_null_in_place_of_the_output(self):
        fds = self.spawn(close_child_stdout=True, close_child_stderr=True)["fds"]
        self.assertEqual((fds["1"], fds["2"]), ("/dev/null", "/dev/null"))

    def test_no_signal_is_blocked_or_ignored(self):
        found = self.spawn()
        self.assertEqual((found["blocked"], found["ignored"]), ([], []))

    @need_root
    def test_uid_alone_sets_group_and_groups_of_that_user_too(self):
        self.folder.chmod(0o1777)
        report = self.path("report")
        program = self.copy_for_all(CHILD)
        self.daemon({"watcher:web": {"cmd": child("--report", report, program=program), "uid": "nobody"}})
        found = self.report(report)
        self.assertEqual([found[key] for key in ("uid", "euid", "gid", "egid")], [NOBODY] * 4)
        self.assertLessEqual(set(found["groups"]), {NOBODY})

    @need_root
    def test_uid_and_gid_may_be_numbers(self):
        self.folder.chmod(0o1777)
        report = self.path("report")
        program = self.copy_for_all(CHILD)
        self.daemon({"watcher:web": {"cmd": child("--report", report, program=program), "uid": 1234, "gid": 4321}})
        found = self.report(report)
        self.assertEqual((found["uid"], found["gid"]), (1234, 4321))

    @need_root
    def test_a_uid_that_nobody_has_keeps_the_group_of_root_and_is_warned_of_once(self):
        self.folder.chmod(0o1777)
        report = self.path("report")
        program = self.copy_for_all(CHILD)
        daemon = self.daemon({"watcher:web": {"cmd": child("--report", report, program=program), "uid": 54321}})
        found = self.report(report)
        self.assertEqual((found["uid"], found["gid"]), (54321, 0))
        daemon.call("restart", name="web", waiting=True)
        warnings = [line for line in daemon.log().splitlines() if "[WARNING]" in line and "54321" in line]
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn("web: there is no user with uid 54321", warnings[0])
        self.assertIn("set gid", warnings[0])

    def test_a_program_without_a_slash_is_looked_for_in_the_path_of_the_child(self):
        link = self.path("bin")
        link.mkdir()
        (link / "my-worker").symlink_to(CHILD)
        report = self.path("report")
        self.daemon({"env": {"PATH": link}, "watcher:web": {"cmd": f"my-worker --report {report}"}})
        self.assertEqual(self.report(report)["argv"][0], "my-worker")

    def test_a_worker_that_prints_lines_prints_them_where_the_daemon_does(self):
        daemon = self.daemon({"watcher:web": {"cmd": child("--lines", 3), "respawn": False}})
        daemon.wait_for("watcher.web.spawn")
        lines = ["line 1", "line 2", "line 3"]
        until(lambda: [line for line in daemon.log().splitlines() if line in lines] == lines, f"{lines} in the log")

    def test_start_order_is_by_priority_then_name(self):
        daemon = self.daemon({"watcher:a": {"cmd": child()}, "watcher:b": {"cmd": child(), "priority": 5},
                              "watcher:c": {"cmd": child(), "priority": 9}})
        daemon.wait_active("a", "b", "c")
        spawns = sorted(daemon.seen("watcher.*.spawn"), key=lambda e: e.data["time"])  # the moment before each
        order = [e.topic.split(".")[1] for e in spawns]
        self.assertEqual(order, ["c", "b", "a"])

    def test_warmup_delay_keeps_processes_apart(self):
        daemon = self.daemon({"watcher:web": {"cmd": child(), "numprocesses": 3, "warmup_delay": 1}})
        times = [e.data["time"] for e in daemon.wait_count("watcher.web.spawn", 3)]
        self.assertTrue(all(later - earlier >= 0.9 for earlier, later in zip(times, times[1:])), times)


if __name__ == "__main__":
    main()
