"""Managed sockets: bound once by the daemon, inherited under fixed numbers, named as LISTEN_FDS, one for each
process with so_reuseport, waited for with on_demand; and not a request lost over a sequential reload."""
import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

from troupe_harness import PATIENCE, TROUPECTL, TroupeTest, alive, free_port, main, until

# Answers each connection with its pid, and ends after the one at hand when asked to stop. The descriptor and
# what to wait before the first one come by argument.
SERVER = """
import os, select, signal, socket, sys
listening = socket.socket(fileno=int(sys.argv[1]))
ends, told = socket.socketpair()
told.setblocking(False)
signal.set_wakeup_fd(told.fileno())  # a handler in Python would wait for the next connection
signal.signal(signal.SIGTERM, lambda *_: None)
once = "--once" in sys.argv
while True:
    ready, _, _ = select.select([listening, ends], [], [])
    if ends in ready:
        break
    try:
        peer, _ = listening.accept()
    except BlockingIOError:
        continue
    peer.setblocking(True)
    with peer:
        if peer.recv(100):
            peer.sendall(b"%d" % os.getpid())
    if once:
        break
"""

# Takes its sockets as sd_listen_fds(3) says, and writes down what they are.
ACTIVATED = """
import ctypes, json, os, socket, sys, time
try:
    assert ctypes.CDLL("libsystemd.so.0").sd_listen_fds(0) == int(os.environ["LISTEN_FDS"])
except OSError:
    pass  # without that library what follows has to do
assert int(os.environ["LISTEN_PID"]) == os.getpid(), os.environ["LISTEN_PID"]
names = os.environ["LISTEN_FDNAMES"].split(":")
found = {}
for number, name in enumerate(names):
    one = socket.socket(fileno=3 + number)
    found[name] = [one.family.name, one.type.name, one.getsockname()]
    if one.type == socket.SOCK_STREAM:
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1, name
assert len(names) == int(os.environ["LISTEN_FDS"])
with open(sys.argv[1] + ".new", "w") as report:
    json.dump(found, report)
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(1000)
"""

# The descriptors that it was started with.
INVENTORY = """
import json, os, sys, time
fds = {}
for name in os.listdir("/proc/self/fd"):
    try:
        fds[int(name)] = os.readlink("/proc/self/fd/" + name)
    except OSError:
        pass
listen = {key: value for key, value in os.environ.items() if key.startswith("LISTEN_")}
path = sys.argv[1]
with open(path + ".new", "w") as report:
    json.dump({"pid": os.getpid(), "fds": fds, "listen": listen, "argv": sys.argv[2:]}, report)
os.rename(path + ".new", path)
time.sleep(1000)
"""


def ask(port, host="127.0.0.1", timeout=PATIENCE):
    """The pid that answers one request."""
    with socket.create_connection((host, port), timeout=timeout) as peer:
        peer.sendall(b"who?")
        return int(peer.recv(100))


class Sockets(TroupeTest):
    def program(self, text, name="program.py"):
        """A Python program in the test's folder, as a command line."""
        path = self.path(name)
        path.write_text(text)
        return shlex.join([sys.executable, str(path)])

    def end(self, daemon):
        daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait_exit(), 0)

    def server(self, *arguments):
        return " ".join([self.program(SERVER, "server.py"), *arguments])

    # Numbers.

    def test_a_process_with_use_sockets_has_them_under_the_numbers_of_listsockets_and_nothing_else(self):
        report, port = self.path("report"), free_port()
        program = self.program(INVENTORY)
        daemon = self.daemon({
            "socket:web": {"host": "127.0.0.1", "port": port},
            "socket:local": {"path": self.path("local.sock"), "backlog": 7},
            "watcher:a": {"cmd": f"{program} {report} $(circus.sockets.web)",
                          "args": "((circus.sockets.local))", "use_sockets": True},
            "watcher:b": {"cmd": f"{program} {report}.b", "copy_env": True}})
        found = self.report(report)
        listed = daemon.call("listsockets")["sockets"]
        self.assertEqual(listed, [
            {"fd": 3, "name": "local", "backlog": 7, "path": str(self.path("local.sock"))},
            {"fd": 4, "name": "web", "backlog": 2048, "host": "127.0.0.1", "port": port}])
        self.assertEqual(found["argv"], ["4", "3"])
        self.assertEqual(found["listen"], {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "local:web",
                                           "LISTEN_PID": str(found["pid"])})
        self.assertEqual(sorted(int(fd) for fd in found["fds"] if int(fd) > 2 and "socket" in found["fds"][fd]),
                         [3, 4])
        other = self.report(f"{report}.b")
        self.assertEqual([text for fd, text in other["fds"].items() if "socket" in text], [])
        self.assertEqual(other["listen"], {})
        self.assertEqual(daemon.call("snapshot")["sockets"], listed)

    def test_troupectl_and_circusctl_list_the_sockets(self):
        port = free_port()
        daemon = self.daemon({"socket:web": {"host": "127.0.0.1", "port": port}})
        table = [line.split() for line in daemon.ctl_text("listsockets").stdout.splitlines()]
        self.assertEqual(table, [["FD", "NAME", "ADDRESS", "BACKLOG"], ["3", "web", f"127.0.0.1:{port}", "2048"]])
        done = subprocess.run(["circusctl", "--endpoint", daemon.endpoint, "listsockets"], executable=TROUPECTL,
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.stdout, f"3:socket 'web' at 127.0.0.1:{port}\n")

    def test_a_port_of_0_is_shown_as_it_is_bound(self):
        daemon = self.daemon({"socket:any": {"port": 0}, "socket:six": {"family": "AF_INET6", "host": "::1",
                                                                        "port": 0}})
        listed = {s["name"]: s for s in daemon.call("listsockets")["sockets"]}
        self.assertEqual((listed["any"]["host"], listed["six"]["host"]), ("127.0.0.1", "::1"))
        for name, host in (("any", "127.0.0.1"), ("six", "::1")):
            socket.create_connection((host, listed[name]["port"]), timeout=PATIENCE).close()

    def test_stdin_socket_is_the_standard_input_without_use_sockets(self):
        port = free_port()
        self.daemon({"socket:web": {"host": "127.0.0.1", "port": port},
                     "watcher:a": {"cmd": self.server("0"), "stdin_socket": "WEB"}})
        self.assertTrue(alive(ask(port)))

    # Socket activation.

    def test_a_program_made_for_socket_activation_finds_all_families_and_types(self):
        report, port = self.path("report"), free_port()
        daemon = self.daemon({
            "socket:web": {"host": "127.0.0.1", "port": port},
            "socket:dns": {"host": "127.0.0.1", "port": port, "type": "SOCK_DGRAM"},
            "socket:six": {"host": "::1", "port": port, "family": "AF_INET6"},
            "socket:log": {"path": self.path("log.sock"), "type": "SOCK_DGRAM"},
            "socket:seq": {"path": self.path("seq.sock"), "type": "SOCK_SEQPACKET"},
            "watcher:a": {"cmd": f"{self.program(ACTIVATED)} {report}", "use_sockets": True}})
        self.assertEqual(self.report(report), {
            "dns": ["AF_INET", "SOCK_DGRAM", ["127.0.0.1", port]],
            "log": ["AF_UNIX", "SOCK_DGRAM", str(self.path("log.sock"))],
            "seq": ["AF_UNIX", "SOCK_SEQPACKET", str(self.path("seq.sock"))],
            "six": ["AF_INET6", "SOCK_STREAM", ["::1", port, 0, 0]],
            "web": ["AF_INET", "SOCK_STREAM", ["127.0.0.1", port]]})
        first = daemon.pids("a")
        daemon.call("restart", name="a", waiting=True)
        self.assertNotEqual(daemon.pids("a"), first)

    def test_twenty_processes_started_at_once_each_have_their_own_pid_in_listen_pid(self):
        folder = self.path("reports")
        os.mkdir(folder)
        self.daemon({"socket:web": {"port": 0},
                     "watcher:a": {"cmd": f"{self.program(INVENTORY)} {folder}/$(circus.wid)",
                                   "use_sockets": True, "numprocesses": 20}})
        for wid in range(1, 21):
            found = self.report(f"{folder}/{wid}")
            self.assertEqual(found["listen"]["LISTEN_PID"], str(found["pid"]))

    # so_reuseport.

    def test_with_so_reuseport_each_process_that_names_it_has_a_socket_of_its_own(self):
        port, folder = free_port(), self.path("reports")
        os.mkdir(folder)
        daemon = self.daemon({
            "socket:own": {"host": "127.0.0.1", "port": port, "so_reuseport": True},
            "socket:shared": {"port": 0},
            "watcher:inventory": {"cmd": f"{self.program(INVENTORY)} {folder}/$(circus.wid)",
                                  "args": "$(circus.sockets.own)", "use_sockets": True, "numprocesses": 2},
            "watcher:other": {"cmd": f"{self.program(INVENTORY)} {folder}/other", "use_sockets": True}})
        one, two = self.report(f"{folder}/1"), self.report(f"{folder}/2")
        self.assertEqual((one["argv"], two["argv"]), (["4"], ["4"]))
        self.assertEqual(one["fds"]["3"], two["fds"]["3"])
        self.assertNotEqual(one["fds"]["4"], two["fds"]["4"])
        other = self.report(f"{folder}/other")
        self.assertEqual(other["listen"]["LISTEN_FDNAMES"], "shared")
        daemon.call("stop", name="inventory", waiting=True)
        with self.assertRaises(ConnectionRefusedError):  # nobody is left who listens, the daemon does not
            ask(port)

    def test_processes_of_so_reuseport_share_the_connections(self):
        port = free_port()
        daemon = self.daemon({"socket:own": {"host": "127.0.0.1", "port": port, "so_reuseport": True},
                              "watcher:a": {"cmd": self.server("$(circus.sockets.own)"), "use_sockets": True,
                                            "numprocesses": 2}})
        daemon.wait_active("a")
        pids = set(daemon.pids("a"))
        seen = set()
        until(lambda: seen.add(self.answer(port)) or pids <= seen, "an answer of each process")

    def answer(self, port):
        try:
            return ask(port)
        except ConnectionRefusedError:
            return None

    # Failures at start, files.

    def refused(self, config, root="troupe"):
        daemon = self.daemon({"watcher:a": {"cmd": "/bin/sleep 1000"}, **config}, ready=False, follow=False,
                             expect_exit=1, root=root)
        daemon.process.wait(PATIENCE)
        self.assertNotIn("a started", daemon.log())
        self.assertEqual(list(daemon.run_dir.glob("*.boot")), [])  # nothing runs that another daemon had to end
        return daemon.log()

    def test_a_reloadconfig_that_finds_its_port_taken_leaves_the_socket_that_workers_hold(self):
        port = free_port()
        sections = {"socket:web": {"host": "127.0.0.1", "port": port}, "socket:more": {"port": 0},
                    "watcher:a": {"cmd": self.server("$(circus.sockets.web)"), "use_sockets": True}}
        daemon = self.daemon(sections)
        pid = until(lambda: ask(port), "an answer")
        listed = daemon.call("listsockets")["sockets"]
        with socket.create_server(("127.0.0.1", 0)) as taken:
            sections["socket:web"]["port"] = taken.getsockname()[1]
            daemon.file.write_text(daemon.complete(sections, "troupe"))
            for command in ("reloadconfig", "restart"):
                reply = daemon.ask(command, waiting=True)
                self.assertEqual(reply["status"], "error", reply)
                self.assertIn(f"socket 'web': could not bind 127.0.0.1:{taken.getsockname()[1]}: taken by pid", reply["reason"])
                self.assertEqual(daemon.call("listsockets")["sockets"], listed)
                self.assertEqual(ask(port), pid if command == "reloadconfig" else daemon.pids("a")[0])

    def test_a_taken_port_ends_the_start_and_the_message_names_socket_address_and_pid(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            for root in ("troupe", "circus"):
                log = self.refused({"socket:web": {"host": "127.0.0.1", "port": port}}, root)
                self.assertIn(f": socket 'web': could not bind 127.0.0.1:{port}: taken by pid "
                              f"{os.getpid()} (", log)

    def test_two_sections_with_one_address_are_an_error_that_says_so(self):
        port = free_port()
        log = self.refused({"socket:a": {"port": port}, "socket:b": {"port": port}})
        self.assertIn(f"socket 'b': could not bind 127.0.0.1:{port}: taken by another socket of this daemon", log)

    def test_a_udp_port_that_is_taken_names_the_pid_too(self):
        with socket.socket(type=socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            log = self.refused({"socket:dns": {"host": "127.0.0.1", "port": port, "type": "SOCK_DGRAM"}})
            self.assertIn(f"taken by pid {os.getpid()}", log)

    def test_what_cannot_be_a_socket_says_why(self):
        for options, words in (({"host": "no.such.host.invalid", "port": 1}, "no.such.host.invalid: "),
                               ({"proto": "nosuch"}, "proto: no protocol named 'nosuch'"),
                               ({"port": 0, "interface": "nosuchdev"}, "interface nosuchdev: No such device; `ip link` lists"),
                               ({"path": "/nonexistent/x.sock"}, "No such file or directory")):
            with self.subTest(options):
                log = self.refused({"socket:web": options})
                self.assertRegex(log, r"trouped: \S+\.ini:\d+: socket 'web': ")
                self.assertIn(words, log)
        log = self.refused({"socket:web": {"path": "/" + 150 * "x"}})
        self.assertRegex(log, r"\S+\.ini:\d+: error: path: longer than 107 bytes\n")

    def test_a_unix_socket_has_the_mode_of_its_umask_and_is_removed_at_the_end(self):
        for umask, mode in (("077", 0o700), ("000", 0o777), (None, 0o767)):
            path = self.path("mode.sock")
            options = {"path": path, **({"umask": umask} if umask else {})}
            daemon = self.daemon({"socket:local": options})
            found = os.lstat(path)
            self.assertEqual((stat.S_ISSOCK(found.st_mode), stat.S_IMODE(found.st_mode)), (True, mode))
            self.end(daemon)
            self.assertFalse(os.path.lexists(path))

    def test_a_path_that_exists_is_an_error_unless_replace_is_set(self):
        path = self.path("there.sock")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
        self.assertIn("the file exists, and nobody is known to listen there", self.refused(
            {"socket:local": {"path": path}}))
        self.assertTrue(os.path.lexists(path))
        daemon = self.daemon({"socket:local": {"path": path, "replace": True}})
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(path))
        self.end(daemon)

    def test_replace_removes_no_file_that_is_not_a_socket(self):
        path = self.path("precious")
        path.write_text("data")
        self.assertIn("the file exists and is no socket",
                      self.refused({"socket:local": {"path": path, "replace": True}}))
        self.assertEqual(path.read_text(), "data")

    def test_a_file_that_somebody_put_in_the_place_of_ours_is_not_removed(self):
        path = self.path("local.sock")
        daemon = self.daemon({"socket:local": {"path": path}})
        os.unlink(path)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(path))
            self.end(daemon)
            self.assertTrue(os.path.lexists(path))

    # Changes.

    def test_a_restart_with_another_file_opens_closes_and_keeps_sockets_or_leaves_all_as_it_was(self):
        kept, gone, fresh = free_port(), free_port(), free_port()
        watcher = {"watcher:web": {"cmd": self.server("$(circus.sockets.web)"), "use_sockets": True,
                                   "graceful_timeout": 0.2}}  # one that took the connection waits for a request
        daemon = self.daemon({"socket:web": {"host": "127.0.0.1", "port": kept}, "socket:a": {"port": gone}, **watcher})
        before = daemon.file.read_text()
        with socket.create_connection(("127.0.0.1", kept), timeout=PATIENCE) as waiting:  # not a request yet
            with socket.create_server(("127.0.0.1", 0)) as taken:
                daemon.file.write_text(before.replace(str(gone), str(taken.getsockname()[1])))
                reply = daemon.ask("restart", waiting=True)
                self.assertIn("socket 'a': could not bind", reply["reason"])
                self.assertEqual([s["port"] for s in daemon.call("listsockets")["sockets"]], [gone, kept])
            daemon.file.write_text(before.replace(str(gone), str(fresh)))
            daemon.call("restart", waiting=True)
            self.assertEqual([s["port"] for s in daemon.call("listsockets")["sockets"]], [fresh, kept])
            waiting.close()
        self.assertEqual([ask(kept)], daemon.pids("web"))
        socket.create_connection(("127.0.0.1", fresh), timeout=PATIENCE).close()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", gone), timeout=PATIENCE)

    # on_demand.

    def on_demand(self, *arguments, **options):
        port, other = free_port(), free_port()
        daemon = self.daemon({
            "socket:web": {"host": "127.0.0.1", "port": port},
            "socket:other": {"host": "127.0.0.1", "port": other},
            "watcher:a": {"cmd": self.server("$(circus.sockets.web)", *arguments), "use_sockets": True,
                          "on_demand": True, **options}})
        return daemon, port, other

    def status(self, daemon):
        return daemon.call("status", name="a")["status"]

    def test_an_on_demand_watcher_starts_with_the_first_connection_and_answers_it(self):
        daemon, port, other = self.on_demand()
        self.assertEqual((self.status(daemon), daemon.pids("a")), ("stopped", []))
        self.assertEqual(daemon.detail("a")["awaits"], ["web"])
        self.assertIn("waits for a connection to web", daemon.ctl_text("status").stdout)
        socket.create_connection(("127.0.0.1", other)).close()  # none of its own
        pid = ask(port)
        self.assertEqual((self.status(daemon), daemon.pids("a")), ("active", [pid]))
        self.assertEqual(ask(port), pid)

    def test_after_its_processes_exit_an_on_demand_watcher_waits_for_the_next_connection(self):
        daemon, port, _ = self.on_demand("--once")
        pids = [ask(port) for _ in range(5)]
        self.assertEqual(len(set(pids)), 5)
        daemon.wait_count("watcher.a.stop", 5)
        self.assertEqual(self.status(daemon), "stopped")

    def test_an_on_demand_watcher_stopped_by_hand_stays_stopped(self):
        daemon, port, _ = self.on_demand()
        first = ask(port)
        daemon.call("stop", name="a", waiting=True)
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as waiting:
            waiting.sendall(b"who?")
            self.assertEqual(self.status(daemon), "stopped")
            mark = daemon.last_seq()
            reply = daemon.call("start", name="a", waiting=True)
            self.assertEqual(reply["info"]["started"], [])
            self.assertNotEqual(int(waiting.recv(100)), first)
            daemon.wait_for("watcher.a.start", after=mark)

    # Reload under load.

    def test_a_sequential_reload_under_load_loses_no_request(self):
        port = free_port()
        daemon = self.daemon({"socket:web": {"host": "127.0.0.1", "port": port},
                              "watcher:web": {"cmd": self.server("$(circus.sockets.web)"), "use_sockets": True,
                                              "numprocesses": 4, "graceful_timeout": 10}})
        daemon.wait_active("web")
        before = set(daemon.pids("web"))
        load = Load(port, clients=4)
        until(lambda: load.answers > 200, "the load to run")
        for _ in range(5):
            daemon.call("reload", name="web", sequential=True, waiting=True)
            answered, fresh = load.answers, set(daemon.pids("web"))
            until(lambda: load.answers > answered + 200 and fresh <= load.pids, "answers of all after the reload")
        load.stop()
        print(f"requests {load.answers + len(load.errors)}, errors {len(load.errors)}, "
              f"processes that answered {len(load.pids)}, {load.answers / load.seconds:.0f} a second", file=sys.stderr)
        self.assertEqual(load.errors, [])
        self.assertFalse(before & set(daemon.pids("web")))
        self.assertGreaterEqual(len(load.pids), 20)


class Load:
    """Clients that ask as fast as they can, each request a new connection."""

    def __init__(self, port, clients):
        self.port = port
        self.answers, self.errors, self.pids = 0, [], set()
        self.ending = False
        self.lock = threading.Lock()
        self.began = time.monotonic()
        self.seconds = 0
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.ending:
            try:
                pid = ask(self.port)
            except (OSError, ValueError) as error:
                with self.lock:
                    self.errors.append(repr(error))
                continue
            with self.lock:
                self.answers += 1
                self.pids.add(pid)

    def stop(self):
        self.ending = True
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.began


if __name__ == "__main__":
    main()
