"""Where the output of processes goes: files, with all that happens to files, and what the commands show of it."""
import gzip
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import unittest

from troupe_harness import CHILD, NOBODY, SANITIZED, TroupeTest, child, handles, main, need_root, process_state, until

WRITER = CHILD.parent / "writer"
FEW = 2000 if SANITIZED else 20000  # lines of one writer among few
MANY, EACH = 200, FEW // 10  # writers, and lines of each


def writer(*flags):
    return child(*flags, program=WRITER)


class Streams(TroupeTest):
    def watched(self, cmd, stream, name="web", start=True, **options):
        """A daemon with one watcher whose standard output has a stream of these options."""
        options = {"cmd": cmd, **options, **{f"stdout_stream.{key}": value for key, value in stream.items()}}
        self.d = self.daemon({f"watcher:{name}": {**options, **({} if start else {"autostart": False})}})
        return self.d

    def content(self, name):
        return self.path(name).read_bytes()

    def check_numbered(self, data, writers, count):
        """Every line once, in order for each writer, none cut."""
        last = {}
        lines = data.split(b"\n")
        self.assertEqual(lines.pop(), b"", "the end of the last line is missing")
        for line in lines:
            match = re.fullmatch(rb"(\S+) (\d+) (x*)", line)
            self.assertTrue(match and len(match[3]) == int(match[2]) % 60, f"a broken line: {line[:200]!r}")
            number = int(match[2])
            self.assertEqual(last.get(match[1], 0) + 1, number, f"writer {match[1]!r}")
            last[match[1]] = number
        self.assertEqual(set(last.values()), {count} if count else set(last.values()))
        self.assertEqual(len(last), writers)

    # Bytes.

    def test_output_goes_to_the_file_and_all_of_it_is_there_when_the_reap_is_told(self):
        self.watched(child("--lines", 3, "--after", 0), {"filename": self.path("log")}, respawn=False)
        self.d.wait_for("watcher.web.reap")
        self.assertEqual(self.content("log"), b"line 1\nline 2\nline 3\n")

    def test_bytes_are_written_as_they_are(self):
        blob = bytes(range(256)) * 3000
        self.path("blob").write_bytes(blob)
        self.watched(f"cat {self.path('blob')}", {"filename": self.path("log")}, respawn=False)
        self.d.wait_for("watcher.web.stop")
        self.assertEqual(self.content("log"), blob)

    def test_stdout_and_stderr_have_a_stream_each(self):
        self.d = self.daemon({"watcher:web": {
            "cmd": child("--lines", 2, "--errors", 2, "--after", 0), "respawn": False,
            "stdout_stream.class": "FileStream", "stdout_stream.filename": self.path("out"),
            "stderr_stream.class": "circus.stream.FileStream", "stderr_stream.filename": self.path("err")}})
        self.d.wait_for("watcher.web.stop")
        self.assertEqual((self.content("out"), self.content("err")), (b"line 1\nline 2\n", b"error 1\nerror 2\n"))

    def test_a_watcher_without_a_stream_writes_to_the_daemons_own(self):
        self.d = self.daemon({"watcher:web": {"cmd": child("--lines", 1, "--after", 0), "respawn": False}})
        self.d.wait_for("watcher.web.stop")
        self.assertIn("line 1\n", self.d.log())

    def test_close_child_stdout_wins_over_a_stream(self):
        self.watched(child("--lines", 1, "--after", 0), {"filename": self.path("log")}, respawn=False,
                     close_child_stdout=True)
        self.d.wait_for("watcher.web.stop")
        self.assertFalse(self.path("log").exists())

    def test_each_process_can_have_a_file_of_its_own(self):
        self.watched(child("--lines", 1), {"filename": str(self.path("log-")) + "$(circus.wid)"}, numprocesses=3)
        for wid in (1, 2, 3):
            self.assertEqual(self.lines(self.path(f"log-{wid}"), 1), ["line 1"])

    def test_a_process_begins_on_a_new_line_of_the_file(self):
        self.path("log").write_bytes(b"cut off")
        self.watched(child("--lines", 1, "--after", 0), {"filename": self.path("log")}, respawn=False)
        self.d.wait_for("watcher.web.stop")
        self.assertEqual(self.content("log"), b"cut off\nline 1\n")


    # Lines of many.

    def stamped(self):
        """PID → its last line, of writers that have ended."""
        stamps = self.path("stamps")
        return dict(map(int, line.split()) for line in stamps.read_text().splitlines())

    def check_all(self, data, least):
        """Like check_numbered, and each writer's last line is the one that it says it wrote."""
        writers = len(self.stamped())
        self.assertGreaterEqual(writers, least)
        self.check_numbered(data, writers, 0)
        last = {}
        for line in data.splitlines():
            pid, number, *_ = line.split(b" ")
            last[int(pid)] = int(number)
        self.assertEqual(last, self.stamped())

    def test_many_writers_in_one_file_mix_no_lines(self):
        self.watched(writer(EACH, self.path("stamps")), {"filename": self.path("log")}, numprocesses=MANY, respawn=False)
        self.d.wait_for("watcher.web.stop", timeout=120)
        self.check_all(self.content("log"), MANY)

    def test_many_writers_with_a_file_each_lose_no_lines(self):
        self.watched(writer(EACH, self.path("stamps")), {"filename": str(self.path("log-")) + "$(circus.wid)"},
                     numprocesses=MANY, respawn=False)
        self.d.wait_for("watcher.web.stop", timeout=120)
        files = list(self.folder.glob("log-*"))  # a writer that has ended leaves its wid and file to a later one
        self.assertGreater(len(files), 20)
        self.check_all(b"".join(path.read_bytes() for path in files), MANY)

    def rotated(self, name):
        """The content of a log and of the files it was rotated to, oldest first."""
        def number(path):
            return int(path.name.removeprefix(name + ".").removesuffix(".gz"))
        old = sorted(self.folder.glob(name + ".*"), key=number, reverse=True)
        data = b""
        for path in old:
            part = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
            self.assertEqual(part[-1:], b"\n", f"{path.name} ends in a line")
            data += part
        return data + self.content(name)

    def test_rotation_by_size_cuts_no_line_and_loses_none(self):
        self.watched(writer(EACH, self.path("stamps")),
                     {"filename": self.path("log"), "max_bytes": 100000, "backup_count": 10000}, numprocesses=MANY,
                     respawn=False)
        self.d.wait_for("watcher.web.stop", timeout=120)
        self.check_all(self.rotated("log"), MANY)
        sizes = [path.stat().st_size for path in self.folder.glob("log*")]
        self.assertGreater(len(sizes), 10 if not SANITIZED else 2)
        self.assertLess(max(sizes), 100000)

    def test_only_backup_count_rotated_files_are_kept(self):
        self.watched(writer(FEW), {"filename": self.path("log"), "max_bytes": 10000, "backup_count": 3}, respawn=False)
        self.d.wait_for("watcher.web.stop")
        self.assertEqual({path.name for path in self.folder.glob("log*")}, {"log", "log.1", "log.2", "log.3"})

    def test_without_backup_count_the_file_begins_anew(self):
        self.watched(writer(FEW), {"filename": self.path("log"), "max_bytes": 10000}, respawn=False)
        self.d.wait_for("watcher.web.stop")
        self.assertEqual([path.name for path in self.folder.glob("log*")], ["log"])
        self.assertLess(self.path("log").stat().st_size, 10000)

    def test_rotated_files_are_compressed(self):
        self.watched(writer(FEW, self.path("stamps")), {"filename": self.path("log"), "max_bytes": 200000,
                                                        "backup_count": 1000, "gzip": True}, respawn=False)
        self.d.wait_for("watcher.web.stop")
        until(lambda: all(path.suffix == ".gz" for path in self.folder.glob("log.*")), "all are compressed")
        self.check_all(self.rotated("log"), 1)

    def test_rotation_by_time_makes_files_named_by_it(self):
        self.watched(writer(1000, self.path("stamps")), {
            "class": "TimedRotatingFileStream", "filename": self.path("log"), "rotate_when": "s", "backup_count": 100},
            restart_delay=0.1)
        until(lambda: len(list(self.folder.glob("log.*"))) >= 2, "two rotated files")
        self.d.call("stop", name="web", waiting=True)
        old = sorted(self.folder.glob("log.*"))
        for path in old:
            self.assertRegex(path.name, r"log\.\d{14}$")
        self.check_all(b"".join(path.read_bytes() for path in old) + self.content("log"), 1)

    def test_rotation_by_time_does_not_begin_anew_with_each_process(self):
        self.watched(writer(1000, self.path("stamps")), {
            "class": "TimedRotatingFileStream", "filename": self.path("log"), "rotate_when": "s", "rotate_interval": 2,
            "backup_count": 100}, restart_delay=0.1)
        until(lambda: list(self.folder.glob("log.*")), "a rotated file")
        self.d.call("stop", name="web", waiting=True)
        self.check_all(b"".join(path.read_bytes() for path in sorted(self.folder.glob("log.*"))) + self.content("log"), 3)

    def test_set_of_an_option_counts_for_the_file_that_is_open(self):
        self.watched(writer(0), {"filename": self.path("log")}, numprocesses=2)
        self.d.wait_active("web")
        pids = self.d.pids("web")
        until(lambda: self.path("log").exists() and self.path("log").stat().st_size > 0, "the first lines")
        self.d.call("set", name="web", waiting=True,
                    options={"stdout_stream.max_bytes": 1000000, "stdout_stream.backup_count": 3})
        until(self.path("log.2").exists, "two rotations")
        self.d.call("set", name="web", waiting=True,
                    options={"stdout_stream.class": "TimedRotatingFileStream", "stdout_stream.rotate_when": "S"})
        until(lambda: list(self.folder.glob("log.20*")), "a rotation by time")
        self.d.call("set", name="web", waiting=True, options={"stdout_stream.filename": str(self.path("other"))})
        until(lambda: self.path("other").exists() and self.path("other").stat().st_size > 0, "lines in the other file")
        self.assertEqual(self.d.pids("web"), pids)

    def test_set_of_a_stream_that_was_not_there_replaces_the_processes(self):
        self.d = self.daemon({"watcher:web": {"cmd": child("--lines", 1)}})
        self.d.wait_active("web")
        pids = self.d.pids("web")
        self.d.call("set", name="web", waiting=True, options={"stdout_stream.filename": str(self.path("log"))})
        self.assertEqual(self.lines(self.path("log"), 1), ["line 1"])
        self.assertNotEqual(self.d.pids("web"), pids)

    def test_set_and_reloadconfig_lose_no_line_of_a_process_whose_file_becomes_another(self):
        self.watched(writer(0, self.path("stamps"), 100), {"filename": self.path("log0")})
        self.d.wait_active("web")
        pids = self.d.pids("web")
        for number in range(1, 4):
            until(lambda: self.path(f"log{number - 1}").exists() and self.path(f"log{number - 1}").stat().st_size > 0,
                  "lines")
            if number % 2:
                self.d.call("set", name="web", waiting=True,
                            options={"stdout_stream.filename": str(self.path(f"log{number}"))})
            else:
                self.d.file.write_text(self.d.file.read_text().replace(f"log{number - 2}\n", f"log{number}\n"))
                self.d.call("reloadconfig", waiting=True)
        until(lambda: self.path("log3").exists() and self.path("log3").stat().st_size > 0, "lines in the last file")
        self.assertEqual(self.d.pids("web"), pids)
        self.d.call("stop", name="web", waiting=True)
        for number in range(4):
            self.assertTrue(self.content(f"log{number}").endswith(b"\n"), number)
        self.check_all(b"".join(self.content(f"log{number}") for number in range(4)), 1)

    def test_reloadconfig_of_an_option_counts_for_a_file_that_others_have_open(self):
        sections = {f"watcher:{name}": {"cmd": writer(0), "stdout_stream.filename": self.path("log")}
                    for name in ("one", "two")}
        self.d = self.daemon(sections)
        self.d.wait_active("one", "two")
        until(lambda: self.path("log").exists() and self.path("log").stat().st_size > 0, "the first lines")
        others = self.d.pids("two")
        sections["watcher:one"].update({"stdout_stream.max_bytes": "1M", "stdout_stream.backup_count": 2,
                                        "use_sockets": True})  # which needs new processes
        self.d.file.write_text(self.d.complete(sections, "troupe"))
        self.d.call("reloadconfig", waiting=True)
        until(self.path("log.2").exists, "two rotations")
        self.assertEqual(self.d.pids("two"), others)

    # The life of processes.

    def test_restart_and_reload_lose_no_line(self):
        self.watched(writer(0, self.path("stamps")), {"filename": self.path("log")}, numprocesses=4)
        self.d.wait_active("web")
        for verb, more in ("restart", {}), ("reload", {}), ("reload", {"sequential": True}), ("stop", {}):
            until(lambda: all(handles(pid, signal.SIGTERM) for pid in self.d.pids("web")), "the handlers in place")
            self.d.call(verb, name="web", waiting=True, **more)
        self.check_all(self.content("log"), 16)

    def test_a_stop_is_not_held_up_by_a_descendant_that_keeps_the_pipe(self):
        self.watched(child("--lines", 1, "--setsid", self.path("pids")), {"filename": self.path("log")})
        self.lines(self.path("pids"), 1)
        self.d.call("stop", name="web", waiting=True)
        self.assertEqual(self.content("log"), b"line 1\n")
        os.kill(int(self.content("pids")), signal.SIGKILL)

    def test_what_is_in_the_pipes_is_written_when_the_daemon_ends(self):
        self.watched(writer(0, self.path("stamps")), {"filename": self.path("log")}, numprocesses=3)
        until(lambda: self.path("log").exists() and self.path("log").stat().st_size > 0, "the first lines")
        self.d.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.d.wait_exit(), 0)
        self.check_all(self.content("log"), 1)  # some may have been stopped before they had a handler

    # What others do with the files.

    def test_a_file_that_was_renamed_is_opened_anew(self):
        for kind in ("FileStream", "WatchedFileStream"):
            for processes in (1, 3):
                with self.subTest(kind=kind, processes=processes):
                    log, stamps = self.path(f"{kind}{processes}"), self.path("stamps")
                    stamps.unlink(missing_ok=True)
                    self.watched(writer(0, stamps), {"class": kind, "filename": log}, numprocesses=processes)
                    for number in range(5):
                        until(lambda: log.exists() and log.stat().st_size > 1000000, "a megabyte")
                        log.rename(f"{log}.{number}")
                    until(log.exists, "the new file")
                    self.d.call("stop", name="web", waiting=True)
                    data = b""
                    for number in range(5):
                        part = pathlib.Path(f"{log}.{number}").read_bytes()
                        self.assertEqual(part[-1:], b"\n", "the old file ends in a line")
                        data += part
                    self.check_all(data + log.read_bytes(), 1)
                    self.d.call("quit")
                    self.d.wait_exit()

    def test_a_file_that_was_truncated_goes_on_at_its_end(self):
        for processes in (1, 3):
            with self.subTest(processes=processes):
                log, stamps = self.path(f"log{processes}"), self.path("stamps")
                stamps.unlink(missing_ok=True)
                self.watched(writer(0, stamps), {"filename": log}, numprocesses=processes)
                data = b""
                for _ in range(3):
                    until(lambda: log.exists() and log.stat().st_size > 1000000, "a megabyte")
                    pids = self.d.pids("web")
                    for pid in pids:
                        os.kill(pid, signal.SIGSTOP)
                    until(lambda: all(process_state(pid) == "T" for pid in pids), "all of them stand still")
                    self.settled(log)
                    data += log.read_bytes()  # copytruncate
                    os.truncate(log, 0)
                    for pid in pids:
                        os.kill(pid, signal.SIGCONT)
                until(lambda: log.stat().st_size > 1000, "more lines")
                self.d.call("stop", name="web", waiting=True)
                self.check_all(data + log.read_bytes(), 1)
                self.d.call("quit")
                self.d.wait_exit()

    def settled(self, log):
        """Until the daemon has written what is in the pipes of stopped writers: commands are answered after it."""
        last = -1
        while last != log.stat().st_size:
            last = log.stat().st_size
            for _ in range(20):
                self.d.call("numwatchers")

    def test_a_file_that_was_removed_is_made_anew(self):
        self.watched(writer(0), {"filename": self.path("log")})
        for _ in range(3):
            until(lambda: self.path("log").exists() and self.path("log").stat().st_size > 0, "the file")
            self.path("log").unlink()
        until(self.path("log").exists, "the file")

    # Files that cannot be written.

    def test_a_full_disk_is_an_event_and_a_line_and_the_process_goes_on(self):
        self.watched(writer(0, self.path("stamps")), {"filename": "/dev/full"})
        event = self.d.wait_for("watcher.web.stream_error")
        self.assertEqual((event.data["stream"], event.data["target"], event.data["errno"]), ("stdout", "/dev/full", 28))
        self.assertEqual(event.data["error"], "write /dev/full: No space left on device")
        # After 10 s of waiting what it writes is thrown away: it can be stopped by its own handler then.
        until(lambda: self.d.call("logs", name="web", limit=1)["lines"], "lines in the tail")
        first = self.d.call("logs", name="web", limit=1)["next"]
        until(lambda: self.d.call("logs", name="web", limit=1)["next"] > first + 20000, "it writes on", timeout=60)
        self.d.call("stop", name="web", waiting=True)
        self.assertEqual(len(self.stamped()), 1)
        self.assertEqual(len(self.d.seen("watcher.web.stream_error")), 1)
        self.assertEqual(self.d.log().count("No space left on device"), 1)

    def test_a_folder_that_comes_later_ends_the_outage_and_nothing_is_lost(self):
        self.watched(writer(FEW, self.path("stamps")), {"filename": self.path("logs") / "log"}, respawn=False)
        event = self.d.wait_for("watcher.web.stream_error")
        self.assertEqual(event.data["error"], f"open {self.path('logs')}/log: No such file or directory")
        self.path("logs").mkdir()
        over = self.d.wait_for("watcher.web.stream_recovered")
        self.assertEqual((over.data["dropped"], over.data["stream"]), (0, "stdout"))
        # A death is not held back by output that waits, and what has waited is written a piece a turn.
        until(lambda: self.content("logs/log").count(b"\n") >= FEW, "the last line")
        self.d.wait_for("watcher.web.stop")
        self.check_all(self.content("logs/log"), 1)

    @need_root
    def test_a_folder_without_permission_is_told(self):
        self.path("closed").mkdir()
        self.path("closed").chmod(0o500)
        os.chown(self.path("closed"), 0, 0)
        self.d = self.daemon({"watcher:web": {"cmd": child("--lines", 1), "stdout_stream.filename":
                                              self.path("closed") / "log"}}, user=NOBODY)
        event = self.d.wait_for("watcher.web.stream_error")
        self.assertEqual(event.data["error"], f"open {self.path('closed')}/log: Permission denied")
        self.d.wait_active("web")

    # Streams that change lines.

    def test_time_format_stands_before_whole_lines(self):
        self.watched(writer(100, "-", 7), {"filename": self.path("log"), "time_format": "%Y-%m-%d"}, respawn=False)
        self.d.wait_for("watcher.web.stop")
        day = time.strftime("%Y-%m-%d").encode()
        lines = self.content("log").splitlines()
        self.assertEqual(len(lines), 100)
        for line in lines:
            self.assertRegex(line, rb"^" + day + rb" \[(\d+)\] \| \1 \d+ x*$")

    def test_json_has_one_object_for_each_line(self):
        self.watched(child("--lines", 3, "--after", 0), {"class": "JsonStream", "filename": self.path("log")},
                     respawn=False)
        pid = self.d.wait_for("watcher.web.reap").data["process_pid"]
        objects = [json.loads(line) for line in self.content("log").splitlines()]
        for entry in objects:
            self.assertLess(abs(entry.pop("time") - time.time()), 60)
        self.assertEqual(objects, [{"watcher": "web", "wid": 1, "pid": pid, "stream": "stdout", "message": f"line {n}"}
                                   for n in (1, 2, 3)])

    def test_stdout_streams_write_to_the_daemons_own(self):
        self.d = self.daemon({
            "watcher:plain": {"cmd": child("--lines", 2, "--after", 0), "respawn": False,
                              "stdout_stream.class": "StdoutStream"},
            "watcher:fancy": {"cmd": child("--errors", 2, "--after", 0), "respawn": False,
                              "stderr_stream.class": "FancyStdoutStream", "stderr_stream.color": "yellow",
                              "stderr_stream.time_format": "%Y"}})
        pid = self.d.wait_for("watcher.fancy.reap").data["process_pid"]
        self.d.wait_for("watcher.plain.reap")
        lines = self.d.log().splitlines()  # lines of several writers may stand in turns
        self.assertEqual([line for line in lines if line.startswith("line")], ["line 1", "line 2"])
        year = time.strftime("%Y")
        self.assertEqual([line for line in lines if "error" in line],
                         [f"\x1b[0;33;40m{year} [{pid}] | error {n}\x1b[0m" for n in (1, 2)])

    @need_root
    @unittest.skipIf(os.path.lexists("/dev/log"), "there is a syslog here")
    def test_syslog_gets_a_message_for_each_line(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            try:
                log.bind("/dev/log")
            except OSError as taken:  # meanwhile, perhaps by another run of these tests
                self.skipTest(f"/dev/log: {taken}")
            self.addCleanup(os.unlink, "/dev/log")
            log.settimeout(20)
            self.watched(child("--lines", 2, "--after", 0), {"class": "SyslogStream", "facility": "local0",
                                                             "tag": "hello"}, respawn=False)
            for number in (1, 2):
                message = next(m for m in iter(lambda: log.recv(4096), b"") if b" hello[" in m)
                self.assertRegex(message, rb"^<134>\w{3} [ \d]\d \d\d:\d\d:\d\d hello\[\d+\]: line %d$" % number)

    # Options.

    def test_wrong_options_are_told_with_file_and_line(self):
        for option, value, reason in (
                ("class", "FileSteam", "did you mean FileStream?"),
                ("class", "QueueStream", "QueueStream"),
                ("class", "my.module.Stream", "my.module.Stream"),
                ("max_bites", "5", "did you mean max_bytes?"),
                ("backup_count", "many", "backup_count"),
                ("time_format", "\nstdout_stream.class = TimedRotatingFileStream\nstdout_stream.rotate_when = noon",
                 "rotate_when: 'noon'")):
            with self.subTest(option=option, value=value):
                self.path("bad.ini").write_text(f"[troupe]\n[watcher:web]\ncmd = sleep 1\n"
                                                f"stdout_stream.filename = /tmp/x\nstdout_stream.{option} = {value}\n")
                done = subprocess.run([CHILD.parents[2] / "daemon" / "trouped", "--check", self.path("bad.ini")],
                                      capture_output=True, text=True, check=False)
                self.assertNotEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertRegex(done.stdout + done.stderr, r"bad\.ini:[57]: error")
                self.assertIn(reason, done.stdout + done.stderr)

    # The tail.

    def test_logs_shows_the_last_lines_and_what_comes_after(self):
        self.watched(child("--lines", 5, "--errors", 2), {"filename": self.path("log")},
                     **{"stderr_stream.filename": self.path("log")})
        until(lambda: len(self.d.call("logs", name="web")["lines"]) == 7, "seven lines")
        reply = self.d.call("logs", name="web", stream="stdout", limit=2)
        self.assertEqual([line["message"] for line in reply["lines"]], ["line 4", "line 5"])
        self.assertEqual({(line["wid"], line["stream"]) for line in reply["lines"]}, {(1, "stdout")})
        after = self.d.call("logs", name="web", since=reply["lines"][0] and reply["next"])
        self.assertEqual(after["lines"], [])
        self.assertEqual([line["message"] for line in self.d.call("logs", name="web/1", stream="stderr")["lines"]],
                         ["error 1", "error 2"])
        self.assertEqual(self.d.ask("logs", name="web/2")["lines"], [])
        self.assertEqual(self.d.ask("logs", name="nope/2")["errno"], 3)

    def test_logs_that_wait_are_answered_by_the_next_line(self):
        self.watched(child("--lines", 1), {"filename": self.path("log")}, start=False)
        self.d.client.send("logs", {"name": "web", "waiting": True}, id="wait")
        self.d.client.send("start", {"name": "web"}, id="start")
        replies = {}
        while "wait" not in replies:
            reply = json.loads(self.d.client.receive()[-1])
            replies[reply["id"]] = reply
        self.assertEqual([line["message"] for line in replies["wait"]["lines"]], ["line 1"])

    def test_logs_that_wait_are_answered_when_their_patience_is_over(self):
        self.watched(child(), {"filename": self.path("log")})
        reply = self.d.call("logs", name="web", since=0, waiting=True, patience=0.05)
        self.assertEqual(reply["lines"], [])

    def test_the_last_words_of_a_dead_process_are_kept(self):
        self.watched(f"printf 'no end'", {"filename": self.path("log")}, respawn=False)
        self.d.wait_for("watcher.web.stop")
        self.assertEqual([line["message"] for line in self.d.call("logs", name="web")["lines"]], ["no end"])

    def test_a_watcher_without_a_stream_has_no_logs(self):
        self.d = self.daemon({"watcher:web": {"cmd": child()}})
        reply = self.d.ask("logs", name="web")
        self.assertIn("has no stdout_stream or stderr_stream", reply["reason"])

    def test_troupectl_shows_and_follows_logs(self):
        self.watched(child("--lines", 3), {"filename": self.path("log")})
        self.lines(self.path("log"), 3)
        done = self.d.ctl_text("logs", "-n", 2, "web/1")
        self.assertEqual((done.stdout, done.stderr), ("line 2\nline 3\n", ""))
        with subprocess.Popen([str(CHILD.parents[2] / "ctl" / "troupectl"), "--endpoint", self.d.endpoint, "logs", "-f",
                               "-n", "1", "web"], stdout=subprocess.PIPE, text=True) as follower:
            self.assertEqual(follower.stdout.readline(), "line 3\n")
            self.d.call("restart", name="web", waiting=True)
            self.assertEqual([follower.stdout.readline() for _ in range(3)], ["line 1\n", "line 2\n", "line 3\n"])
            follower.send_signal(signal.SIGINT)
            self.assertEqual(follower.wait(20), 0)


if __name__ == "__main__":
    main()
