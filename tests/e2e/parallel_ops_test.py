"""A slow watcher holds up nobody but itself, and no command is refused because another runs (Must show 7)."""
import json
import os
import signal
import time

from troupe_harness import PATIENCE, Client, TroupeTest, child, main, until


class Parallel(TroupeTest):
    def setUp(self):
        super().setUp()
        stamp = self.path("stamp")
        self.d = self.daemon({
            "watcher:slow": {"cmd": child("--ignore", "TERM", "--stamp", stamp), "graceful_timeout": 10},
            "watcher:a": {"cmd": child()}, "watcher:b": {"cmd": child(), "autostart": False}})
        self.lines(stamp, 1)
        self.slow = self.d.pids("slow")[0]

    def let_go(self):
        """Ends the slow stop, so that the test need not wait for it."""
        os.kill(self.slow, signal.SIGKILL)

    def test_while_one_watcher_stops_slowly_the_others_are_started_stopped_and_resized(self):
        mark = self.d.last_seq()
        self.d.call("stop", name="slow")
        begin = time.monotonic()
        replies = [
            self.d.call("start", name="b", waiting=True),
            self.d.call("incr", name="a", nb=2, waiting=True),
            self.d.call("decr", name="a", waiting=True),
            self.d.call("restart", name="a", waiting=True),
            self.d.call("set", name="b", options={"numprocesses": 2}, waiting=True),
            self.d.call("reload", name="b", waiting=True),
            self.d.call("stop", name="b", waiting=True),
            self.d.call("add", name="c", cmd=child(), start=True, waiting=True,
                        options={"env": {"TROUPE_TEST": str(self.folder)}}),
            self.d.call("rm", name="c", waiting=True),
        ]
        self.assertLess(time.monotonic() - begin, 8, "all of that is over before the slow one is")
        self.assertFalse(any("already running" in str(reply) for reply in replies))
        self.assertEqual(self.d.call("status", name="slow")["status"], "stopping")
        self.assertEqual(self.d.seen("watcher.slow.stop", after=mark), [])
        self.assertEqual(len(self.d.pids("a")), 2)
        self.let_go()
        self.d.wait_for("watcher.slow.stop", after=mark)

    def test_who_asks_for_stats_and_leaves_costs_the_others_nothing_but_their_turns(self):
        self.d.call("set", name="a", options={"numprocesses": 80}, waiting=True)
        for _ in range(20):
            leaves = Client(self.d.endpoint)
            leaves.send("stats", id="left")
            self.assertEqual(self.d.call("numwatchers")["numwatchers"], 3)  # it had arrived
            leaves.close()
        stays = [Client(self.d.endpoint) for _ in range(5)]
        for client in stays:
            client.send("stats", id="stays")
        infos = [json.loads(client.receive()[-1])["infos"] for client in stays]
        self.assertEqual({len(one["a"]) for one in infos}, {80})
        for client in stays:
            client.close()
        self.assertEqual(len(self.d.call("stats", name="a")["info"]), 80)

    def test_operations_on_the_same_watcher_queue_up_in_their_order(self):
        mark = self.d.last_seq()
        asker = Client(self.d.endpoint)
        for ident, (command, properties) in enumerate([("stop", {}), ("incr", {"nb": 2}), ("start", {}), ("decr", {})]):
            asker.send(command, {"name": "slow", "waiting": True, **properties}, id=ident)
        # Asked after them, answered before them.
        asker.send("status", {"name": "slow"}, id="meanwhile")
        first = json.loads(asker.receive()[0])
        self.assertEqual((first["id"], first["status"]), ("meanwhile", "stopping"))
        self.let_go()
        replies = [json.loads(asker.receive()[0]) for _ in range(4)]
        asker.close()
        self.assertEqual([reply["id"] for reply in replies], [0, 1, 2, 3])
        self.assertEqual({reply["status"] for reply in replies}, {"ok"}, replies)
        self.assertEqual((replies[1]["numprocesses"], replies[3]["numprocesses"]), (3, 2))
        self.d.wait_for("watcher.slow.start", after=mark)
        until(lambda: len(self.d.pids("slow")) == 2, "two processes")
        deaf = self.d.pids("slow")
        self.d.call("rm", name="slow", nostop=True)  # first: nobody replaces them
        for pid in deaf:
            os.kill(pid, signal.SIGKILL)

    def test_without_waiting_the_reply_comes_at_once(self):
        begin = time.monotonic()
        self.assertEqual(set(self.d.call("stop", name="slow")), {"status", "time", "id"})
        self.assertLess(time.monotonic() - begin, 5)
        self.let_go()

    def test_a_caller_that_waits_does_not_hold_up_another(self):
        waiting = Client(self.d.endpoint)
        waiting.send("stop", {"name": "slow", "waiting": True}, id="w")
        self.assertEqual(len(self.d.pids("a")), 1)
        self.assertIsNone(waiting.receive(0))
        self.let_go()
        self.assertIsNotNone(waiting.receive(PATIENCE))
        waiting.close()

    def test_quit_wins_over_operations_that_are_under_way_and_their_callers_are_answered(self):
        waiting = Client(self.d.endpoint)
        waiting.send("restart", {"name": "slow", "waiting": True}, id="w")
        self.d.wait_for("watcher.slow.kill")
        self.d.client.send("quit", {"waiting": True}, id="q")
        self.let_go()
        reply = waiting.receive(PATIENCE)
        self.assertIsNotNone(reply, "who waits for something that a quit cuts off is told so")
        self.assertEqual(json.loads(reply[0])["id"], "w")
        waiting.close()
        self.assertEqual(self.d.wait_exit(), 0)


if __name__ == "__main__":
    main()
