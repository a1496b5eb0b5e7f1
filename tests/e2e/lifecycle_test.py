"""The everyday commands through troupectl, with Circus's words (Must show 2)."""
import signal

from troupe_harness import CTL_ERROR, TroupeTest, alive, child, handles, main, until

THREE = {
    "watcher:web": {"cmd": child(), "numprocesses": 2, "graceful_timeout": 5},
    "watcher:Worker": {"cmd": child("--marker", "worker"), "colour": "blue"},
    "watcher:idle": {"cmd": child(), "autostart": False},
}


class Lifecycle(TroupeTest):
    def setUp(self):
        super().setUp()
        self.d = self.daemon(THREE)
        self.d.wait_active("web", "worker")

    def ok(self, *words):
        code, reply = self.d.ctl(*words)
        self.assertEqual(code, 0, reply)
        return reply

    def test_status_tells_the_state_of_every_watcher_in_its_own_case(self):
        reply = self.ok("status")
        self.assertEqual(reply["statuses"], {"web": "active", "Worker": "active", "idle": "stopped"})
        details = reply["details"]
        self.assertEqual([details["web"][key] for key in ("state", "wanted", "running")], ["active", 2, 2])
        self.assertEqual([details["idle"][key] for key in ("state", "running")], ["stopped", 0])

    def test_status_of_one_watcher_is_its_state_and_its_exit_code_is_that_of_lsb(self):
        self.assertEqual(self.ok("status", "web")["status"], "active")
        code, reply = self.d.ctl("status", "idle")
        self.assertEqual(reply["status"], "stopped")
        self.assertEqual(code, 3)

    def test_list_gives_the_names_in_lower_case_and_the_pids_of_one(self):
        self.assertEqual(self.ok("list")["watchers"], ["idle", "web", "worker"])
        pids = self.ok("list", "web")["pids"]
        self.assertEqual(len(pids), 2)
        self.assertTrue(all(alive(pid) for pid in pids))

    def test_names_match_in_any_case(self):
        self.assertEqual(self.ok("list", "WORKER")["pids"], self.ok("list", "worker")["pids"])

    def test_numprocesses_and_numwatchers_count(self):
        self.assertEqual(self.ok("numwatchers")["numwatchers"], 3)
        self.assertEqual(self.ok("numprocesses")["numprocesses"], 3)
        reply = self.ok("numprocesses", "web")
        self.assertEqual((reply["numprocesses"], reply["watcher_name"]), (2, "web"))

    def test_stats_has_the_fields_of_circus_for_every_process(self):
        infos = self.ok("stats")["infos"]
        self.assertEqual(set(infos), {"web", "Worker", "idle"})
        for pid, info in infos["web"].items():
            self.assertEqual(int(pid), info["pid"])
            for key in ("mem_info1", "mem_info2", "cpu", "mem", "ctime", "username", "nice", "create_time", "age",
                        "cmdline", "children", "started", "wid"):
                self.assertIn(key, info)
            self.assertEqual(info["cmdline"], "child")
        self.assertEqual({info["wid"] for info in infos["web"].values()}, {1, 2})
        self.assertEqual(infos["idle"], {})

    def test_stats_of_one_process_and_of_one_that_is_not_there(self):
        pid = self.d.pids("web")[0]
        self.assertEqual(self.ok("stats", "web", pid)["info"]["pid"], pid)
        code, reply = self.d.ctl("stats", "web", 1)
        self.assertEqual(code, CTL_ERROR)
        self.assertEqual((reply["errno"], reply["reason"]), (3, "process 1 not found in 'web'"))

    def test_dstats_is_about_the_daemon_itself(self):
        info = self.ok("dstats")["info"]
        self.assertTrue(alive(info["pid"]))
        self.assertEqual(info["children"], [])

    def test_stop_ends_the_processes_and_start_brings_new_ones(self):
        before = self.d.pids("web")
        mark = self.d.last_seq()
        self.ok("stop", "web", "--waiting")
        self.assertFalse(any(alive(pid) for pid in before))
        self.assertEqual(self.d.call("status", name="web")["status"], "stopped")
        self.d.wait_for("watcher.web.stop", after=mark)
        topics = [e.topic.rpartition(".")[2] for e in self.d.seen("watcher.web.*", after=mark)]
        self.assertEqual(topics, ["kill", "kill", "reap", "reap", "stop"])
        for event in self.d.seen("watcher.web.reap", after=mark):
            self.assertEqual(event.data["exit_code"], -signal.SIGTERM)

        mark = self.d.last_seq()
        info = self.ok("start", "web", "--waiting")["info"]
        self.assertEqual(sorted(info["started"]), sorted(self.d.pids("web")))
        self.assertEqual(info["kept"], [])
        self.assertFalse(set(info["started"]) & set(before))
        self.d.wait_for("watcher.web.start", after=mark)

    def test_start_of_an_active_watcher_keeps_what_runs(self):
        pids = self.d.pids("web")
        mark = self.d.last_seq()
        info = self.ok("start", "web", "--waiting")["info"]
        self.assertEqual((info["started"], sorted(info["kept"])), ([], sorted(pids)))
        self.assertEqual(self.d.seen("watcher.web.*", after=mark), [])

    def test_a_restart_of_all_says_what_of_the_file_it_does_not_take(self):
        text = self.d.file.read_text()
        changed = text.replace("loglevel = debug", "loglevel = debug\nendpoint = ipc:///elsewhere\nmax_connections = 7")
        self.assertNotEqual(changed, text)
        self.d.file.write_text(changed + "\n[watcher:new]\ncmd = " + child() + "\n")
        self.ok("restart", "--waiting")
        self.assertIn("new", self.ok("list")["watchers"])
        log = self.d.log()
        self.assertIn(f"endpoint was '{self.d.endpoint}' when the daemon was started and is 'ipc:///elsewhere'", log)
        self.assertIn("max_connections was '1024' when the daemon was started and is '7'", log)
        self.assertEqual(log.count("when the daemon itself is started anew"), 2)

    def test_what_is_waited_for_tells_of_each_watcher_that_could_not_be_started(self):
        missing = "exec /nonexistent: No such file or directory"
        bad = {"cmd": "/nonexistent", "max_retry": 1}
        daemon = self.daemon({"watcher:good": {"cmd": child()}, "watcher:bad two": bad,
                              "watcher:bad1": {**bad, "autostart": False}})
        daemon.wait_active("good")
        reply = daemon.call("start", name="bad*", waiting=True)
        self.assertEqual(reply["errors"], {"bad1": missing, "bad two": missing})
        self.assertNotIn("errors", daemon.call("start", name="g*", waiting=True))
        done = daemon.ctl_text("start", "b*", "--waiting")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertEqual(done.stderr, f"troupectl: bad two: {missing}\nbad1: {missing}\n")
        self.assertEqual(daemon.call("start", waiting=True)["errors"], {"bad two": missing})
        self.assertEqual(daemon.call("restart", waiting=True)["errors"], {"bad two": missing})
        daemon.file.write_text(daemon.file.read_text().replace(str(child()), "/nonexistent"))
        done = daemon.ctl_text("reloadconfig", "--waiting")
        self.assertEqual((done.returncode, done.stderr), (3, f"troupectl: good: {missing}\n"))
        self.assertIn("good", done.stdout)

    def test_restart_replaces_every_process(self):
        before = self.d.pids("web")
        info = self.ok("restart", "web", "--waiting")["info"]
        self.assertEqual(sorted(info["stopped"]), sorted(before))
        self.assertEqual(sorted(info["started"]), sorted(self.d.pids("web")))

    def test_start_without_a_name_leaves_out_what_does_not_start_by_itself(self):
        self.ok("stop", "--waiting")
        self.assertEqual(set(self.ok("status")["statuses"].values()), {"stopped"})
        self.ok("start", "--waiting")
        self.assertEqual(self.ok("status")["statuses"], {"web": "active", "Worker": "active", "idle": "stopped"})

    def test_a_pattern_stops_every_watcher_that_matches(self):
        self.ok("stop", "w*", "--waiting")
        self.assertEqual(set(self.ok("status")["statuses"].values()), {"stopped"})

    def test_incr_and_decr_change_the_number(self):
        self.assertEqual(self.ok("incr", "web", "--waiting")["numprocesses"], 3)
        until(lambda: len(self.d.pids("web")) == 3, "three processes")
        self.assertEqual(self.ok("decr", "web", 2, "--waiting")["numprocesses"], 1)
        until(lambda: len(self.d.pids("web")) == 1, "one process")

    def test_decr_takes_the_oldest_first_and_says_so_on_the_bus(self):
        self.ok("incr", "web", "--waiting")
        infos = self.ok("stats", "web")["info"]
        youngest = max(infos.values(), key=lambda info: info["wid"])["pid"]
        mark = self.d.last_seq()
        self.ok("decr", "web", 2, "--waiting")
        self.assertEqual(self.d.pids("web"), [youngest])
        self.d.wait_count("watcher.web.reap", 2, after=mark)

    def test_set_changes_an_option_and_get_shows_it(self):
        mark = self.d.last_seq()
        self.ok("set", "web", "graceful_timeout", 2)
        self.assertEqual(self.ok("get", "web", "graceful_timeout")["options"], {"graceful_timeout": 2.0})
        self.d.wait_for("watcher.web.updated", after=mark)
        self.assertEqual(self.d.seen("watcher.web.reap", after=mark), [], "nothing was restarted for that")

    def test_set_numprocesses_takes_effect(self):
        self.ok("set", "web", "numprocesses", 4, "--waiting")
        until(lambda: len(self.d.pids("web")) == 4, "four processes")

    def test_set_env_reloads_with_the_new_environment(self):
        report = self.path("report")
        self.d.call("set", name="worker", waiting=True, options={"args": f"--report {report}"})
        self.d.call("set", name="worker", waiting=True, options={"env": {"GREETING": "hello"}})
        until(lambda: self.report(report)["env"].get("GREETING") == "hello", "the new environment")
        # From here the mark of the harness is gone from its environment: stop it by hand.
        self.d.call("rm", name="worker", waiting=True)

    def test_options_shows_every_option_and_the_free_ones(self):
        options = self.ok("options", "worker")["options"]
        self.assertEqual(options["colour"], "blue")
        self.assertEqual(options["numprocesses"], 1)
        self.assertEqual(options["graceful_timeout"], 30.0)

    def test_globaloptions_tells_the_endpoints(self):
        self.assertEqual(self.ok("globaloptions")["options"]["endpoint"], self.d.endpoint)

    def test_add_makes_a_stopped_watcher_and_with_start_a_running_one(self):
        mark = self.d.last_seq()
        self.ok("add", "New", child())
        self.assertEqual(self.ok("status")["statuses"]["New"], "stopped")
        self.d.wait_for("watcher.new.add", after=mark)
        self.ok("add", "--start", "newer", child())
        self.d.wait_active("newer")
        code, reply = self.d.ctl("add", "new", child())
        self.assertEqual((code, reply["errno"]), (CTL_ERROR, 5))

    def test_rm_stops_and_forgets(self):
        pids = self.d.pids("web")
        mark = self.d.last_seq()
        self.ok("rm", "web", "--waiting")
        self.assertFalse(any(alive(pid) for pid in pids))
        self.assertEqual(self.ok("list")["watchers"], ["idle", "worker"])
        self.d.wait_for("watcher.web.remove", after=mark)

    def test_signal_reaches_every_process_without_an_event(self):
        counted = self.path("counted")
        self.d.call("add", name="ears", cmd=child("--count", "HUP", counted), start=True, waiting=True,
                    options={"numprocesses": 2, "env": {"TROUPE_TEST": str(self.folder)}})
        stamps = self.d.pids("ears")
        until(lambda: all(handles(pid, signal.SIGHUP) for pid in stamps), "the handlers in place")
        mark = self.d.last_seq()
        self.ok("signal", "ears", "hup")
        self.assertEqual({line.split()[1] for line in self.lines(counted, 2)}, {str(pid) for pid in stamps})
        self.assertEqual(self.d.seen("watcher.ears.*", after=mark), [])

    def test_kill_ends_a_process_and_a_new_one_comes(self):
        pid = self.d.pids("worker")[0]
        mark = self.d.last_seq()
        self.ok("kill", "worker", pid, "--signum", "INT")
        self.assertEqual(self.d.wait_for("watcher.worker.reap", after=mark).data["exit_code"], -signal.SIGINT)
        self.d.wait_for("watcher.worker.spawn", after=mark)

    def test_an_unknown_watcher_is_an_error_that_names_the_near_one(self):
        code, reply = self.d.ctl("stop", "wbe")
        self.assertEqual((code, reply["errno"], reply["reason"]), (CTL_ERROR, 3, "program wbe not found"))
        text = self.d.ctl_text("stop", "wbe")
        self.assertEqual(text.returncode, CTL_ERROR)
        self.assertIn("did you mean web?", text.stderr)

    def test_usage_trouble_is_exit_2_and_a_daemon_that_is_not_there_exit_1(self):
        self.assertEqual(self.d.ctl_text("frobnicate").returncode, 2)
        self.assertEqual(self.d.ctl_text("get").returncode, 2)
        self.d.ctl_text("quit", "--waiting")
        self.d.wait_exit()
        gone = self.d.ctl_text("status", timeout=1)
        self.assertEqual(gone.returncode, 1)
        self.assertIn(self.d.endpoint, gone.stderr)

    def test_plain_output_is_for_people_and_pipes(self):
        shown = self.d.ctl_text("status").stdout
        self.assertRegex(shown, r"(?m)^web:?\s+active")
        self.assertNotIn("\x1b", shown)

    def test_quit_answers_then_stops_everything_with_exit_status_0(self):
        pids = self.d.pids("web")
        self.assertEqual(self.ok("quit", "--waiting")["status"], "ok")
        self.assertEqual(self.d.wait_exit(), 0)
        self.assertFalse(any(alive(pid) for pid in pids))
        reaps = self.d.wait_count("watcher.*.reap", 3)
        self.assertEqual(len(reaps), 3)
        self.d.wait_for("arbiter.stopping")

class Removed(TroupeTest):
    def test_what_rm_nostop_left_running_gets_its_stop_signal_when_the_daemon_ends(self):
        got = self.path("got")
        daemon = self.daemon({"watcher:free": {"cmd": child("--count", "TERM", got, "--on-term", 0)},
                              "watcher:web": {"cmd": child()}})
        daemon.wait_active("free")
        pid = daemon.pids("free")[0]
        until(lambda: handles(pid, signal.SIGTERM), "the handler in place")
        daemon.call("rm", name="free", nostop=True)
        self.assertEqual(daemon.call("list")["watchers"], ["web"])
        self.assertTrue(alive(pid))
        daemon.call("quit", waiting=True)
        self.assertEqual(daemon.wait_exit(), 0)
        until(lambda: not alive(pid), "its end, for which nobody waits")
        self.assertRegex(got.read_text(), rf"^(SIG)?TERM {pid}\n$")


if __name__ == "__main__":
    main()
