"""`trouped --check`: everything that is wrong, at once, with file and line (Must show 9)."""
import json
import os
import re
import subprocess

from troupe_harness import TROUPE_PLUGIN, TROUPECTL, TROUPED, TroupeTest, child, main, need_root

MISTAKES = """\
[troupe]
endpont = ipc:///tmp/x
umask = 999

[watchr:x]
cmd = /bin/true

[watcher:a]
cmd = /bin/true
numprocesses = many
respawn = perhaps

[watcher:b]
cmd = /bin/echo 'open
stop_signal = NOPE

[watcher:c]
cmd = /bin/true
graceful_timeout = soon
rlimit_nope = 1

[watcher:d]
numprocesses = 2

[watcher:e]
cmd = /bin/true
singleton = true
numprocesses = 2
"""
LINES = {2, 3, 5, 10, 11, 14, 15, 19, 20}  # and one each for [watcher:d] and the pair in [watcher:e]


class Check(TroupeTest):
    def check(self, text, *options, name="bad.ini"):
        file = self.path(name)
        file.write_text(text)
        return subprocess.run([TROUPED, *options, "--check", file], capture_output=True, text=True, timeout=60,
                              check=False)

    def findings(self, done, name="bad.ini"):
        return re.findall(rf"(?m)^\S*{re.escape(name)}:(\d+): (.+)$", done.stdout + done.stderr)

    def test_eleven_mistakes_are_eleven_lines_with_file_and_line(self):
        done = self.check(MISTAKES)
        self.assertEqual(done.returncode, 1)
        found = self.findings(done)
        self.assertEqual(len(found), 11, done.stdout + done.stderr)
        lines = [int(line) for line, _ in found]
        self.assertLessEqual(LINES, set(lines))
        self.assertTrue(set(lines) - LINES <= {22, 23, 25, 26, 27, 28}, lines)

    def test_a_near_word_is_suggested(self):
        messages = dict(self.findings(self.check(MISTAKES)))
        self.assertIn("endpoint", messages["2"])
        self.assertIn("watcher", messages["5"])

    def test_a_good_file_is_exit_0_and_starts_nothing(self):
        stamp = self.path("stamp")
        done = self.check(f"[troupe]\nrun_dir = {self.folder}/run\n[watcher:web]\ncmd = {child('--stamp', stamp)}\n")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertFalse(stamp.exists())
        self.assertFalse((self.folder / "run").exists())

    def test_a_bad_file_does_not_start_the_daemon_and_says_the_same(self):
        daemon = self.daemon(MISTAKES, keep_text=True, ready=False, follow=False, expect_exit=1)
        self.assertEqual(daemon.wait_exit(), 1)
        self.assertEqual(len(re.findall(rf"{re.escape(daemon.file.name)}:\d+: ", daemon.log())), 11)

    def test_a_missing_file_is_named(self):
        done = subprocess.run([TROUPED, "--check", self.path("nofile.ini")], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nofile.ini", done.stdout + done.stderr)

    def test_a_cmd_of_64_kib_is_fine(self):
        done = self.check(f"[troupe]\n[watcher:web]\ncmd = /bin/true {'x;' * 32768}\n")
        self.assertEqual(done.returncode, 0, (done.stdout + done.stderr)[:500])

    def test_a_mistake_in_an_included_file_has_that_files_name_and_line(self):
        self.path("more.ini").write_text("[watcher:x]\ncmd = /bin/true\nnumprocesses = many\n")
        done = self.check("[troupe]\ninclude = more.ini\n")
        self.assertEqual(done.returncode, 1)
        self.assertEqual([line for line, _ in self.findings(done, "more.ini")], ["3"])

    def test_an_include_that_is_not_there_is_said(self):
        done = self.check("[troupe]\ninclude = nothing.ini\n[watcher:x]\ncmd = /bin/true\n")
        self.assertIn("nothing.ini", done.stdout + done.stderr)

    def test_two_sections_with_the_same_name_are_one_and_the_first_value_wins(self):
        done = self.check("[troupe]\n[watcher:x]\ncmd = /bin/true\n[watcher:x]\nnumprocesses = 3\ncmd = /bin/false\n")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_under_circus_an_unknown_key_is_a_warning_and_with_strict_an_error(self):
        text = "[circus]\nnonsense = 1\n[watcher:x]\ncmd = /bin/true\n"
        relaxed = self.check(text)
        self.assertEqual(relaxed.returncode, 0)
        self.assertEqual([line for line, _ in self.findings(relaxed)], ["2"])
        strict = self.check(text, "--strict")
        self.assertEqual(strict.returncode, 1)

    def test_a_key_of_a_watcher_that_is_nearly_a_known_one_is_warned_about(self):
        done = self.check("[troupe]\n[watcher:x]\ncmd = /bin/true\nnumproceses = 3\n")
        self.assertIn("numprocesses", done.stdout + done.stderr)
        self.assertEqual(done.returncode, 0)

    def test_text_before_the_first_section_is_an_error_with_its_line(self):
        done = self.check("; fine\nnot fine\n[troupe]\n")
        self.assertEqual(done.returncode, 1)
        self.assertEqual([line for line, _ in self.findings(done)], ["2"])

    def test_a_file_without_a_root_section_is_an_error_that_says_what_is_missing(self):
        done = self.check("[watcher:x]\ncmd = /bin/true\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("[troupe]", done.stdout + done.stderr)

    def test_a_plugin_an_option_of_it_and_a_user_that_are_not_there_are_lines_with_the_nearest_word(self):
        text = ("[troupe]\n[watcher:x]\ncmd = /bin/true\nuid = nosuchuser\ngid = nosuchgroup\n"
                "[plugin:a]\nuse = loger\n[plugin:b]\nuse = logger\nfiel = x\n[plugin:c]\nuse = ./none.so\n")
        done = self.check(text)
        self.assertEqual(done.returncode, 1)
        found = dict(self.findings(done))
        self.assertEqual(sorted(map(int, found)), [4, 5, 7, 10, 12])
        self.assertIn("no user named nosuchuser", found["4"])
        self.assertIn("no group named nosuchgroup", found["5"])
        self.assertIn("did you mean logger?", found["7"])
        self.assertIn("did you mean file?", found["10"])

    def test_a_configuration_from_a_pipe_is_waited_for(self):
        read, write = os.pipe()
        checking = subprocess.Popen([TROUPED, "--check", f"/dev/fd/{read}"], pass_fds=[read], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.close(read)
        # It waits in poll, or has not come to it yet: both are to be well.
        os.write(write, b"[troupe]\n[watcher:x]\ncmd = /bin/true\n")
        os.close(write)
        said, _ = checking.communicate(timeout=60)
        self.assertEqual(checking.returncode, 0, said)

    def test_dump_prints_the_configuration_in_effect_as_json(self):
        done = self.check("[circus]\nnonsense = 1\n[env]\nTOKEN = s3cret\n[watcher:web]\ncmd = /bin/true\n"
                          "numprocesses = 2\n[plugin:log]\nuse = logger\nfile = x\n", "--dump")
        self.assertEqual(done.returncode, 0, done.stderr)
        whole = json.loads(done.stdout)
        self.assertEqual(whole["circus"]["endpoint"], "tcp://127.0.0.1:5555")
        web = whole["watchers"]["web"]
        self.assertEqual((web["cmd"], web["numprocesses"], web["graceful_timeout"]), ("/bin/true", 2, 30.0))
        self.assertEqual(web["env"], {"TOKEN": "***"})
        self.assertEqual(whole["plugins"]["log"]["file"], "x")
        self.assertIn("nonsense", done.stderr)
        broken = self.check("[troupe]\nnonsense = 1\n", "--dump")
        self.assertEqual((broken.returncode, broken.stdout), (1, ""))

    def test_what_cannot_be_written_is_exit_1_for_every_program(self):
        self.path("good.ini").write_text("[troupe]\n" + "".join(
            f"[watcher:w{number}]\ncmd = sleep 1\n" for number in range(20)))
        dump = [TROUPED, "--check", "--dump", self.path("good.ini")]
        for command in [dump, *([program, word] for program in (TROUPED, TROUPECTL, TROUPE_PLUGIN)
                                for word in ("--version", "--help"))]:
            with self.subTest(command=command), open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("No space left on device", done.stderr)

    @need_root
    def test_a_user_who_may_have_no_more_processes_is_told_so_with_status_1(self):
        self.folder.chmod(0o1777)
        program = self.copy_for_all(TROUPED)
        self.path("a.ini").write_text(f"[troupe]\nrun_dir = {self.folder}/run\n")
        lonely = 54321  # nobody else has processes under this number
        done = subprocess.run(["setpriv", f"--reuid={lonely}", f"--regid={lonely}", "--clear-groups", "prlimit",
                               "--nproc=2", str(program), str(self.path("a.ini"))], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("trouped: a thread for ZeroMQ cannot be made: Resource temporarily unavailable; raise the limit",
                      done.stderr)


if __name__ == "__main__":
    main()
