"""The other ways to and from the daemon: discovery over UDP, the owner of the endpoint, the log."""
import json
import os
import pathlib
import shutil
import signal
import socket

from troupe_harness import NOBODY, PATIENCE, TroupeTest, child, free_port, main, need_root, until

GROUP = "237.219.251.97"


def ask(address, text):
    """The answer to a datagram, or None when none comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(PATIENCE)
        asker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        asker.sendto(text, address)
        return json.loads(asker.recv(2048))


class Discovery(TroupeTest):
    def test_every_datagram_is_answered_with_the_endpoint(self):
        port = free_port()
        d = self.daemon({"circus": {"multicast_endpoint": f"udp://{GROUP}:{port}"}, "watcher:web": {"cmd": child()}},
                        root="circus")
        for text in (b'""', b"anything", b"", b"x" * 3000):
            self.assertEqual(ask(("127.0.0.1", port), text), {"endpoint": d.endpoint})
        self.assertEqual(ask((GROUP, port), b'""'), {"endpoint": d.endpoint})

    def test_an_address_that_is_no_group_only_logs_a_line(self):
        d = self.daemon({"circus": {"multicast_endpoint": "udp://127.0.0.1:9999"}, "watcher:web": {"cmd": child()}},
                        root="circus")
        self.assertIn("Multicast discovery is disabled, there was an error during udp socket creation.", d.log())

    def test_under_troupe_nothing_listens_unless_asked_for(self):
        d = self.daemon({"watcher:web": {"cmd": child()}})
        udp = {line.split()[9] for line in open("/proc/net/udp", encoding="ascii").readlines()[1:]}
        fds = f"/proc/{d.arbiter()}/fd"
        links = {os.readlink(f"{fds}/{fd}") for fd in os.listdir(fds)}
        self.assertFalse({f"socket:[{inode}]" for inode in udp} & links)


class ClearedFolder(TroupeTest):
    def test_the_log_says_once_that_the_folder_of_the_endpoints_was_removed_under_the_daemon(self):
        for way in ("removed", "moved", "a file"):
            with self.subTest(way):
                d = self.daemon({"watcher:web": {"cmd": child()}})
                path = pathlib.Path(d.endpoint.removeprefix("ipc://"))
                (path.parent / "other").write_text("")
                (path.parent / "other").unlink()  # what is not ours is no news
                self.assertNotIn(" is gone: ", d.log())
                if way == "removed":
                    shutil.rmtree(path.parent)
                elif way == "moved":
                    path.parent.rename(path.parent.with_name("elsewhere"))
                else:
                    path.unlink()
                until(lambda: f"{path} is gone: somebody removed it, or its folder, under this daemon" in d.log(),
                      "the line in the log")
                self.assertIn(f"(kill {d.keeper})", d.log())
                d.process.send_signal(signal.SIGTERM)
                self.assertEqual(d.wait_exit(), 0)
                self.assertEqual(d.log().count(f"{path} is gone: "), 1)


class EndpointOwner(TroupeTest):
    @need_root
    def test_the_file_belongs_to_the_owner_and_add_must_name_him(self):
        for root in ("circus", "troupe"):
            with self.subTest(root):
                d = self.daemon({root: {"endpoint_owner": "nobody"}, "watcher:web": {"cmd": child()}}, root=root)
                path = d.endpoint.removeprefix("ipc://")
                self.assertEqual(os.stat(path).st_uid, NOBODY)
                for options in ({}, {"uid": "root"}, {"uid": str(NOBODY)}):
                    reply = d.ask("add", name="new", cmd=child(), options=options)
                    self.assertEqual((reply["errno"], reply["reason"]), (3, "uid does not match endpoint_owner"))
                d.call("add", name="new", cmd=child(), options={"uid": "nobody"})
                with self.as_nobody(), socket.socket(socket.AF_UNIX) as client:
                    client.connect(path)

    def as_nobody(self):
        class Switch:
            def __enter__(self):
                os.seteuid(NOBODY)

            def __exit__(self, *_):
                os.seteuid(0)
        return Switch()


class Log(TroupeTest):
    def test_the_lines_that_scripts_look_for_are_there(self):
        d = self.daemon({"watcher:web": {"cmd": child()}, "watcher:bad": {"cmd": "nosuchprogram", "max_retry": 1}},
                        root="circus")
        d.wait_active("web")
        d.wait_for("watcher.bad.spawn_failed")
        d.call("start", name="web", waiting=True)
        d.call("reload", name="web", waiting=True)
        d.call("stop", name="web", waiting=True)
        os.kill(d.keeper, signal.SIGTERM)
        d.wait_exit()
        log = d.log()
        for line in (f"Starting master on pid {d.keeper}\n",
                     "Arbiter now waiting for commands", "web started\n", "web already running\n", "web reloaded\n",
                     "web stopped\n", "Got signal SIG_TERM\n", "Arbiter exiting\n",
                     "[WARNING] error in 'bad': [Errno 2] No such file or directory: 'nosuchprogram'"):
            self.assertIn(line, log)
        self.assertRegex(log, r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d circus\[\d+\] \[INFO\] web started$")

    def test_a_log_file_that_was_renamed_is_opened_anew(self):
        path = self.path("own.log")
        d = self.daemon({"circus": {"logoutput": path}, "watcher:web": {"cmd": child()}}, root="circus")
        d.wait_active("web")
        path.rename(self.path("own.log.1"))

        def look():
            d.call("restart", name="web", waiting=True)
            return path.exists() and "web started\n" in path.read_text()
        until(look, "lines in the new file")
        self.assertIn("Starting master", self.path("own.log.1").read_text())

    def test_syslog_of_another_host_gets_the_lines(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as syslog:
            syslog.bind(("127.0.0.1", 0))
            syslog.settimeout(PATIENCE)
            output = f"syslog://127.0.0.1:{syslog.getsockname()[1]}?local0"
            d = self.daemon({"circus": {"logoutput": output}, "watcher:web": {"cmd": child()}}, root="circus",
                            arguments=("--logger-config", "x.ini"))
            lines = []
            while not any("web started" in line for line in lines):
                lines.append(syslog.recv(4096).decode())
        self.assertRegex(lines[0], r"^<13[0-9]>circus\[\d+\]: ")
        self.assertIn("--logger-config is not used", d.log())
        self.assertIn(f"Starting master on pid {d.keeper}", "\n".join(lines))


if __name__ == "__main__":
    main()
