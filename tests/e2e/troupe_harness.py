"""What the end-to-end tests stand on: a real daemon with a private directory and endpoints, everything it
publishes, and the same doors that users have: `troupectl --json` and the wire.

    class Crash(TroupeTest):
        def test_a_killed_worker_comes_back(self):
            daemon = self.daemon({"watcher:web": {"cmd": child()}})
            pid = daemon.pids("web")[0]
            mark = daemon.last_seq()
            os.kill(pid, signal.SIGKILL)
            daemon.wait_for("watcher.web.spawn", after=mark)

Nothing here sleeps for a guessed time: tests wait for an event, or with `until` for a condition that has no
event. At the end of each test every daemon is stopped, and the test fails if a process of it is left, if it
ended with another status than expected, or if a sanitizer spoke.
"""
import collections
import fcntl
import fnmatch
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest
import uuid

import zmq

BUILD = pathlib.Path(os.environ.get("TROUPE_BUILD") or pathlib.Path(__file__).resolve().parents[2] / "build")
TROUPED = BUILD / "daemon" / "trouped"
TROUPECTL = BUILD / "ctl" / "troupectl"
TROUPE_PLUGIN = BUILD / "plugins" / "host" / "troupe-plugin"
CHILD = BUILD / "tests" / "support" / "child"
SANITIZED = os.environ.get("TROUPE_SANITIZED") == "1"
PATIENCE = 60 if SANITIZED else 20  # seconds until a wait gives up; never a figure that a test asserts
NOBODY = 65534
CTL_ERROR = 3  # the exit status of troupectl when the daemon said error

Event = collections.namedtuple("Event", "topic data at")  # `at` is the monotonic time of its arrival here


def child(*flags, program=CHILD):
    """The command line of the test worker."""
    return shlex.join([str(program), *map(str, flags)])


def until(condition, what, timeout=PATIENCE):
    """Asks again and again until the condition holds, and returns its value; for what has no event."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"still not after {timeout} s: {what}")
        time.sleep(0.005)


def leaks_of_others(folder):
    """LSAN_OPTIONS without two leaks that are not ours: libedit does not free the names of functions that are added
    to it; libzmq 4.3 can lose the memory of a message that is on its way when its context ends. (The unit tests of
    lib/wire run without these lines.)"""
    file = folder / ".leaks"
    file.write_text("leak:wcsdup\nleak:libzmq.so\n")
    return f"suppressions={file}:print_suppressions=0"


def alive(pid):
    """Whether the process runs: a zombie does not."""
    return process_state(pid) not in (None, "Z", "X")


def process_stat(pid):
    """The fields of /proc/PID/stat after the name (state first), or None when it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def process_state(pid):
    fields = process_stat(pid)
    return fields[0] if fields else None


def has_signal(pid, number, mask_name):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        mask = next(int(line.split()[1], 16) for line in status if line.startswith(mask_name))
    return bool(mask >> (number - 1) & 1)


def handles(pid, number):
    """Whether the process has a handler of its own for the signal, so that it may be sent."""
    return has_signal(pid, number, "SigCgt")


def ignores(pid, number):
    return has_signal(pid, number, "SigIgn")


def children_of(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = process_stat(entry)
            if fields and int(fields[1]) == pid and fields[0] not in "ZX":
                found.append(int(entry))
    return found


def resident_kib(pid):
    """From statm: the figure of stat is only approximate on new kernels."""
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid):
    fields = process_stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processes_with(marker):
    """Living processes whose environment holds the marker."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            environment = pathlib.Path(f"/proc/{entry}/environ").read_bytes()
        except OSError:
            continue
        if marker.encode() in environment.split(b"\0") and alive(entry):
            found.append(int(entry))
    return found


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "?"


def ini_text(sections):
    """{"troupe": {...}, "watcher:web": {"cmd": ...}} as an INI file. True and False become words."""
    lines = []
    for section, options in sections.items():
        lines.append(f"[{section}]")
        for key, value in options.items():
            if isinstance(value, bool):
                value = "true" if value else "false"
            lines.append(f"{key} = {value}")
        lines.append("")
    return "\n".join(lines)


class Client:
    """A DEALER as Circus's own clients are: one frame out, one frame back."""

    def __init__(self, endpoint, kind=zmq.DEALER):
        self.context = zmq.Context.instance()
        self.socket = self.context.socket(kind)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 5)
        self.socket.connect(endpoint)

    def close(self):
        self.socket.close()

    def send(self, command, properties=None, **envelope):
        request = {"command": command, "properties": properties or {}, **envelope}
        self.socket.send(json.dumps(request).encode())

    def receive(self, timeout=PATIENCE):
        """The next message's frames, or None when none comes in time."""
        return self.socket.recv_multipart() if self.socket.poll(int(timeout * 1000)) else None

    def call(self, command, *, timeout=PATIENCE, **properties):
        """The reply object to one request; replies to others are skipped."""
        ident = uuid.uuid4().hex
        self.send(command, properties, id=ident)
        end = time.monotonic() + timeout
        while True:
            frames = self.receive(max(0, end - time.monotonic()))
            if frames is None:
                raise AssertionError(f"no reply to {command} {properties} within {timeout} s")
            reply = json.loads(frames[-1])
            if reply.get("id") == ident:
                return reply


class EventLog(threading.Thread):
    """Everything on the bus since before the daemon was there, in order. What the socket did not hear, because
    it was still connecting, is asked for as a good subscriber does: a number that jumps or a mark tells."""

    def __init__(self, endpoint, control):
        super().__init__(daemon=True)
        self.endpoint, self.control = endpoint, control
        self.changed = threading.Condition()
        self.heard = {}  # seq → Event
        self.asked_for = set()  # those that had to be asked for
        self.marks = []
        self.top = 0  # everything up to it is here
        self.ending = False
        self.joined = threading.Event()  # the daemon hears of the subscription before it reads the next request

    def run(self):
        socket = zmq.Context.instance().socket(zmq.SUB)
        monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.RCVHWM, 0)
        socket.setsockopt(zmq.RECONNECT_IVL, 5)
        socket.subscribe(b"")
        socket.connect(self.endpoint)
        asker = Client(self.control)
        while not self.ending:
            if not self.joined.is_set() and monitor.poll(0):
                self.joined.set()
            if socket.poll(20):
                for _ in range(500):
                    topic, text = socket.recv_multipart()
                    self.add(topic.decode(), json.loads(text))
                    if not socket.poll(0):
                        break
            if self.missing():
                self.fill(asker)
        asker.close()
        socket.disable_monitor()
        monitor.close()
        socket.close()

    def add(self, topic, data):
        event = Event(topic, data, time.monotonic())
        with self.changed:
            if "seq" not in data or topic == "arbiter.mark":
                self.marks.append(event)
            else:
                self.heard.setdefault(data["seq"], event)
            while self.top + 1 in self.heard:
                self.top += 1
            self.changed.notify_all()

    def missing(self):
        """Whether there are events that this log does not have."""
        return self.top < max([*self.heard, *(m.data.get("seq", 0) for m in self.marks[-1:])], default=0)

    def fill(self, asker):
        try:
            while self.missing():
                reply = asker.call("events", timeout=1, since=self.top, limit=1000)
                if reply["status"] != "ok" or not reply["events"]:
                    return
                for event in reply["events"]:
                    if event["seq"] not in self.heard:
                        self.asked_for.add(event["seq"])
                    self.add(event["topic"], {key: value for key, value in event.items() if key != "topic"})
        except AssertionError:
            pass  # the daemon is busy or gone: once more, or the test will say what it misses

    def all(self):
        with self.changed:
            return [self.heard[seq] for seq in sorted(self.heard)]

    def wait_top(self, seq, timeout=PATIENCE):
        """Until everything up to this number is here."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.top >= seq, timeout):
                raise AssertionError(f"no event {seq} within {timeout} s, have {self.top}")

    def wait(self, predicate, timeout, what):
        """The first event, by seq, for which the predicate holds; all before it are here then."""
        end = time.monotonic() + timeout
        with self.changed:
            while True:
                for seq in sorted(self.heard):
                    if seq > self.top:
                        break  # one before it is still to come
                    if predicate(self.heard[seq]):
                        return self.heard[seq]
                left = end - time.monotonic()
                if left <= 0 or not self.changed.wait(left):
                    seen = "\n  ".join(f"{e.topic} {json.dumps(e.data)}" for e in list(self.heard.values())[-40:])
                    raise AssertionError(f"no {what} within {timeout} s; the last events:\n  {seen}")


class Daemon:
    """One trouped. `endpoint` and `pubsub` are its doors, `keeper` the pid that was started."""

    def __init__(self, test, config, *, arguments=(), user=None, environment=None, wrapper=(), ready=True,
                 expect_exit=0, follow=True, root="troupe", keep_text=False, terminal=False, inherited=(),
                 program=TROUPED):
        self.test = test
        self.folder = test.folder
        self.expect_exit = expect_exit
        self.user = user
        self.number = len(test.daemons)
        test.daemons.append(self)
        self.run_dir = self.folder / f"run{self.number}"
        self.endpoint = f"ipc://{self.run_dir}/control"
        self.pubsub = f"ipc://{self.run_dir}/events"
        self.log_path = self.folder / f"daemon{self.number}.log"
        self.file = self.folder / f"daemon{self.number}.ini"
        self.program = str(program)
        if user is not None:
            os.chown(self.folder, user, user)
            self.program = str(test.copy_for_all(TROUPED))
        self.file.write_text(config if keep_text else self.complete(config, root))
        self.environment = {**os.environ, "TROUPE_TEST": str(self.folder), **(environment or {})}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            options = self.environment.get(name, "")
            self.environment[name] = f"{options}:log_path={self.folder}/sanitizer" if SANITIZED else options
        self.command = [*wrapper, self.program, *arguments, str(self.file)]
        self.client = None
        self.events = None
        self.process = None
        if follow:
            self.events = EventLog(self.pubsub, self.endpoint)
            self.events.start()
        self.terminal = None
        self.inherited = inherited
        self.start(terminal)
        if ready:
            self.wait_ready()

    def complete(self, config, root):
        """The configuration with endpoints of its own and a mark on everything that it starts."""
        own = {root: {"run_dir": self.run_dir} if root == "troupe" else
               {"endpoint": self.endpoint, "pubsub_endpoint": self.pubsub, "multicast_endpoint": ""}}
        own[root].update({"loglevel": "debug"})
        if root == "circus":
            self.run_dir.mkdir(exist_ok=True)
        sections = dict(config)
        own[root].update(sections.pop(root, {}))
        self.endpoint = own[root].get("endpoint", self.endpoint)
        self.pubsub = own[root].get("pubsub_endpoint", self.pubsub)
        return ini_text({**own, "env": {"TROUPE_TEST": self.folder, **sections.pop("env", {})}, **sections})

    def start(self, terminal):
        """With `terminal` the daemon has a pty of its own as controlling terminal; its other end is `terminal`."""
        log = open(self.log_path, "ab")
        inner = subprocess.DEVNULL
        self.started = time.monotonic()
        extra = {}
        if self.user is not None:
            extra = {"user": self.user, "group": self.user, "extra_groups": []}
        if terminal:
            self.terminal, inner = os.openpty()
            extra["preexec_fn"] = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(self.command, stdin=inner, stdout=log, stderr=log,
                                        env=self.environment, cwd=self.folder, start_new_session=True,
                                        pass_fds=self.inherited, **extra)
        self.keeper = self.process.pid
        log.close()
        if terminal:
            os.close(inner)

    def wait_ready(self):
        """Until the control endpoint answers."""
        self.client = Client(self.endpoint)
        self.client.send("numwatchers", id="ready")
        end = time.monotonic() + PATIENCE
        while not self.client.socket.poll(20):
            if self.process.poll() is not None:
                raise AssertionError(f"trouped ended with {self.process.returncode} before it was ready:\n{self.log()}")
            if time.monotonic() > end:
                raise AssertionError(f"trouped is not ready:\n{self.log()}")
        self.client.receive()
        if not self.events:
            return
        if not self.events.joined.wait(PATIENCE):
            raise AssertionError(f"no subscriber can join at {self.pubsub}:\n{self.log()}")
        self.catch_up()

    # What a test asks.

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def call(self, command, **properties):
        """Over the wire; a reply that is an error fails the test."""
        reply = self.client.call(command, **properties)
        if reply["status"] == "error":
            raise AssertionError(f"{command} {properties}: {reply}")
        return reply

    def ask(self, command, **properties):
        """Over the wire; the reply as it is."""
        return self.client.call(command, **properties)

    def ctl(self, *words, timeout=PATIENCE):
        """`troupectl --json WORDS`: exit status and the object that it prints (None when it prints none)."""
        done = self.ctl_text("--json", *words, timeout=timeout)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, None

    def ctl_text(self, *words, timeout=PATIENCE):
        return subprocess.run([str(TROUPECTL), "--endpoint", self.endpoint, "--timeout", str(timeout),
                               *map(str, words)], capture_output=True, text=True, timeout=timeout + 10,
                              env=self.environment, check=False)

    def pids(self, watcher):
        return self.call("list", name=watcher)["pids"]

    def arbiter(self):
        """The arbiter: the keeper's child that runs the same program."""
        def look():
            for pid in children_of(self.keeper):
                try:
                    if os.readlink(f"/proc/{pid}/exe") == os.path.realpath(self.program):
                        return pid
                except OSError:
                    pass
            return None
        return until(look, "an arbiter")

    def last_seq(self):
        """The number of the newest event, to be given as `after`."""
        return self.client.call("events", limit=1)["last"]

    def catch_up(self):
        """Every event up to now has been heard: the bus and the replies are two connections, so an event may
        come after the reply that tells of it."""
        self.events.wait_top(self.last_seq())

    def wait_for(self, topic, where=None, after=0, timeout=PATIENCE):
        """The first event of this topic (a shell pattern) with a number above `after`."""
        return self.events.wait(
            lambda e: e.data["seq"] > after and fnmatch.fnmatchcase(e.topic, topic) and (not where or where(e.data)),
            timeout, f"event {topic} after {after}")

    def wait_count(self, topic, count, after=0, timeout=PATIENCE):
        """At least that many events of this topic; all of them so far."""
        def look():
            found = self.heard(topic, after)
            return found if len(found) >= count else None
        return until(look, f"{count} events {topic} after {after}", timeout)

    def heard(self, topic="*", after=0):
        return [e for e in self.events.all() if e.data["seq"] > after and fnmatch.fnmatchcase(e.topic, topic)]

    def seen(self, topic="*", after=0):
        """All events of this topic up to now. A reply may overtake an event, so of a daemon that runs its last
        number is asked and waited for."""
        if self.process.poll() is None:
            last = self.last_seq()
            self.events.wait_top(last)
        return self.heard(topic, after)

    def wait_active(self, *watchers):
        for watcher in watchers:
            until(lambda name=watcher: self.call("status", name=name)["status"] == "active", f"{watcher} active")

    def detail(self, watcher):
        """The entry of `status` that says more than a word."""
        return self.call("status")["details"][watcher]

    def wait_exit(self, timeout=PATIENCE):
        """The exit status of the keeper once it has ended."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"trouped still runs after {timeout} s:\n{self.log()[-4000:]}") from None

    # The end of the test.

    def close(self):
        """Stops what still runs. Returns what was wrong."""
        wrong = []
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                wrong.append("did not stop on SIGTERM")
                self.process.kill()
                self.process.wait()
        if self.process is not None and self.expect_exit is not None and self.process.returncode != self.expect_exit:
            wrong.append(f"exit status {self.process.returncode}, expected {self.expect_exit}")
        if self.events:
            self.events.ending = True
            self.events.join()
        if self.client:
            self.client.close()
        if self.terminal is not None:
            os.close(self.terminal)
        return wrong


class TroupeTest(unittest.TestCase):
    """A test with a private directory; its daemons are stopped and looked after at the end."""

    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="troupe-e2e-", dir="/tmp"))
        self.folder.chmod(0o755)
        os.environ["LSAN_OPTIONS"] = leaks_of_others(self.folder)
        self.daemons = []
        self.addCleanup(self.finish)

    def daemon(self, config, **options):
        return Daemon(self, config, **options)

    def path(self, name):
        return self.folder / name

    def copy_for_all(self, program):
        """A copy that an ordinary user can run wherever the build folder stands."""
        target = self.folder / program.name
        if not target.exists():
            shutil.copy2(program, target)
            target.chmod(0o755)
        return target

    def lines(self, path, count):
        """The lines of a file that workers write, once there are as many."""
        path = pathlib.Path(path)
        def look():
            found = path.read_text().splitlines() if path.exists() else []
            return found if len(found) >= count else None
        return until(look, f"{count} lines in {path.name}")

    def report(self, path):
        """What a worker with --report says about itself."""
        until(pathlib.Path(path).exists, f"the report {path}")
        return json.loads(pathlib.Path(path).read_text())

    def finish(self):
        wrong = []
        for daemon in self.daemons:
            wrong += [f"daemon {daemon.number}: {text}" for text in daemon.close()]
        marker = f"TROUPE_TEST={self.folder}"
        try:
            until(lambda: not processes_with(marker), "all processes gone", timeout=5)
        except AssertionError:
            left = processes_with(marker)
            wrong.append("left behind: " + "; ".join(f"{pid} {command_line(pid)[:200]}" for pid in left))
            for pid in left:
                os.kill(pid, signal.SIGKILL)
        for file in sorted(self.folder.glob("sanitizer*")):
            wrong.append(f"{file.name}:\n{file.read_text(errors='replace')[:6000]}")
        for daemon in self.daemons:
            for word in ("AddressSanitizer", "runtime error:", "Assertion `"):
                if word in daemon.log():
                    wrong.append(f"the log of daemon {daemon.number} says {word}")
        bad = self._outcome.result.failures + self._outcome.result.errors
        if wrong or any(test is self or getattr(test, "test_case", None) is self for test, _ in bad):
            for daemon in self.daemons:
                print(f"---- log of daemon {daemon.number} of {self.id()}:\n{daemon.log()[-6000:]}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)
        if wrong:
            self.fail("\n".join(wrong))


def need_root(test):
    return unittest.skipUnless(os.getuid() == 0, "needs root")(test)


def main():
    if not TROUPED.exists():
        sys.exit(f"{TROUPED} is not built")
    unittest.main(verbosity=2)
