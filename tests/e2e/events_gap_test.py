"""Events can be trusted: none is lost unnoticed, and what a subscriber missed can be asked for (Must show 11)."""
import json
import os
import signal
import subprocess
import sys

import zmq

from troupe_harness import (BUILD, PATIENCE, SANITIZED, EventLog, TroupeTest, child, main, resident_kib, until)

MANY = 100 if SANITIZED else 1000
BURST = 2000 if SANITIZED else 20000

# A subscriber as a user would write it: it is stopped in the middle of a burst and fills what it missed.
FOLLOWER = r"""
import json, sys, zmq
control, events, last, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
context = zmq.Context()
sub = context.socket(zmq.SUB)
sub.setsockopt(zmq.RCVHWM, 100)
sub.subscribe(b"")
sub.connect(events)
ask = context.socket(zmq.DEALER)
ask.connect(control)
have, lost, asked = set(), 0, 0
def fill(upto):
    global asked
    since = min(set(range(1, upto + 2)) - have) - 1
    while since < upto:
        asked += 1
        ask.send_json({"command": "events", "properties": {"since": since, "limit": 1000}, "id": asked})
        reply = ask.recv_json()
        assert reply["status"] == "ok", reply
        have.update(event["seq"] for event in reply["events"])
        since = reply["next"]
print("ready", flush=True)
top = 0
while len(have) < last:
    topic, text = sub.recv_multipart()
    seq = json.loads(text)["seq"]
    if topic == b"arbiter.mark":
        if len(have) < seq:
            lost += seq - len(have)
            fill(seq)
    else:
        have.add(seq)
open(out, "w").write(json.dumps({"have": len(have), "highest": max(have), "missed": lost}))
"""


class Events(TroupeTest):
    def small(self):
        name = "child" if SANITIZED else "stamp"
        flags = ["--stamp"] if SANITIZED else []
        return child(*flags, self.path("stamps"), program=BUILD / "tests" / "support" / name)

    def publish(self, daemon, count, **data):
        for n in range(count):
            daemon.client.send("publish", {"topic": "test.burst", "data": {"n": n, **data}}, msg_type="cast")

    def test_a_thousand_workers_killed_at_once_are_all_reaped_and_replaced_with_no_number_missing(self):
        daemon = self.daemon({"watcher:web": {"cmd": self.small(), "numprocesses": MANY}})
        daemon.wait_count("watcher.web.spawn", MANY, timeout=3 * PATIENCE)
        until(lambda: len(daemon.pids("web")) == MANY, "all of them up")
        first = set(daemon.pids("web"))
        mark = daemon.last_seq()
        for pid in first:
            os.kill(pid, signal.SIGKILL)
        reaps = daemon.wait_count("watcher.web.reap", MANY, after=mark, timeout=3 * PATIENCE)
        spawns = daemon.wait_count("watcher.web.spawn", MANY, after=mark, timeout=3 * PATIENCE)
        self.assertEqual({e.data["process_pid"] for e in reaps}, first)
        self.assertEqual({e.data["exit_code"] for e in reaps}, {-signal.SIGKILL})
        self.assertEqual((len(reaps), len(spawns)), (MANY, MANY))
        numbers = [e.data["seq"] for e in daemon.events.all()]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.assertFalse({n for n in daemon.events.asked_for if n > mark}, "nothing had to be asked for")
        self.assertEqual(len({e.data["boot"] for e in daemon.events.all()}), 1)
        self.assertEqual(len(daemon.pids("web")), MANY)

    def test_who_joins_late_learns_the_number_from_a_mark_and_fills_up(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}})
        daemon.wait_active("web")
        self.publish(daemon, 50)
        last = until(lambda: daemon.last_seq() >= 50 and daemon.last_seq(), "fifty events")
        late = EventLog(daemon.pubsub, daemon.endpoint)
        late.start()
        mark = until(lambda: late.marks and late.marks[0], "a mark")
        self.assertEqual(mark.topic, "arbiter.mark")
        self.assertEqual(mark.data["seq"], last)
        reply = daemon.call("events", since=0)
        self.assertEqual(reply["boot"], mark.data["boot"])
        self.assertEqual([e["seq"] for e in reply["events"]], list(range(1, last + 1)))
        late.ending = True
        late.join()

    def test_the_end_of_a_burst_is_followed_by_one_mark_and_then_there_is_silence(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}})
        daemon.wait_active("web")
        self.publish(daemon, 20)
        last = until(lambda: daemon.last_seq() >= 20 and daemon.last_seq(), "twenty events")
        until(lambda: [m for m in daemon.events.marks if m.data["seq"] == last], "the mark")
        with daemon.events.changed:
            daemon.events.changed.wait(1)
        self.assertEqual(len([m for m in daemon.events.marks if m.data["seq"] == last]), 1)

    def test_a_subscriber_stopped_for_two_seconds_under_a_burst_has_everything_in_the_end(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}}, follow=False)
        daemon.wait_active("web")
        before, result = daemon.last_seq(), self.path("result")
        follower = subprocess.Popen([sys.executable, "-c", FOLLOWER, daemon.endpoint, daemon.pubsub,
                                     str(before + BURST), str(result)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.kill)
        self.assertEqual(follower.stdout.readline(), "ready\n")
        self.publish(daemon, BURST // 4)
        follower.send_signal(signal.SIGSTOP)
        self.publish(daemon, BURST - BURST // 4)
        until(lambda: daemon.last_seq() >= before + BURST, "the whole burst published", 3 * PATIENCE)
        follower.send_signal(signal.SIGCONT)
        self.assertEqual(follower.wait(3 * PATIENCE), 0)
        found = json.loads(result.read_text())
        self.assertEqual((found["have"], found["highest"]), (before + BURST, before + BURST))

    def test_events_that_the_ring_dropped_are_said_to_be_gone(self):
        daemon = self.daemon({"troupe": {"event_ring": 65536}, "watcher:web": {"cmd": child()}}, follow=False)
        until(lambda: daemon.call("snapshot")["seq"] >= 2, "spawn and start")  # so that nothing moves the ring later
        self.publish(daemon, 500, filling="x" * 1000)
        until(lambda: daemon.call("snapshot")["seq"] >= 502, "all published")
        reply = daemon.ask("events", since=0)
        self.assertEqual((reply["status"], reply["errno"]), ("error", 3))
        self.assertRegex(reply["reason"], r"^events 1\.\.\d+ are gone$")
        oldest = int(reply["reason"].split("..")[1].split()[0]) + 1
        kept = daemon.call("events", since=oldest - 1)
        self.assertEqual((kept["oldest"], kept["events"][0]["seq"]), (oldest, oldest))

    def test_events_come_in_pages_and_by_topic(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}, "watcher:other": {"cmd": child()}})
        daemon.wait_active("web", "other")
        self.publish(daemon, 30)
        until(lambda: daemon.last_seq() >= 30, "thirty events")
        page = daemon.call("events", since=0, limit=10)
        self.assertEqual([e["seq"] for e in page["events"]], list(range(1, 11)))
        self.assertEqual(page["next"], 10)
        only = daemon.call("events", since=0, topic="watcher.web.")
        self.assertTrue(only["events"])
        self.assertEqual({e["topic"].rpartition(".")[0] for e in only["events"]}, {"watcher.web"})
        self.assertEqual(daemon.call("events", since=page["last"])["events"], [])

    def test_a_limit_out_of_range_and_another_boot_are_errors(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}})
        for properties in ({"limit": 1001}, {"limit": 0}, {"limit": -1}, {"since": -1}, {"since": 0, "boot": "other"}):
            with self.subTest(properties):
                reply = daemon.ask("events", **properties)
                self.assertEqual((reply["status"], reply["errno"]), ("error", 3))

    def test_clients_publish_under_their_own_topics_only(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}})
        number = daemon.call("publish", topic="deploy.done", data={"version": "1.2", "time": "theirs"})["seq"]
        event = daemon.wait_for("deploy.done")
        self.assertEqual((event.data["seq"], event.data["version"]), (number, "1.2"))
        for topic in ("watcher.web.spawn", "arbiter.stopping", "arbiter.", "", "x" * 256, "a\nb", None, 5):
            with self.subTest(topic):
                self.assertEqual(daemon.ask("publish", topic=topic, data={})["status"], "error")
        self.assertEqual(daemon.ask("publish", topic="big", data={"x": "y" * (1 << 20)})["status"], "error")

    def test_a_snapshot_has_every_process_and_the_number_that_it_belongs_to(self):
        daemon = self.daemon({"watcher:Web": {"cmd": child(), "numprocesses": 2}, "watcher:idle": {"cmd": child(),
                              "autostart": False}})
        daemon.wait_active("web")
        snapshot = daemon.call("snapshot")
        self.assertEqual(snapshot["seq"], daemon.last_seq())
        self.assertEqual(set(snapshot["watchers"]), {"Web", "idle"})
        web = snapshot["watchers"]["Web"]
        self.assertEqual((web["state"], web["options"]["numprocesses"]), ("active", 2))
        self.assertEqual(sorted(p["pid"] for p in web["processes"]), sorted(daemon.pids("web")))
        self.assertEqual({p["wid"] for p in web["processes"]}, {1, 2})

    def test_a_prefix_subscription_gets_circus_frames(self):
        daemon = self.daemon({"watcher:web one": {"cmd": child()}})
        daemon.wait_active("web one")
        sub = zmq.Context.instance().socket(zmq.SUB)
        sub.subscribe(b"watcher.web_one.")
        sub.connect(daemon.pubsub)
        self.addCleanup(sub.close, 0)

        def heard():
            daemon.call("incr", name="web_one", waiting=True)
            return sub.poll(50)
        until(heard, "an event")
        frames = sub.recv_multipart()
        self.assertEqual(len(frames), 2)
        self.assertEqual(frames[0], b"watcher.web_one.spawn")
        data = json.loads(frames[1])
        self.assertLessEqual({"process_pid", "time", "seq", "boot"}, set(data))
        self.assertIsInstance(data["time"], float)

    def narrow_subscriber(self, daemon):
        """One that has joined, and keeps hardly anything that it does not read."""
        sub = zmq.Context.instance().socket(zmq.SUB)
        sub.setsockopt(zmq.RCVHWM, 1)
        sub.subscribe(b"")
        sub.connect(daemon.pubsub)
        self.addCleanup(sub.close, 0)
        self.assertTrue(sub.poll(PATIENCE * 1000), "the mark of a subscriber that has joined")
        return sub

    def test_a_reader_that_does_not_read_holds_up_nobody_and_gets_the_mark_when_he_has_read_all_there_is(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}}, follow=False)
        slow = self.narrow_subscriber(daemon)
        burst = BURST if SANITIZED else 110_000  # more than a queue takes
        self.publish(daemon, burst)
        self.assertEqual(daemon.call("numwatchers")["numwatchers"], 1)
        last, heard = daemon.call("snapshot")["seq"], 0
        while True:
            self.assertTrue(slow.poll(PATIENCE * 1000), "the mark")
            topic, text = slow.recv_multipart()
            if topic == b"arbiter.mark" and json.loads(text)["seq"] >= last:
                break
            heard += topic == b"test.burst"
        self.assertEqual(heard < burst, not SANITIZED, "the queue was full")

    def test_a_reader_that_does_not_read_large_events_costs_no_more_than_the_bound(self):
        daemon = self.daemon({"troupe": {"event_ring": "1M"}, "watcher:web": {"cmd": child()}}, follow=False)
        deaf = self.narrow_subscriber(daemon)
        data = {"x": "x" * 1_000_000}
        before = resident_kib(daemon.arbiter())
        replies = [daemon.ask("publish", topic="test.large", data=data) for _ in range(200)]
        refused = [reply for reply in replies if reply["status"] == "error"]
        self.assertGreater(len(refused), 100)
        self.assertIn("67108864", refused[0]["reason"])
        self.assertEqual(refused[0]["errno"], 5)
        if not SANITIZED:
            self.assertLess(resident_kib(daemon.arbiter()) - before, 110 * 1024)
        daemon.call("incr", name="web", waiting=True)
        deaf.close(0)
        until(lambda: daemon.ask("publish", topic="test.large", data=data)["status"] == "ok", "room again")


if __name__ == "__main__":
    main()
