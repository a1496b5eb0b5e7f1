"""Replays tests/wire/cases/*.jsonl against a running daemon; cases/README.md tells how a case is read."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal

from troupe_harness import PATIENCE, TroupeTest, child, children_of, free_port, main, until

CASES = pathlib.Path(__file__).resolve().parent / "cases"
COMMANDS = CASES.parents[2] / "docs" / "commands.md"
PROCESS = {"mem_info1": "<text>", "mem_info2": "<text>", "cpu": "<number>", "mem": "<number>", "ctime": "<text>",
           "pid": "<pid>", "username": "<text>", "nice": "<int>", "create_time": "<number>", "age": "<number>",
           "cmdline": "<text>", "children": "<list>", "started": "<number>", "wid": "<int>"}
PROCESSES = {"<process>": PROCESS, "<process with requests>": {**PROCESS, "requests": 42},
             "<daemon>": {key: kind for key, kind in PROCESS.items() if key not in ("started", "wid")}}
KINDS = {"<int>": int, "<number>": (int, float), "<text>": str, "<bool>": bool, "<object>": dict, "<list>": list}


def mismatch(pattern, value, place, folder):
    """Where the value is not as the pattern says; None if it is."""
    if isinstance(pattern, str) and pattern.startswith("<") and pattern.endswith(">"):
        return mismatch_of_kind(pattern, value, place, folder)
    if isinstance(pattern, dict) and isinstance(value, dict):
        return mismatch_of_object(pattern, value, place, folder)
    if isinstance(pattern, list) and isinstance(value, list):
        if len(pattern) != len(value):
            return f"{place}: {len(value)} elements, expected {len(pattern)}: {value}"
        found = (mismatch(p, v, f"{place}[{i}]", folder) for i, (p, v) in enumerate(zip(pattern, value)))
        return next(filter(None, found), None)
    if isinstance(pattern, bool) != isinstance(value, bool) or pattern != value:
        return f"{place}: {value!r}, expected {pattern!r}"
    return None


def mismatch_of_kind(pattern, value, place, folder):
    wrong = f"{place}: {value!r} is no {pattern}"
    if pattern == "<any>":
        return None
    if pattern == "<folder>":
        return None if value == str(folder) else wrong
    if pattern in PROCESSES:
        members = PROCESSES[pattern]
        return mismatch_of_object(members, value, place, folder) if isinstance(value, dict) else wrong
    if pattern == "<pid>":
        return None if isinstance(value, int) and not isinstance(value, bool) and value > 1 else wrong
    if match := re.fullmatch(r"<pids (\d+)>", pattern):
        good = isinstance(value, list) and len(value) == int(match[1]) and len(set(value)) == len(value) and \
            value == sorted(value) and all(isinstance(pid, int) and pid > 1 for pid in value)
        return None if good else wrong
    if match := re.fullmatch(r"<~ (.*)>", pattern):
        return None if isinstance(value, str) and match[1] in value else wrong
    kind = KINDS[pattern]
    return None if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)) else wrong


def mismatch_of_object(pattern, value, place, folder):
    pattern = dict(pattern)
    more = pattern.pop("...", None)
    each = pattern.pop("<pid>", None)
    if each is not None:
        if not value or not all(re.fullmatch(r"[1-9]\d*", key) for key in value):
            return f"{place}: the keys should be pids: {list(value)}"
        pattern = {key: each for key in value}
    if missing := set(pattern) - set(value):
        return f"{place}: without {sorted(missing)}"
    if not more and (extra := set(value) - set(pattern)):
        return f"{place}: has {sorted(extra)} besides"
    found = (mismatch(pattern[key], value[key], f"{place}.{key}", folder) for key in pattern)
    return next(filter(None, found), None)


def documented_keys():
    """Of each command the keys that docs/commands.md, which is made from the rows, tells of its reply."""
    keys, command, in_reply = {}, None, False
    for line in COMMANDS.read_text().splitlines():
        if line.startswith("## "):
            command, in_reply = line[3:], False
            keys[command] = set()
        elif line.startswith("| "):
            in_reply = in_reply or line.startswith("| reply |")
            if in_reply and (match := re.match(r"\| `(\w+)` ", line)):
                keys[command].add(match[1])
        else:
            in_reply = False
    return keys


def end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def sections_of(text):
    """An INI text as the harness takes it."""
    sections = {}
    for line in text.splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith(";"):
            key, _, value = line.partition("=")
            section[key.strip()] = value.strip()
    return sections


class Filled(TroupeTest):
    """Cases with placeholders for what only the running daemon `self.d` knows."""

    def fill(self, value):
        """The placeholders of a request."""
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items()}
        if value == "<child>":
            return child()
        if value == "<folder>":
            return str(self.folder)
        if isinstance(value, str) and (match := re.fullmatch(r"<(pid|child) of (.+?)( as text)?>", value)):
            pid = self.d.pids(match[2])[0]
            if match[3]:
                return str(pid)
            return pid if match[1] == "pid" else until(lambda: children_of(pid), f"a child of {match[2]}")[0]
        return value


class Replay(Filled):
    def setUp(self):
        super().setUp()
        self.documented = documented_keys()
        self.told = {}

    def check_keys(self, command, reply):
        """What a good reply has beside `status`, `time` and `id` is what the row of its command says."""
        self.told.setdefault(command, set()).update(set(reply) - {"status"})
        self.assertEqual(set(reply) - self.documented[command] - {"status"}, set(), "keys that no row tells")

    def ask(self, case):
        """Sends the case's request; the reply without what the runner adds, or None when there is none."""
        client = self.d.client
        if "raw" in case:
            raw = case["raw"] if isinstance(case["raw"], list) else [case["raw"]]
            client.socket.send_multipart([frame.encode() for frame in raw])
        else:
            extra = {"msg_type": "cast"} if case.get("cast") else {}
            client.send(case["command"], self.fill(case.get("properties", {})), id=case["title"], **extra)
        if case["reply"] is None:  # what comes next must be the answer to something else
            client.send("numwatchers", id="next")
        frames = client.receive(PATIENCE)
        if frames is None:
            raise AssertionError("no reply")
        reply = json.loads(frames[-1])
        if case["reply"] is None:
            self.assertEqual(reply.get("id"), "next", "a reply where none should be")
            return None
        self.assertEqual(len(frames), len(case["raw"]) if isinstance(case.get("raw"), list) else 1)
        return reply

    def check(self, case):
        reply = self.ask(case)
        if reply is None:
            return
        self.assertIsInstance(reply.pop("time", None), float, f"time of {reply}")
        if "raw" not in case:
            self.assertEqual(reply.pop("id", None), case["title"])
        if "command" in case and reply["status"] != "error":
            self.check_keys(case["command"].lower(), reply)
        pattern = dict(case["reply"])
        if pattern["status"] == "error":
            pattern["tb"] = None
        if case.get("more"):
            pattern["..."] = "more"
        if case.get("until"):
            return until(lambda: mismatch(pattern, self.again(case), "reply", self.folder) is None, case["title"])
        self.assertIsNone(mismatch(pattern, reply, "reply", self.folder), reply)

    def again(self, case):
        reply = self.ask(case)
        return {key: value for key, value in reply.items() if key not in ("time", "id")}

    def replay(self, folder):
        count = 0
        for file in sorted(folder.glob("*.jsonl")):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                case = json.loads(line)
                count += 1
                if case.get("properties", {}).get("nostop"):  # the daemon's end signals them, and waits for none
                    for pid in self.d.pids(case["properties"]["name"]):
                        self.addCleanup(end, pid)
                with self.subTest(f"{file.name}:{number}: {case['title']}"):
                    self.check(case)
        self.assertEqual(self.d.wait_exit(), 0)
        return count

    def test_every_case(self):
        text = (CASES / "setup.ini").read_text().replace("CHILD", child()).replace("FOLDER", str(self.folder))
        self.d = self.daemon(sections_of(text))
        self.d.wait_active("shop", "single", "tree")
        self.lines(self.path("plain"), 1)
        self.assertGreater(self.replay(CASES), 150)
        self.assertGreater(sum(map(len, self.told.values())), 20)

    def test_every_request_that_circus_was_seen_to_answer(self):
        sections = sections_of((CASES / "circus" / "setup.ini").read_text().replace("PORT", str(free_port())))
        sections["circus"]["stats_endpoint"] = f"ipc://{self.folder}/stats"
        self.d = self.daemon(sections, root="circus")
        shutil.copy(CASES / "circus" / "wirehooks.py", self.folder)  # the configuration's folder is searched for modules
        self.d.wait_active("sleeper", "logged", "single", "tree", "webby", "circusd-stats")
        self.assertEqual(self.replay(CASES / "circus"), 180)


class Patterns(TroupeTest):
    """The runner would see a wrong reply."""

    def test_a_wrong_value_a_missing_key_and_one_too_many_are_found(self):
        good = {"status": "ok", "pids": [5, 6], "n": 1, "f": 1.5, "none": None, "in": {"7": {"a": True}}}
        pattern = {"status": "ok", "pids": "<pids 2>", "n": "<int>", "f": "<number>", "none": None,
                   "in": {"<pid>": {"a": "<bool>"}}}
        self.assertIsNone(mismatch(pattern, good, "", ""))
        for change in ({"status": "error"}, {"pids": [6, 5]}, {"pids": [5]}, {"n": True}, {"n": 1.5}, {"f": "1.5"},
                       {"none": 0}, {"in": {}}, {"in": {"x": {"a": True}}}, {"in": {"7": {"a": 1}}}, {"extra": 1}):
            with self.subTest(change):
                self.assertIsNotNone(mismatch(pattern, {**good, **change}, "", ""))
        for key in good:
            self.assertIsNotNone(mismatch(pattern, {k: v for k, v in good.items() if k != key}, "", ""))
        self.assertIsNone(mismatch("<~ two words>", "these two words here", "", ""))
        self.assertIsNotNone(mismatch("<~ two words>", "two other words", "", ""))


if __name__ == "__main__":
    main()
