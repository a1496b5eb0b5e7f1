"""The programs called by the names of Circus's, as scripts do that were made for it."""
import subprocess

from troupe_harness import PATIENCE, TROUPE_PLUGIN, TROUPECTL, TROUPED, TroupeTest, child, main, until

PROGRAMS = {"circusd": TROUPED, "circusctl": TROUPECTL, "circus-top": TROUPECTL, "circus-plugin": TROUPE_PLUGIN}


class Names(TroupeTest):
    def setUp(self):
        super().setUp()
        for name, program in PROGRAMS.items():
            self.path(name).symlink_to(program)

    def run_as(self, name, *words):
        return subprocess.run([str(self.path(name)), *words], capture_output=True, text=True, timeout=PATIENCE,
                              cwd=self.folder, check=False)

    def test_the_version_is_that_of_the_circus_they_stand_in_for(self):
        for name, text in (("circusd", "0.19.0\n"), ("circusctl", "circusctl 0.19.0\n"), ("circus-top", "0.19.0\n"),
                           ("circus-plugin", "0.19.0\n")):
            with self.subTest(name):
                done = self.run_as(name, "--version")
                self.assertEqual((done.returncode, done.stdout), (0, text))

    def test_without_a_file_or_a_class_the_usage_is_shown_and_the_status_is_0(self):
        done = self.run_as("circusd")
        self.assertEqual((done.returncode, done.stdout.startswith("usage: ")), (0, True))
        done = self.run_as("circus-plugin")
        self.assertEqual((done.returncode, "--pubsub" in done.stdout), (0, True))

    def test_circusd_leaves_with_1_without_its_file_and_with_2_for_a_bad_option(self):
        done = self.run_as("circusd", "nofile.ini")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nofile.ini", done.stderr)
        self.assertEqual(self.run_as("circusd", "--log-level", "loud", "x.ini").returncode, 2)
        self.assertEqual(self.run_as("circus-top", "--nosuch").returncode, 2)

    def test_circusd_goes_into_the_background_and_circusctl_stops_it(self):
        endpoint = f"ipc://{self.folder}/control"
        self.path("c.ini").write_text(f"[circus]\nendpoint = {endpoint}\npubsub_endpoint = ipc://{self.folder}/events\n"
                                      f"multicast_endpoint =\n[watcher:web]\ncmd = {child()}\n[env]\n"
                                      f"TROUPE_TEST = {self.folder}\n")
        done = self.run_as("circusd", "--daemon", "--pidfile", "c.pid", "--log-level", "DEBUG", "--log-output", "c.log",
                           "--logger-config", "none.ini", "c.ini")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("--logger-config is not used", done.stderr)
        self.assertTrue(self.path("c.pid").read_text().strip().isdigit())
        until(lambda: self.run_as("circusctl", "--endpoint", endpoint, "status", "web").stdout == "active\n", "web active")
        self.assertEqual(self.run_as("circusctl", "--endpoint", endpoint, "quit", "--waiting").stdout, "ok\n")
        until(lambda: not self.path("c.pid").exists(), "the pid file to go")
        self.assertIn("[INFO]", self.path("c.log").read_text())


if __name__ == "__main__":
    main()
