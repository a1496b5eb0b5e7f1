"""Where the output of processes goes: files, with all that happens to files, and what the commands show of it."""
import gzip
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import time

from troupe_harness import CHILD, NOBODY, SANITIZED, TroupeTest, child, main, need_root, until

WRITER = CHILD.parent / "writer"
FEW = 2000 if SANITIZED else 20000  # lines of one writer among many


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


if __name__ == "__main__":
    main()
