"""Replays tests/wire/cases/stats-rounds.json: what is published on the stats endpoint, message by message.
cases/README.md tells how it is read."""
import json
import pathlib
import re
import socket
import unittest

from troupe_harness import TroupeTest, child, free_port, main
from replay_test import mismatch, sections_of
from stats_stream import StatsStream

CASES = pathlib.Path(__file__).resolve().parent / "cases"
ROUNDS = json.loads((CASES / "stats-rounds.json").read_text())


def wrong_value(pattern, value, place):
    """As mismatch of the requests, with the kinds that only rounds have."""
    if isinstance(pattern, str) and pattern in ROUNDS:
        pattern = ROUNDS[pattern]
    if isinstance(pattern, dict) and isinstance(value, dict):
        if list(pattern) != list(value):
            return f"{place}: the keys are {list(value)}"
        return next(filter(None, (wrong_value(pattern[key], value[key], f"{place}.{key}") for key in pattern)), None)
    if pattern == "<double>":
        return None if isinstance(value, float) else f"{place}: {value!r} is no double"
    if pattern == "<hundred>":  # of looks in a second
        return None if isinstance(value, int) and 95 <= value <= 105 else f"{place}: {value!r} is not about 100"
    return mismatch(pattern, value, place, "")


def wrong_round(patterns, messages):
    """What is wrong with a round; None if nothing is."""
    if len(patterns) != len(messages):
        return f"{len(messages)} messages: {[topic for topic, _ in messages]}"
    for (topic, payload), (got_topic, got) in zip(patterns, messages):
        words = re.escape(topic).replace("<pid>", r"(\d+)").replace("<fd>", r"(\d+)")
        match = re.fullmatch(words, got_topic)
        if not match:
            return f"{got_topic}, expected {topic}"
        if match.groups() and int(match[1]) != got.get("subtopic"):
            return f"{got_topic} is about {got.get('subtopic')}"
        if wrong := wrong_value(payload, got, got_topic):
            return wrong
    return None


class Rounds(TroupeTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        text = (CASES / "stats.ini").read_text()
        for word, value in (("CHILD", child()), ("FOLDER", self.folder), ("PORT", self.port)):
            text = text.replace(word, str(value))
        self.stats = f"ipc://{self.folder}/stats"
        self.d = self.daemon({"circus": {"statsd": True, "stats_endpoint": self.stats}, **sections_of(text)},
                             root="circus")
        self.d.wait_active("busy one", "dotted.name", "pair", "circusd-stats")
        self.stream = StatsStream(self, self.stats)

    def patterns(self, title):
        text = json.dumps(ROUNDS[title]).replace("<folder>", str(self.folder)).replace("<port>", str(self.port))
        return json.loads(text)

    def test_a_round_is_what_circus_sends(self):
        for _ in range(2):
            messages = self.stream.round("stat.sockets")
            self.assertIsNone(wrong_round(self.patterns("a round"), messages))
        found = dict(messages)
        names = [data["name"] for topic, data in messages if re.fullmatch(r"stat\.circus\.\d+", topic)]
        self.assertEqual(names, ["circusd-stats", "circusd", "circusd-keeper"])
        self.assertEqual(found["stat.pair"]["pid"], self.d.pids("pair"))
        self.assertGreater(found["stat.busy one"]["cpu"], 1)
        self.assertEqual(found["stat.pair"]["cpu"], 0)
        self.assertEqual(found[f"stat.circus.{self.d.keeper}"]["name"], "circusd-keeper")
        self.assertEqual(found["stat.sockets"]["reads"], 0)

    def test_a_connection_that_nobody_accepts_counts_for_every_look_that_circus_would_take(self):
        self.stream.round("stat.sockets")
        waiting = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(5)]
        self.stream.round("stat.sockets")
        for _ in range(2):
            messages = [m for m in self.stream.round("stat.sockets") if m[0].startswith("stat.sockets")]
            title = "a round while connections wait that nobody accepts"
            self.assertIsNone(wrong_round(self.patterns(title), messages))
        for connection in waiting:
            connection.close()

    def test_a_round_after_changes_shows_them(self):
        self.stream.round("stat.sockets")
        self.d.call("stop", name="busy one", waiting=True)
        self.d.call("incr", name="pair", waiting=True)
        self.stream.until(lambda r: len(r["stat.pair"]["pid"]) == 3, "three in the pair", "stat.sockets")
        messages = [m for m in self.stream.round("stat.sockets")
                    if not m[0].startswith(("stat.circus", "stat.sockets"))]
        title = "a round after a stop of the busy one and one more of the pair"
        self.assertIsNone(wrong_round(self.patterns(title), messages))


class Patterns(unittest.TestCase):
    """The runner would see a wrong round."""

    def test_a_wrong_key_kind_order_or_topic_is_found(self):
        patterns = [["stat.a.<pid>", {"subtopic": "<pid>", "cpu": "<double>"}], ["stat.a", "<empty group>"]]
        good = [("stat.a.12", {"subtopic": 12, "cpu": 0.5}), ("stat.a", {"pid": [], "cpu": 0.0, "mem": 0, "age": "N/A"})]
        self.assertIsNone(wrong_round(patterns, good))
        for bad in (("stat.a.13", good[0][1]), ("stat.b.12", good[0][1]), ("stat.a.12", {"subtopic": 12, "cpu": 1}),
                    ("stat.a.12", {"cpu": 0.5, "subtopic": 12}), ("stat.a.12", {"subtopic": 12})):
            self.assertIsNotNone(wrong_round(patterns, [bad, good[1]]), bad)
        self.assertIsNotNone(wrong_round(patterns, good[:1]))


if __name__ == "__main__":
    main()
