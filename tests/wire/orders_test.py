"""Replays tests/wire/cases/circus/orders.json: which events follow a command, in which order. cases/README.md tells how it
is read."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import unittest

from troupe_harness import child, children_of, handles, ignores, main, until
from replay_test import Filled, sections_of

CASES = pathlib.Path(__file__).resolve().parent / "cases" / "circus"
KEYS = {"spawn": {"process_pid": int}, "kill": {"process_pid": int}, "reap": {"process_pid": int, "exit_code": int},
        "hook_success": {"name": str}, "hook_failure": {"name": str, "error": str}}


def words(event):
    """An event as the cases write it."""
    kind = event.topic.rpartition(".")[2]
    for key, type_ in {"time": float, **KEYS.get(kind, {})}.items():
        if not isinstance(event.data.get(key), type_):
            raise AssertionError(f"{key} of {event.topic}: {event.data}")
    if kind.startswith("hook_"):
        return f"{kind} {event.data['name']}"
    return f"reap {event.data['exit_code']}" if kind == "reap" else kind


def fits(expected, got, step):
    """Whether these are the events of the step."""
    expected = [word.removeprefix("+ ") for word in expected]
    if step.get("goes on"):
        return got[:len(expected)] == expected
    if step.get("ends with"):
        return got[-len(expected):] == expected
    return got == expected


def end(pid):
    with contextlib.suppress(ProcessLookupError):  # the end of the daemon may have been its own
        os.kill(pid, signal.SIGKILL)


class Orders(Filled):
    def got(self, name, mark):
        return [words(event) for event in self.d.heard(f"watcher.{name}.*", mark)]

    def prepare(self, step):
        """What Circus had the time for, because its steps were seconds apart."""
        properties = step["properties"]
        waits = step.keys() & {"handles", "ignores", "children"}
        pid = self.d.pids(step.get("of") or properties["name"])[0] if waits else None
        if "handles" in step:
            until(lambda: handles(pid, getattr(signal, "SIG" + step["handles"])), "a handler")
        if "ignores" in step:
            until(lambda: ignores(pid, getattr(signal, "SIG" + step["ignores"])), "a signal that is ignored")
        if "children" in step:
            until(lambda: len(children_of(pid)) == step["children"], "the children")
        if properties.get("nostop"):
            for left in self.d.pids(properties["name"]):
                self.addCleanup(end, left)

    def check_step(self, step):
        self.prepare(step)
        mark = self.d.last_seq()
        self.d.call(step["command"], **self.fill(step["properties"]))
        for name, expected in step["events"].items():
            try:
                until(lambda: fits(expected, self.got(name, mark), step), "the events")
            except AssertionError:
                self.assertEqual(self.got(name, mark), expected)
        if step["command"] != "quit":
            heard = {event.topic[8:].rpartition(".")[0] for event in self.d.seen("watcher.*", mark)}
            self.assertEqual(heard - set(step["events"]) - self.restless, set())
            for name, expected in step["events"].items():  # and no more
                self.assertTrue(fits(expected, self.got(name, mark), step), self.got(name, mark))

    def test_every_order(self):
        text = (CASES / "orders.ini").read_text().replace("CHILD", child())
        self.d = self.daemon(sections_of(text), root="circus")
        shutil.copy(CASES / "wirehooks.py", self.folder)
        self.d.wait_active("plain one")
        self.restless = set()  # watchers that go on by themselves
        steps = json.loads((CASES / "orders.json").read_text())
        for step in steps:
            with self.subTest(step["step"]):
                self.check_step(step)
            if step.get("goes on"):
                self.restless |= set(step["events"])
            if step.get("ends with"):
                self.restless -= set(step["events"])
        self.assertGreater(len(steps), 45)
        self.assertEqual(self.d.wait_exit(), 0)


class Fits(unittest.TestCase):
    """The runner would see a wrong order."""

    def test_another_order_one_too_many_and_a_missing_one_are_found(self):
        expected = ["kill", "+ reap -15", "stop"]
        self.assertTrue(fits(expected, ["kill", "reap -15", "stop"], {}))
        for bad in (["kill", "stop", "reap -15"], ["kill", "reap -9", "stop"], ["kill", "stop"],
                    ["kill", "reap -15", "stop", "stop"]):
            self.assertFalse(fits(expected, bad, {}), bad)
        self.assertTrue(fits(["spawn"], ["spawn", "reap 3"], {"goes on": True}))
        self.assertTrue(fits(["stop"], ["reap 3", "stop"], {"ends with": True}))


if __name__ == "__main__":
    main()
