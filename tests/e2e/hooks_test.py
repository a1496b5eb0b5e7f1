"""Hooks: programs and Python functions out of process, what their answers do, and that nobody else waits."""
import os
import pathlib
import shutil
import stat
import time
import unittest

from troupe_harness import TroupeTest, alive, child, children_of, until


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
