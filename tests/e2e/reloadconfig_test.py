"""reloadconfig: only what changed in the files is touched, and a broken file changes nothing."""
import signal

from troupe_harness import CTL_ERROR, TroupeTest, child, ignores, main, until


class ReloadConfig(TroupeTest):
    def start(self, sections, **options):
        self.d = self.daemon(sections, **options)
        for name in sections:
            if name.startswith("watcher:"):
                self.d.wait_active(name.partition(":")[2])
        return self.d

    def rewrite(self, sections, root="troupe"):
        self.d.file.write_text(self.d.complete(sections, root))

    def reload(self, **properties):
        return self.d.call("reloadconfig", waiting=True, **properties)["info"]

    def all_pids(self):
        return {name: self.d.pids(name) for name in self.d.call("list")["watchers"]}

    def test_one_of_a_hundred_watchers_changed_and_99_keep_their_pids(self):
        sections = {f"watcher:w{i:02}": {"cmd": child()} for i in range(100)}
        self.start(sections)
        before = self.all_pids()
        sections["watcher:w42"] = {"cmd": child("--marker", "new")}
        self.rewrite(sections)
        done = self.reload()
        self.assertEqual(done["watchers"], {"added": [], "removed": [], "resized": [], "changed": {"w42": ["cmd"]}})
        after = self.all_pids()
        self.assertEqual([name for name in before if before[name] != after[name]], ["w42"])
        self.assertEqual(len(after["w42"]), 1)

    def test_a_broken_file_changes_nothing_and_the_error_names_file_and_line_of_all_errors(self):
        d = self.start({"watcher:web": {"cmd": child()}})
        before, mark = self.all_pids(), d.last_seq()
        good = d.file.read_text()
        d.file.write_text(good + "[watcher:bad]\nnumprocesses = many\n[watcher:new]\ncmd = x\npriorty = 1\nuid\n")
        lines = d.file.read_text().splitlines()
        reply = d.ask("reloadconfig")
        self.assertEqual((reply["status"], reply["errno"]), ("error", 5), reply)
        for text in ("numprocesses = many", "uid"):
            self.assertIn(f"{d.file}:{lines.index(text) + 1}: error:", reply["reason"])
        code, shown = d.ctl("reloadconfig", "--waiting")
        self.assertEqual((code, shown["errno"]), (CTL_ERROR, 5))
        d.file.unlink()
        self.assertIn(str(d.file), d.ask("reloadconfig", waiting=True)["reason"])
        self.assertEqual(self.all_pids(), before)
        self.assertEqual(d.seen("watcher.*", after=mark), [])

    def test_watchers_come_and_go_also_those_made_by_add(self):
        d = self.start({"watcher:old": {"cmd": child()}, "watcher:web": {"cmd": child()}})
        d.call("add", name="extra", cmd=child(), start=True, waiting=True)
        kept = d.pids("web")
        self.rewrite({"watcher:web": {"cmd": child()}, "watcher:new": {"cmd": child(), "numprocesses": 2},
                      "watcher:idle": {"cmd": child(), "autostart": False}})
        done = self.reload()
        self.assertEqual(done["watchers"],
                         {"added": ["idle", "new"], "removed": ["extra", "old"], "resized": [], "changed": {}})
        self.assertEqual(d.call("list")["watchers"], ["idle", "new", "web"])
        self.assertEqual((d.pids("web"), len(d.pids("new")), d.pids("idle")), (kept, 2, []))

    def test_another_number_of_processes_is_adjusted_in_place(self):
        d = self.start({"watcher:web": {"cmd": child(), "numprocesses": 3}})
        before = d.pids("web")
        for number in (5, 2):
            self.rewrite({"watcher:web": {"cmd": child(), "numprocesses": number}})
            self.assertEqual(self.reload()["watchers"]["resized"], ["web"])
            after = d.pids("web")
            self.assertEqual(len(after), number)
            self.assertTrue(set(before) <= set(after) or set(after) <= set(before), (before, after))
            before = after

    def test_options_that_set_can_change_cost_no_process_and_variables_cost_those_of_their_watchers(self):
        watchers = {"watcher:a": {"cmd": child()}, "watcher:b": {"cmd": child()}}
        d = self.start({**watchers, "env:b": {"COLOUR": "red"}})
        before = self.all_pids()
        self.rewrite({"watcher:a": {"cmd": child(), "graceful_timeout": 3}, "watcher:b": watchers["watcher:b"],
                      "env:b": {"COLOUR": "blue"}})
        done = self.reload()
        self.assertEqual(done["watchers"]["changed"], {"a": ["graceful_timeout"], "b": ["env.COLOUR"]})
        after = self.all_pids()
        self.assertEqual(after["a"], before["a"])
        self.assertNotEqual(after["b"], before["b"])
        self.assertEqual(d.call("get", name="a", keys=["graceful_timeout"])["options"], {"graceful_timeout": 3.0})
        self.assertEqual(d.call("get", name="b", keys=["env"])["options"]["env"]["COLOUR"], "blue")

    def test_new_watchers_start_by_priority(self):
        d = self.start({"watcher:web": {"cmd": child()}})
        mark = d.last_seq()
        self.rewrite({"watcher:web": {"cmd": child()}, "watcher:a": {"cmd": child(), "priority": 1},
                      "watcher:b": {"cmd": child(), "priority": 5}, "watcher:c": {"cmd": child(), "priority": 3}})
        self.reload()
        started = sorted(d.seen("watcher.*.spawn", after=mark), key=lambda e: e.data["time"])  # before the clone
        self.assertEqual([e.topic for e in started],
                         [f"watcher.{name}.spawn" for name in "bca"])

    def test_a_dry_run_shows_the_plan_and_changes_nothing(self):
        d = self.start({"watcher:web": {"cmd": child()}})
        before, mark = self.all_pids(), d.last_seq()
        self.rewrite({"watcher:web": {"cmd": child("--marker", "x")}, "watcher:new": {"cmd": child()}})
        code, shown = d.ctl("reloadconfig", "--dry-run")
        self.assertEqual(code, 0)
        self.assertEqual(shown["info"]["watchers"],
                         {"added": ["new"], "removed": [], "resized": [], "changed": {"web": ["cmd"]}})
        text = d.ctl_text("reloadconfig", "--dry-run").stdout
        self.assertEqual(text, "added    new\nchanged  web (cmd)\n")
        self.assertEqual((self.all_pids(), d.seen("watcher.*", after=mark)), (before, []))
        self.assertEqual(self.reload()["watchers"], shown["info"]["watchers"])
        self.assertEqual(d.ctl_text("reloadconfig", "--waiting").stdout, "ok, nothing changed\n")

    def test_root_options_that_need_a_new_start_are_told_and_all_else_is_done(self):
        d = self.start({"watcher:web": {"cmd": child()}}, root="circus")
        before = d.pids("web")
        new = {"circus": {"max_message": "9M"}, "watcher:web": {"cmd": child()}, "watcher:new": {"cmd": child()}}
        self.rewrite(new, root="circus")
        for added in (["new"], []):
            done = self.reload()
            self.assertEqual((done["restarts"], done["watchers"]["added"]), (["max_message"], added))
        self.assertEqual(d.pids("web"), before)
        self.assertEqual(len(d.pids("new")), 1)
        self.assertIn("max_message was '8M' when the daemon was started and is '9M'", d.log())

    def test_root_options_that_need_no_new_start_count_at_once(self):
        d = self.start({"watcher:web": {"cmd": child()}}, root="circus")
        new = {"circus": {"warmup_delay": 1, "check_delay": 7, "loglevel": "warning"}, "watcher:web": {"cmd": child()},
               "watcher:a": {"cmd": child()}, "watcher:b": {"cmd": child()}}
        self.rewrite(new, root="circus")
        done = self.reload()
        self.assertEqual((done["root"], done["restarts"]), (["check_delay", "loglevel", "warmup_delay"], []))
        self.assertEqual(d.call("globaloptions", option="check_delay")["options"], {"check_delay": 7.0})
        starts = [d.wait_for(f"watcher.{name}.start").data["time"] for name in "ab"]
        self.assertGreaterEqual(starts[1] - starts[0], 0.99)
        self.assertNotIn(" a started", d.log())

    def test_a_slow_stop_holds_up_the_answer_and_nobody_else(self):
        d = self.start({"watcher:slow": {"cmd": child("--ignore", "TERM"), "graceful_timeout": 2},
                        "watcher:web": {"cmd": child()}})
        until(lambda: all(ignores(pid, signal.SIGTERM) for pid in d.pids("slow")), "SIGTERM is ignored")
        self.rewrite({"watcher:web": {"cmd": child("--marker", "x")}})
        mark = d.last_seq()
        done = self.reload()
        self.assertEqual(done["watchers"]["removed"], ["slow"])
        events = [e.topic for e in d.seen("watcher.*", after=mark)]
        self.assertLess(events.index("watcher.web.spawn"), events.index("watcher.slow.stop"))


if __name__ == "__main__":
    main()
