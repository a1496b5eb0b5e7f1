"""Hooks: programs and Python functions out of process, what their answers do, and that nobody else waits."""
import json
import os
import pathlib
import re
import shutil
import stat
import time
import unittest

from troupe_harness import TroupeTest, alive, child, children_of, command_line, until


class Hooks(TroupeTest):
    def hooked(self, hooks, others=None, root=None, **options):
        """A daemon with the watcher `web`, whose hooks are those of circus_hooks.py or programs, and `other`."""
        shutil.copy(pathlib.Path(__file__).parent / "circus_hooks.py", self.folder / "circus_hooks.py")
        self.notes = self.folder / "notes"
        section = {"cmd": child(), "autostart": False, "copy_env": True,
                   **{f"hooks.{name}": target for name, target in hooks.items()}, **options}
        return self.daemon({"circus": {}, "watcher:web": section, "watcher:other": {"cmd": child()},
                            "env": {"PYTHONPATH": self.folder, "HOOK_NOTES": self.notes, "COLOUR": "blue"},
                            **(others or {})}, root="circus")

    def program(self, name, text):
        path = self.folder / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def events(self, daemon, after=0):
        daemon.catch_up()
        return [(e.topic.removeprefix("watcher.web."), e.data.get("name")) for e in daemon.events.all()
                if e.topic.startswith("watcher.web.") and e.data["seq"] > after]

    def test_a_hook_file_written_for_circus_runs_unmodified(self):
        ours = "circus_hooks."
        daemon = self.hooked({name: ours + name for name in
                              ("before_start", "after_start", "before_signal", "before_stop", "after_stop")},
                             flavour="sweet")
        reply = daemon.client.call("start", name="web", waiting=True)
        self.assertEqual((reply["status"], len(reply["info"]["started"])), ("ok", 1))
        self.assertEqual(daemon.wait_for("watcher.web.warm").data["pid"], reply["info"]["started"][0])
        reply = daemon.client.call("stop", name="web", waiting=True)
        self.assertEqual(reply["status"], "ok")
        daemon.wait_for("watcher.web.hook_success", lambda data: data["name"] == "after_stop")
        self.assertEqual(self.notes.read_text().splitlines(), [
            "before_start web 1 blue sweet ipc []",
            "after_start 1 1 True False active ['other', 'web']",
            "before_signal True True",
            "after_stop ['before_start', 'after_start', 'after_stop']"])
        self.assertEqual(self.events(daemon), [
            ("hook_success", "before_start"), ("spawn", None), ("warm", None), ("hook_success", "after_start"),
            ("start", None), ("hook_failure", "before_stop"), ("hook_success", "before_signal"), ("kill", None),
            ("reap", None), ("stop", None), ("hook_success", "after_stop")])
        self.assertIn("Hook 'before_stop' failed: hook says no", daemon.log())
        self.assertIn("hook before_start: [INFO] starting web", daemon.log())

    def test_a_slow_before_start_holds_up_nobody_else(self):
        daemon = self.hooked({"before_start": "circus_hooks.slow"})
        daemon.client.call("start", name="web")
        slowest = 0
        end = time.monotonic() + 3
        while time.monotonic() < end:
            for command, properties in (("status", {}), ("options", {"name": "web"}), ("list", {})):
                begin = time.monotonic()
                daemon.client.call(command, **properties)
                slowest = max(slowest, time.monotonic() - begin)
        print(f"slowest answer beside a hook that sleeps: {slowest * 1000:.2f} ms")
        self.assertEqual(daemon.client.call("restart", name="other", waiting=True)["status"], "ok")
        self.assertEqual(daemon.client.call("status", name="web")["status"], "starting")
        daemon.wait_for("watcher.web.start")
        self.assertLess(slowest, 0.5)  # not the figure that is promised: other tests run beside this one

    def test_the_answers_of_python_hooks_count_as_in_circus(self):
        daemon = self.hooked({"before_start": "circus_hooks.refuse"})
        reply = daemon.client.call("start", name="web", waiting=True)
        self.assertEqual(reply["info"], {"started": [], "kept": [], "error": "hook before_start said no"})
        self.assertEqual(self.events(daemon), [("hook_success", "before_start")])
        daemon.client.call("set", name="web", options={"hooks.before_start": "circus_hooks.raises"})
        mark = daemon.last_seq()
        daemon.client.call("start", name="web", waiting=True)
        failure = daemon.wait_for("watcher.web.hook_failure", after=mark)
        self.assertEqual(failure.data["error"], "no such luck")
        self.assertEqual(daemon.client.call("status", name="web")["status"], "stopped")
        self.assertIn("raise ValueError", daemon.log())
        daemon.client.call("set", name="web", options={"hooks.before_start": "circus_hooks.raises,true"})
        self.assertEqual(len(daemon.client.call("start", name="web", waiting=True)["info"]["started"]), 1)
        shown = daemon.client.call("get", name="web", keys=["hooks.before_start"])["options"]
        self.assertEqual(shown, {"hooks.before_start": "circus_hooks.raises,true"})

    def test_a_hook_that_cannot_be_imported_fails_and_says_why(self):
        daemon = self.hooked({"before_start": "no_such_module.hook"})
        daemon.client.call("start", name="web", waiting=True)
        failure = daemon.wait_for("watcher.web.hook_failure")
        self.assertEqual(failure.data["error"], "No module named 'no_such_module'")

    def test_set_imports_a_hook_anew(self):
        daemon = self.hooked({"before_start": "circus_hooks.refuse"})
        self.assertEqual(daemon.client.call("start", name="web", waiting=True)["info"]["started"], [])
        file = self.folder / "circus_hooks.py"
        file.write_text(file.read_text() + "\n\ndef refuse(**_):\n    return 1\n")
        daemon.client.call("set", name="web", options={"hooks.before_start": "circus_hooks.refuse"})
        self.assertEqual(len(daemon.client.call("start", name="web", waiting=True)["info"]["started"]), 1)

    def test_a_hook_that_takes_too_long_is_ended_and_the_next_one_has_a_new_python(self):
        daemon = self.hooked({"before_start": "circus_hooks.for_ever"}, hook_timeout=0.5)
        reply = daemon.client.call("start", name="web", waiting=True)
        text = "it did not return within hook_timeout, 0.5 s"
        self.assertEqual(reply["info"]["error"], f"hook before_start failed: {text}")
        self.assertEqual(daemon.wait_for("watcher.web.hook_failure").data["error"], text)
        until(lambda: len(children_of(daemon.keeper)) == 2, "the python3 is gone")  # the arbiter and `other`
        daemon.client.call("set", name="web", options={"hooks.before_start": "circus_hooks.before_start,true"})
        self.assertEqual(len(daemon.client.call("start", name="web", waiting=True)["info"]["started"]), 1)

    def test_a_python_that_dies_in_a_hook_is_a_failure_and_the_next_hook_has_a_new_one(self):
        daemon = self.hooked({"before_start": "circus_hooks.dies"})
        daemon.client.call("start", name="web", waiting=True)
        self.assertIn("python3", daemon.wait_for("watcher.web.hook_failure").data["error"])
        daemon.client.call("set", name="web", options={"hooks.before_start": "circus_hooks.after_stop,true",
                                                       "hooks.after_start": "circus_hooks.slow"})
        daemon.client.call("set", name="web", options={"hooks.before_start": "circus_hooks.raises,true"})
        daemon.client.call("start", name="web")
        daemon.wait_for("watcher.web.spawn")

    def test_extended_stats_are_completed_by_the_hook(self):
        program = self.program("stats", 'echo \'{"sessions": 7}\'\n')
        daemon = self.hooked({"extended_stats": "circus_hooks.stats"})
        daemon.client.call("start", name="web", waiting=True)
        (info,) = daemon.client.call("stats", name="web", extended=True)["info"].values()
        self.assertEqual(info["requests"], 42)
        (info,) = daemon.client.call("stats", name="web")["info"].values()
        self.assertNotIn("requests", info)
        daemon.client.call("set", name="web", options={"hooks.extended_stats": str(program)})
        (info,) = daemon.client.call("stats", name="web", extended=True)["info"].values()
        self.assertEqual(info["sessions"], 7)

    def test_a_hook_sees_the_processes_of_a_watcher_that_has_more_of_them_than_are_read_in_one_turn(self):
        daemon = self.hooked({"after_start": "circus_hooks.counts"}, numprocesses=50)
        daemon.call("start", name="web", waiting=True)
        self.assertEqual(self.notes.read_text().splitlines(), ["50 50"])
        infos = daemon.call("stats", name="web", extended=True)["info"]  # there is no such hook
        self.assertEqual(sorted(map(int, infos)), daemon.pids("web"))
        (info,) = daemon.call("stats", name="other")["info"].values()
        self.assertEqual(info["children"], [])

    def test_a_program_is_asked_by_standard_input_and_answers_by_its_exit_status(self):
        yes = self.program("yes", f"cat >> {self.folder}/asked; echo said on output; echo on error >&2\n")
        no = self.program("no", "exit 3\n")
        daemon = self.hooked({"before_start": yes, "after_spawn": yes})
        (pid,) = daemon.client.call("start", name="web", waiting=True)["info"]["started"]
        self.assertEqual((self.folder / "asked").read_text(),
                         '{"hook":"before_start","watcher":"web","arguments":{}}\n'
                         f'{{"hook":"after_spawn","watcher":"web","arguments":{{"pid":{pid}}}}}\n')
        until(lambda: "hook after_spawn: on error" in daemon.log(), "what it printed is in the log")
        self.assertIn("web: hook before_start: said on output", daemon.log())
        daemon.client.call("stop", name="web", waiting=True)
        daemon.client.call("set", name="web", options={"hooks.before_start": str(no)})
        reply = daemon.client.call("start", name="web", waiting=True)
        self.assertEqual(reply["info"]["error"], "hook before_start said no")

    def test_a_program_that_cannot_be_started_or_is_killed_has_failed(self):
        killed = self.program("killed", "kill -9 $$\n")
        daemon = self.hooked({"before_start": self.folder / "nosuch"})
        daemon.client.call("start", name="web", waiting=True)
        self.assertEqual(daemon.wait_for("watcher.web.hook_failure").data["error"],
                         f"exec {self.folder}/nosuch: No such file or directory")
        mark = daemon.last_seq()
        daemon.client.call("set", name="web", options={"hooks.before_start": str(killed)})
        daemon.client.call("start", name="web", waiting=True)
        self.assertEqual(daemon.wait_for("watcher.web.hook_failure", after=mark).data["error"],
                         "it was killed by SIGKILL")

    def test_a_program_that_takes_too_long_is_ended_with_what_it_started(self):
        slow = self.program("slow", f"sleep 600 & echo $! > {self.folder}/sleeper; wait\n")
        daemon = self.hooked({"before_start": slow}, hook_timeout=0.5)
        reply = daemon.client.call("start", name="web", waiting=True)
        self.assertIn("hook_timeout", reply["info"]["error"])
        sleeper = int((self.folder / "sleeper").read_text())
        until(lambda: not alive(sleeper), "the program's child is gone")

    def set_hook(self, daemon, target):
        daemon.call("set", name="web", options={"hooks.before_start": str(target)})

    def gate(self):
        """A fifo, and a hook that waits until something is written to it; with `open` beside it, it does not."""
        gate = self.folder / "gate"
        os.mkfifo(gate)
        return gate, self.program("waits", f"test -e {self.folder}/open || read line < {gate}\n")

    def python_children(self, daemon):
        return [pid for pid in children_of(daemon.keeper) if "hook_helper.py" in command_line(pid)]

    def test_a_function_that_takes_too_long_is_ended_with_the_processes_that_it_waits_for(self):
        daemon = self.hooked({"before_start": "circus_hooks.waits_for_child"}, hook_timeout=0.5)
        daemon.call("start", name="web", waiting=True)
        sleeper = int(self.notes.read_text())
        until(lambda: not alive(sleeper), "the hook's child is gone")

    def test_a_python_that_has_threads_left_goes_when_it_is_done_with(self):
        daemon = self.hooked({"before_start": "circus_hooks.starts_thread"})
        daemon.call("start", name="web", waiting=True)
        (first,) = self.python_children(daemon)
        self.set_hook(daemon, "circus_hooks.raises,true")
        daemon.call("stop", name="web", waiting=True)
        daemon.call("start", name="web", waiting=True)
        until(lambda: not alive(first), "the python with the thread is gone")
        daemon.call("rm", name="web", waiting=True)
        until(lambda: not self.python_children(daemon), "the last one is gone")

    def test_whatever_a_function_says_and_raises_is_an_answer_and_costs_no_python(self):
        daemon = self.hooked({"before_start": "circus_hooks.says_nonsense", "extended_stats": "circus_hooks.odd_stats"})
        daemon.call("start", name="web", waiting=True)
        (first,) = self.python_children(daemon)
        self.assertEqual(daemon.wait_for("watcher.web.odd").data["nan"], None)
        (info,) = daemon.call("stats", name="web", extended=True)["info"].values()
        self.assertEqual((info["infinite"], info["text"]), (None, "?"))
        daemon.call("stop", name="web", waiting=True)
        for hook, error in (("exits", "3"), ("interrupts", "KeyboardInterrupt"), ("not_unicode", "bad ? byte"),
                            ("too_much", "the daemon takes 1048576 bytes at once"), ("calls", "object is not callable")):
            self.set_hook(daemon, f"circus_hooks.{hook}")
            mark = daemon.last_seq()
            daemon.call("start", name="web", waiting=True)
            failure = daemon.wait_for("watcher.web.hook_failure", after=mark)
            self.assertIn(error, failure.data["error"])
        self.assertNotRegex(daemon.log(), r'Traceback.*\n.*File ".*hook_helper.py"')  # it begins at the hook
        self.assertFalse(alive(first))  # that was the hook before `set`
        self.assertEqual(len(self.python_children(daemon)), 1)

    def test_an_event_of_a_hook_has_the_topic_number_boot_and_time_that_the_daemon_gives_it(self):
        daemon = self.hooked({"before_start": "circus_hooks.forges"})
        daemon.call("start", name="web", waiting=True)
        sent = daemon.wait_for("watcher.web.mine").data
        self.assertEqual(list(sent), ["pid", "time", "seq", "boot"])
        reply = daemon.call("events", topic="watcher.web.mine", since=0)
        self.assertEqual(reply["events"], [{"topic": "watcher.web.mine", **sent}])
        self.assertEqual((sent["pid"], sent["boot"]), (7, reply["boot"]))

    def test_programs_that_cannot_be_run_say_why_and_one_that_prints_much_is_cut_short(self):
        (self.folder / "folder").mkdir()
        (self.folder / "plain").write_text("#!/bin/sh\n")
        loud = self.program("loud", "head -c 10000000 /dev/zero | tr '\\0' x; echo\n")
        daemon = self.hooked({"before_start": self.folder / "folder"})
        before = len(os.listdir(f"/proc/{daemon.arbiter()}/fd"))
        for hook, error in (("folder", "Permission denied"), ("plain", "Permission denied")):
            self.set_hook(daemon, self.folder / hook)
            reply = daemon.call("start", name="web", waiting=True)
            self.assertEqual(reply["info"]["error"], f"hook before_start failed: exec {self.folder}/{hook}: {error}")
        self.set_hook(daemon, loud)
        self.assertEqual(len(daemon.call("start", name="web", waiting=True)["info"]["started"]), 1)
        until(lambda: "more lines are left out" in daemon.log(), "the rest is left out")
        self.assertLess(len(daemon.log()), 6_000_000)
        daemon.call("stop", name="web", waiting=True)
        until(lambda: len(os.listdir(f"/proc/{daemon.arbiter()}/fd")) <= before, "no descriptor is left")

    def test_a_worker_that_dies_while_a_hook_runs_is_reaped_behind_it_and_replaced(self):
        gate, waits = self.gate()
        daemon = self.hooked({"before_signal": waits})
        (pid,) = daemon.call("start", name="web", waiting=True)["info"]["started"]
        mark = daemon.last_seq()
        daemon.client.send("signal", {"name": "web", "signum": "HUP"}, id="signal")
        with open(gate, "w", encoding="ascii") as line:  # the hook has opened it: it runs
            os.kill(pid, 9)
            until(lambda: not alive(pid), "the worker is dead")
            self.assertEqual(daemon.call("numwatchers")["numwatchers"], 2)
            (self.folder / "open").touch()
            line.write("go\n")
        daemon.wait_for("watcher.web.spawn", after=mark)
        self.assertEqual([name for name, _ in self.events(daemon, mark)], ["hook_success", "reap", "spawn"])

    def test_operations_that_come_while_a_hook_runs_go_on_behind_it(self):
        gate, waits = self.gate()
        for command, events in (("restart", ["spawn", "start", "kill", "reap", "stop", "spawn", "start"]),
                                ("reload", ["spawn", "start", "spawn", "kill", "reap", "reload"]),
                                ("reloadconfig", ["updated", "spawn", "start", "kill", "reap", "stop", "spawn", "start"]),
                                ("stop", ["stop"]), ("rm", ["remove", "stop"])):
            with self.subTest(command):
                (self.folder / "open").unlink(missing_ok=True)
                daemon = self.hooked({"before_start": waits})
                daemon.client.send("start", {"name": "web"}, id="start")
                with open(gate, "w", encoding="ascii") as line:  # now it runs
                    if command == "reloadconfig":
                        text = daemon.file.read_text()
                        daemon.file.write_text(text.replace("[watcher:web]", "[watcher:web]\nsetsid = no"))
                    daemon.call(command, **({} if command == "reloadconfig" else {"name": "web"}))
                    self.assertEqual(daemon.call("restart", name="other", waiting=True)["status"], "ok")
                    (self.folder / "open").touch()
                    line.write("go\n")
                until(lambda: [name for name, _ in self.events(daemon) if name != "hook_success"] == events,
                      "the events")
                self.assertEqual(daemon.close(), [])

    def test_nothing_of_the_watchers_environment_runs_in_the_python_of_hooks_but_the_hooks(self):
        (self.folder / "sitecustomize.py").write_text(f"open('{self.folder}/stolen', 'w')\n")
        (self.folder / "json.py").write_text(f"open('{self.folder}/stolen', 'w')\n")
        bin = self.folder / "bin"
        bin.mkdir()
        self.program("bin/python3", f"touch {self.folder}/stolen\n")
        daemon = self.hooked({"before_start": "circus_hooks.refuse"},
                             {"env:web": {"PATH": f"{bin}:/usr/bin:/bin", "HOME": self.folder}})
        self.assertEqual(daemon.call("start", name="web", waiting=True)["info"]["error"], "hook before_start said no")
        self.assertFalse((self.folder / "stolen").exists())

    def test_a_hook_changes_options_by_attributes_and_hears_of_what_it_cannot_change(self):
        daemon = self.hooked({"before_start": "circus_hooks.changes"})
        self.assertEqual(len(daemon.call("start", name="web", waiting=True)["info"]["started"]), 3)
        self.assertEqual(daemon.call("get", name="web", keys=["numprocesses"])["options"]["numprocesses"], 3)
        self.assertEqual(self.notes.read_text().splitlines(), [
            "3",
            "'nonsense' of <Watcher web> cannot be set ('nonsense' option not found)",
            "'pids' of a watcher cannot be changed by a hook",
            "'numprocesses' of <Watcher web> cannot be set ('numprocesses' isn't an integer)",
            "a hook cannot change the environment of its watcher; `set` and the configuration file can"])

    def test_a_hook_finds_other_watchers_with_their_names_and_free_options(self):
        daemon = self.hooked({"before_start": "circus_hooks.looks_at_others"}, shade="dark", others={
            "watcher:Other One": {"cmd": child(), "colour": "red", "rlimit_nofile": 100, "hooks.after_stop": "/bin/true",
                                  "stdout_stream.class": "StdoutStream"}})
        daemon.wait_active("Other One")
        self.assertEqual(len(daemon.call("start", name="web", waiting=True)["info"]["started"]), 1)
        self.assertEqual(self.notes.read_text().splitlines(), [
            "['Other One', 'other', 'web']", "Other One {'colour': 'red'} {'shade': 'dark'}", "[[]]"])

    def test_what_a_function_leaves_running_keeps_its_pipe(self):
        daemon = self.hooked({"before_start": "circus_hooks.leaves_writer"})
        daemon.call("start", name="web", waiting=True)
        writer = int(self.notes.read_text())
        self.assertTrue(alive(writer))
        self.set_hook(daemon, "circus_hooks.raises,true")
        daemon.call("stop", name="web", waiting=True)
        daemon.call("start", name="web", waiting=True)
        (self.folder / "open").touch()
        until(lambda: "written at the end" in daemon.log(), "it could still print")

    def test_a_stop_waits_for_no_more_than_the_hook_that_runs_whatever_was_asked_of_the_others(self):
        gate, waits = self.gate()
        daemon = self.hooked({"before_signal": "circus_hooks.before_signal", "extended_stats": waits}, numprocesses=6)
        daemon.call("start", name="web", waiting=True)
        daemon.client.send("stats", {"name": "web", "extended": True}, id="stats")
        with open(gate, "w", encoding="ascii") as line:  # the first of six runs
            daemon.client.send("stop", {"name": "web", "waiting": True}, id="stop")
            reply = json.loads(daemon.client.receive()[-1])
            self.assertEqual((reply["id"], reply["reason"]), ("stats", "stats of web was ended by a stop"))
            line.write("{}\n")
        self.assertEqual(json.loads(daemon.client.receive()[-1])["status"], "ok")
        self.assertEqual(daemon.call("status", name="web")["status"], "stopped")

    def test_casts_that_wait_for_hooks_take_no_place_of_callers_and_hold_up_no_quit(self):
        gate, waits = self.gate()
        daemon = self.hooked({"before_signal": waits})
        daemon.call("start", name="web", waiting=True)
        for _ in range(10_100):
            daemon.client.send("signal", {"name": "web", "signum": "HUP"}, msg_type="cast")
        with open(gate, "w", encoding="ascii") as line:
            self.assertEqual(daemon.ask("signal", name="web", signum="HUP")["reason"],
                             "signal of web is refused: 64 commands wait for its hooks, and no more may; "
                             "a stop ends them all")
            self.assertEqual(daemon.call("restart", name="other", waiting=True)["status"], "ok")
            os.kill(daemon.keeper, 15)
            until(lambda: "Got signal SIG_TERM" in daemon.log(), "the signal was heard")
            (self.folder / "open").touch()
            line.write("go\n")
        daemon.process.wait(10)

    def test_a_second_signal_ends_hooks_that_the_first_waits_for(self):
        daemon = self.hooked({"before_stop": "circus_hooks.for_ever"})
        daemon.client.call("start", name="web", waiting=True)
        os.kill(daemon.keeper, 15)
        until(lambda: "Got signal SIG_TERM" in daemon.log(), "the first signal was heard")
        self.assertTrue(daemon.process.poll() is None)
        os.kill(daemon.keeper, 15)
        daemon.process.wait(10)


if __name__ == "__main__":
    unittest.main()
