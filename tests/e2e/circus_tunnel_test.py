"""circusctl --ssh: the program ssh makes the tunnel, which ends with the client."""
import os
import stat
import subprocess

from troupe_harness import TROUPE_PLUGIN, TROUPECTL, TroupeTest, child, main, processes_with, until

# Stands for ssh and the machine beyond it: forwards by a link, and runs the command of the far end here.
SSH = """#!/bin/sh
for word; do
  printf '%s\\n' "$word" >> "$SSH_NOTES"
  [ "$last" = -L ] && ln -s "${word#*:}" "${word%%:*}"
  last=$word
done
test -z "$SSH_FAILS" || { echo "ssh: no route" >&2; exit 255; }
echo Welcome
SSH_FAR=$SSH_NOTES exec sh -c "$last"
"""


class Tunnel(TroupeTest):
    def setUp(self):
        super().setUp()
        self.d = self.daemon({"circus": {}, "watcher:web": {"cmd": child()}}, root="circus")
        self.d.wait_active("web")
        ssh, self.ctl, self.notes = self.folder / "ssh", self.folder / "circusctl", self.folder / "ssh-notes"
        ssh.write_text(SSH)
        ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)
        self.ctl.symlink_to(TROUPECTL)
        self.environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "SSH_NOTES": str(self.notes)}

    def command(self, *words):
        return [str(self.ctl), "--endpoint", self.d.endpoint, *words]

    def run_ctl(self, *words, **more):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=30,
                              env={**self.environment, **more}, check=False)

    def test_a_command_goes_through_the_tunnel_and_nothing_is_left_of_it(self):
        done = self.run_ctl("--ssh", "me@far:2222", "--ssh_keyfile", "key", "status", "web")
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("active\n", "", 0))
        words = self.notes.read_text().splitlines()
        near, _, far = words[words.index("-L") + 1].partition(":")
        self.assertEqual(far, self.d.endpoint.removeprefix("ipc://"))
        self.assertEqual((words[words.index("-p") + 1], words[words.index("-i") + 1]), ("2222", "key"))
        self.assertEqual(words[words.index("--") + 1], "me@far")
        self.assertFalse(os.path.exists(os.path.dirname(near)))
        until(lambda: not processes_with(f"SSH_FAR={self.notes}"), "ssh is gone")

    def test_the_tunnel_ends_also_with_a_client_that_is_killed(self):
        with subprocess.Popen([*self.command("--ssh", "far"), "listen"], env=self.environment, stdout=subprocess.DEVNULL) as ctl:
            until(lambda: processes_with(f"SSH_FAR={self.notes}"), "the tunnel is there")
            ctl.kill()
        until(lambda: not processes_with(f"SSH_FAR={self.notes}"), "ssh is gone")

    def test_without_a_tunnel_the_client_says_so(self):
        done = self.run_ctl("--ssh", "far", "status", SSH_FAILS="1")
        self.assertEqual((done.stderr, done.returncode), ("ssh: no route\nssh did not make a tunnel to far\n", 1))
        done = self.run_ctl("--ssh", "far", "status", PATH="/nowhere")
        self.assertEqual((done.stderr, done.returncode), ("ssh: No such file or directory\n", 1))

    def test_a_plugin_hears_and_asks_through_tunnels(self):
        endpoints = ["--endpoint", self.d.endpoint, "--pubsub", self.d.call("globaloptions")["options"]["pubsub_endpoint"]]
        with subprocess.Popen([TROUPE_PLUGIN, *endpoints, "--ssh", "far", "--config", "since:oldest", "logger"], text=True,
                              env=self.environment, stdout=subprocess.PIPE) as plugin:
            self.assertIn('"topic":"watcher.web.spawn"', until(plugin.stdout.readline, "an event"))
            plugin.terminate()
        self.assertEqual(plugin.returncode, 0)
        until(lambda: not processes_with(f"SSH_FAR={self.notes}"), "ssh is gone")


if __name__ == "__main__":
    main()
