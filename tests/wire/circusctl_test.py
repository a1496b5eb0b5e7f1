"""Replays tests/wire/cases/circusctl.txt: the same program, called as circusctl, against a running daemon.
cases/README.md tells how a case is read."""
import json
import pathlib
import re
import select
import subprocess
import unittest

from troupe_harness import PATIENCE, TROUPECTL, TroupeTest, child, free_port, main, until
from replay_test import sections_of

CASES = pathlib.Path(__file__).resolve().parent / "cases"
PLACES = {"pid": r"\d+", "size": r"\d+(?:B|\.\d\d[KMGT])", "number": r"[\d.]+", "text": ".*", "hex": "[0-9a-f]+",
          "user": r"\S+", "nice": r"-?\d+"}


class Case:
    def __init__(self, first):
        self.words, self.typed, self.environment = first, [], {}
        self.out, self.err, self.status, self.more = [], [], None, False

    def add(self, line):
        if line.startswith("< "):
            self.typed.append(line[2:])
        elif line.startswith("with: "):
            self.environment.update([line[6:].split("=", 1)])
        elif line.startswith("more: "):
            self.more = True
        elif line.startswith("! "):
            self.err.append(line[2:])
        elif match := re.fullmatch(r"\[(\d+)\]", line):
            self.status = int(match[1])
        elif not line.startswith("differs: "):
            self.out += [line, "<lines>"] if self.more else [line]


def cases_of(text):
    cases = []
    for line in text.splitlines():
        if line.startswith("$") and (not cases or cases[-1].status is not None):
            cases.append(Case(line[1:].strip()))
        elif cases and (cases[-1].status is None or line.startswith("differs: ")):
            cases[-1].add(line)
    return cases


def pattern(lines):
    """The lines as a regular expression; <lines> stands for any number of them."""
    out = ""
    for line in lines:
        if line == "<lines>":
            out += r"(?:.*\n)*?"
            continue
        parts = re.split("(<(?:%s)>)" % "|".join(PLACES), line)
        out += "".join(PLACES[part[1:-1]] if part[1:-1] in PLACES and part.startswith("<") else re.escape(part)
                       for part in parts) + r"\n"
    return out


class CircusCtl(TroupeTest):
    def setUp(self):
        super().setUp()
        self.program = self.path("circusctl")
        self.program.symlink_to(TROUPECTL)
        text = (CASES / "circusctl.ini").read_text().replace("CHILD", child()).replace("FOLDER", str(self.folder))
        text = text.replace("PORT", str(free_port()))
        self.d = self.daemon({"circus": {"check_delay": 1, "statsd": True, "stats_endpoint": f"ipc://{self.folder}/stats"},
                              **sections_of(text)}, root="circus")
        self.d.wait_active("sleeper", "logged", "single", "tree", "webby", "circusd-stats")
        self.lines(self.path("plain"), 1)

    def environment(self, **extra):
        return {**self.d.environment, "CIRCUSCTL_ENDPOINT": self.d.endpoint, "TROUPE_ENDPOINT": "ipc:///nonexistent/x",
                **extra}

    def fill(self, words):
        words = words.replace("{dead}", f"tcp://127.0.0.1:{free_port()}")
        return re.sub(r"\{pid of (\w+)\}", lambda match: str(self.d.pids(match[1])[0]), words)

    def run_case(self, case):
        return subprocess.run([str(self.program), *self.fill(case.words).split()], input="\n".join(case.typed + [""]) if
                              case.typed else "", capture_output=True, text=True, timeout=PATIENCE + 10,
                              env=self.environment(**case.environment), check=False)

    def test_every_case(self):
        cases = cases_of((CASES / "circusctl.txt").read_text())
        for case in cases:
            with self.subTest(case.words or str(case.typed)):
                done = self.run_case(case)
                for name, lines, got in (("output", case.out, done.stdout), ("errors", case.err, done.stderr)):
                    if not re.fullmatch(pattern(lines), got):
                        self.assertEqual(got.splitlines(), lines, name)
                self.assertEqual(done.returncode, case.status)
        self.assertGreater(len(cases), 80)

    def listen(self, *words):
        """A circusctl that listens, once it is known to hear."""
        running = subprocess.Popen([str(self.program), *words], stdout=subprocess.PIPE, bufsize=0,
                                   env=self.environment())
        self.addCleanup(running.stdout.close)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        def heard():
            self.d.call("publish", topic="probe", data={})
            return select.select([running.stdout], [], [], 0.01)[0]
        until(heard, "an event of the probe")
        return running

    def test_listen_prints_the_wanted_events_as_bytes_in_pythons_spelling(self):
        running = self.listen("--endpoint", self.d.pubsub, "listen", "watcher.single", "probe")
        self.d.call("restart", name="tree", waiting=True)
        pid = self.d.pids("single")[0]
        self.d.call("restart", name="single", waiting=True)
        lines = []
        while not lines or ".start'" not in lines[-1]:
            line = running.stdout.readline().decode()
            if not line.startswith("b'probe'"):
                lines.append(line)
        kinds = [re.match(r"b'watcher\.single\.(\w+)': b'\{", line)[1] for line in lines]
        self.assertEqual(kinds, ["kill", "reap", "stop", "spawn", "start"])
        payload = re.fullmatch(r"b'[^']*': b'(.*)'\n", lines[1])[1]
        self.assertTrue(payload.startswith(f'{{"process_pid": {pid}, '), payload)
        self.assertEqual(json.loads(payload)["exit_code"], -15)


class Patterns(unittest.TestCase):
    """The runner would see wrong text."""

    def test_a_wrong_line_one_too_many_and_a_missing_one_are_found(self):
        lines = ["web:", "<pid>: <size> 0.0", "<lines>", "end of <text>"]
        good = "web:\n12: 1.45M 0.0\nmore\nend of all\n"
        self.assertTrue(re.fullmatch(pattern(lines), good))
        for bad in (good.replace("12", "x"), good.replace("0.0", "0x0"), good + "more\n", good.replace("web:\n", ""),
                    good.replace("\nend", "\nend2")):
            self.assertFalse(re.fullmatch(pattern(lines), bad), bad)

    def test_every_case_says_what_it_expects(self):
        for case in cases_of((CASES / "circusctl.txt").read_text()):
            self.assertIsNotNone(case.status, case.words)


if __name__ == "__main__":
    main()
