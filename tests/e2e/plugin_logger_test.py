"""The logger plugin, by hand and as a watched process; it misses nothing, even killed (Must show 12)."""
import json
import os
import re
import signal
import subprocess

from troupe_harness import PATIENCE, TROUPE_PLUGIN, TroupeTest, child, command_line, main, until


class Logger(TroupeTest):
    def numbers(self, path):
        """The `seq` of every line of a logger's file, in its order."""
        found = []
        if path.exists():
            for line in path.read_text().splitlines():
                found += [int(number) for number in re.findall(r'(?:"seq":| seq=)(\d+)', line)[-1:]]
        return found

    def wait_complete(self, daemon, path):
        """Until the file has every event from its first one to the newest, each once."""
        last = daemon.last_seq()
        until(lambda: last in self.numbers(path), f"event {last} in {path.name}")
        numbers = self.numbers(path)
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        return numbers

    def test_by_hand_it_writes_every_event_until_it_is_stopped(self):
        daemon = self.daemon({"watcher:web": {"cmd": child()}})
        daemon.wait_active("web")
        path = self.path("by-hand.log")
        plugin = subprocess.Popen([TROUPE_PLUGIN, "--endpoint", daemon.endpoint, "--pubsub", daemon.pubsub,
                                   "--config", f"file:{path}", "logger"], env=daemon.environment,
                                  stdin=subprocess.DEVNULL)
        self.addCleanup(plugin.kill)
        def heard():
            daemon.call("incr", name="web", waiting=True)
            return self.numbers(path)
        until(heard, "the first event in the file")
        self.wait_complete(daemon, path)
        plugin.send_signal(signal.SIGTERM)
        self.assertEqual(plugin.wait(PATIENCE), 0)

    def test_from_the_file_it_is_a_watcher_that_is_watched(self):
        path = self.path("logger.log")
        daemon = self.daemon({"watcher:web": {"cmd": child()}, "plugin:logger": {"use": "logger", "file": path}})
        daemon.wait_active("web", "plugin:logger")
        self.assertEqual(daemon.call("list")["watchers"], ["plugin:logger", "web"])
        self.assertIn("plugin:logger", daemon.call("snapshot")["plugins"])
        pid = daemon.pids("plugin:logger")[0]
        self.assertEqual(os.readlink(f"/proc/{pid}/exe"), os.path.realpath(TROUPE_PLUGIN))
        until(lambda: self.numbers(path), "events in the file")
        self.wait_complete(daemon, path)

    def test_killed_it_comes_back_and_its_file_misses_nothing(self):
        self.check_misses_nothing("json")

    def test_a_file_for_people_misses_nothing_either(self):
        self.check_misses_nothing("text")

    def check_misses_nothing(self, written):
        path = self.path("logger.log")
        daemon = self.daemon({"watcher:web": {"cmd": child()},
                              "plugin:logger": {"use": "logger", "file": path, "format": written}})
        daemon.wait_active("web", "plugin:logger")
        until(lambda: self.numbers(path), "events in the file")
        for _ in range(5):
            mark = daemon.last_seq()
            os.kill(daemon.pids("plugin:logger")[0], signal.SIGKILL)
            for n in range(20):
                daemon.call("publish", topic="test.noise", data={"n": n})
            daemon.wait_for("watcher.plugin:logger.spawn", after=mark)
        daemon.call("publish", topic="test.end", data={})
        self.wait_complete(daemon, path)

    def test_a_stop_lets_it_finish_its_file(self):
        path = self.path("logger.log")
        daemon = self.daemon({"watcher:web": {"cmd": child()}, "plugin:logger": {"use": "logger", "file": path}})
        daemon.wait_active("web", "plugin:logger")
        until(lambda: self.numbers(path), "events in the file")
        daemon.call("stop", name="plugin:logger", waiting=True)
        reap = daemon.wait_for("watcher.plugin:logger.reap")
        self.assertEqual(reap.data["exit_code"], 0, "SIGTERM is an orderly stop")

    def with_many_workers(self):
        """A daemon with 100 workers and a logger that has heard of them; the logger's file."""
        path = self.path("logger.log")
        daemon = self.daemon({"watcher:web": {"cmd": child(), "numprocesses": 100},
                              "plugin:logger": {"use": "logger", "file": path}})
        daemon.wait_count("watcher.web.spawn", 100)
        daemon.wait_active("web", "plugin:logger")
        self.wait_complete(daemon, path)
        return daemon, path

    def check_heard_of_every_end(self, path):
        topics = [json.loads(line)["topic"] for line in path.read_text().splitlines()]
        self.assertEqual(topics.count("watcher.web.reap"), 100)
        self.assertEqual(topics.count("watcher.web.stop"), 1)
        numbers = self.numbers(path)
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_at_a_quit_it_hears_of_every_end(self):
        daemon, path = self.with_many_workers()
        daemon.call("quit")
        daemon.wait_exit()
        self.check_heard_of_every_end(path)

    def test_at_a_stop_and_sigterm_it_hears_of_every_end(self):
        daemon, path = self.with_many_workers()
        daemon.call("stop", name="web")
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_exit()
        self.check_heard_of_every_end(path)

    def test_its_configuration_may_hold_spaces_quotes_and_colons(self):
        path = self.path("a file: with 'quotes'.log")
        daemon = self.daemon({"watcher:web": {"cmd": child()}, "plugin:logger": {"use": "logger", "file": path}})
        daemon.wait_active("plugin:logger")
        until(lambda: self.numbers(path), "events in the file", timeout=PATIENCE)
        self.assertIn("quotes", command_line(daemon.pids("plugin:logger")[0]))

    def test_the_runner_lists_what_it_has_and_refuses_what_it_has_not(self):
        shown = subprocess.run([TROUPE_PLUGIN, "--list"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(shown.returncode, 0)
        self.assertIn("logger", shown.stdout)
        done = subprocess.run([TROUPE_PLUGIN, "--endpoint", "ipc:///x", "--pubsub", "ipc:///y", "loger"],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("loger", done.stderr)


if __name__ == "__main__":
    main()
