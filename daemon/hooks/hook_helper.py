"""Calls the Python hooks of one watcher. trouped starts it when the first of them is to be called.

Standard input is a socket to the daemon, a JSON object a line both ways. From the daemon:
    {"watcher", "env", "free", "endpoint", "pubsub_endpoint", "path"}   first, once
    {"run", "hook", "function", "arguments"}                            call a hook
    {"status", "id", ...}                                               the reply to a request
To the daemon:
    {"done", "yes", "stats"} or {"done", "error", "trace"}              what came of it
    {"id", "command", "properties"}                                     a request, as at the control endpoint
    {"event", "data"}                                                   watcher.notify_event
What hooks print goes to the log of the daemon.
"""
import importlib
import importlib.util
import itertools
import json
import logging
import math
import os
import pwd
import queue
import sys
import threading
import time
import traceback
import types


LONGEST = 1 << 20  # bytes of a line; the daemon ends who says a longer one


def finite(value):
    """JSON has no NaN and no infinity: null takes their place."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(inner) for inner in value]
    return value


def line_of(message):
    """What hooks say may be anything: it becomes JSON, or an exception of theirs, and never a broken line."""
    data = json.dumps(finite(message), default=str, skipkeys=True, ensure_ascii=False).encode(errors="replace") + b"\n"
    if len(data) > LONGEST:
        raise ValueError(f"the daemon takes {LONGEST} bytes at once, and these are {len(data)}")
    return data


class CallError(Exception):
    """What the daemon said to a request that it refused."""


class Channel:
    def __init__(self, fd):
        self.fd = fd
        self.runs = queue.Queue()  # None: the daemon is gone
        self.replies = {}
        self.numbers = itertools.count(1)
        self.writing = threading.Lock()
        self.lines = os.fdopen(os.dup(fd), "rb")
        self.start = json.loads(self.lines.readline() or "null")

    def listen(self):
        for line in self.lines:
            message = json.loads(line)
            if "run" in message:
                self.runs.put(message)
            elif message.get("id") in self.replies:
                self.replies.pop(message["id"]).put(message)
        self.runs.put(None)

    def send(self, message):
        data = line_of(message)
        with self.writing:
            while data:
                data = data[os.write(self.fd, data):]

    def call(self, command, **properties):
        number = next(self.numbers)
        answer = self.replies[number] = queue.Queue()
        self.send({"id": number, "command": command, "properties": properties})
        reply = answer.get()
        if reply.get("status") == "error":
            raise CallError(reply.get("reason"))
        return reply


class Process:
    """A process of a watcher, with the attributes that hooks use of Circus's."""

    def __init__(self, info):
        self.info = info
        self.pid = info["pid"]
        self.wid = info.get("wid")
        self.started = info.get("started")
        self.status = 0  # running

    def age(self):
        return time.time() - self.started

    def children(self, recursive=False):
        """Its direct ones, whatever is wanted."""
        return [child["pid"] for child in self.info.get("children", [])]

    def is_alive(self):
        return os.path.exists(f"/proc/{self.pid}")


class Environment(dict):
    """The environment of a watcher, to be read: what a hook would change in it would reach no process."""

    def _refuse(self, *_, **__):
        raise TypeError("a hook cannot change the environment of its watcher; `set` and the configuration file can")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def copy(self):
        return dict(self)


class Watcher:
    """Stands in for Circus's watcher: what it does not know itself it asks the daemon for."""

    def __init__(self, channel, name, env=None, free=None):
        self._channel = channel
        self.__dict__["name"] = name
        self.__dict__["res_name"] = name.lower().replace(" ", "_")
        self._env = env
        self._free = free

    def __repr__(self):
        return f"<Watcher {self.name}>"

    def _call(self, command, **properties):
        return self._channel.call(command, name=self.name, **properties)

    def _get(self, option):
        return self._call("get", keys=[option])["options"][option]

    def __getattr__(self, option):
        if option.startswith("__"):
            raise AttributeError(option)
        try:
            return self._get(option)
        except CallError as error:
            raise AttributeError(f"'Watcher' object has no attribute '{option}' ({error})") from None

    def __setattr__(self, option, value):
        """Changes the option as `set` does, for as long as the daemon runs."""
        if option.startswith("_"):
            return super().__setattr__(option, value)
        if option in self.__dict__ or hasattr(type(self), option):
            raise AttributeError(f"'{option}' of a watcher cannot be changed by a hook")
        try:
            self._get(option)
            self._call("set", options={option: value})
        except CallError as error:
            raise AttributeError(f"'{option}' of {self!r} cannot be set ({error})") from None

    @property
    def env(self):
        own = self._env if self._env is not None else _env_of(self._get("env"))
        return Environment({**os.environ, **own} if self._get("copy_env") else own)

    @property
    def _options(self):
        if self._free is not None:
            return dict(self._free)
        own = self._channel.start
        known = set(self._channel.call("options", name=own["watcher"])["options"]) - set(own["free"])
        return {key: value for key, value in self._call("options")["options"].items()
                if key not in known and not key.startswith(("hooks.", "rlimit_"))}

    @property
    def processes(self):
        infos = self._call("stats")["info"]
        return {int(pid): Process(info) for pid, info in infos.items() if isinstance(info, dict) and "pid" in info}

    @property
    def pids(self):
        return self._call("list")["pids"]

    def get_active_processes(self):
        return list(self.processes.values())

    def status(self):
        return self._call("status")["status"]

    def is_active(self):
        return self.status() == "active"

    def is_stopped(self):
        return self.status() == "stopped"

    def is_stopping(self):
        return self.status() == "stopping"

    def send_signal(self, pid, signum):
        self._call("signal", pid=pid, signum=int(signum))

    def notify_event(self, topic, msg):
        if self._env is None:
            raise CallError("only the hook's own watcher has notify_event")
        self._channel.send({"event": topic, "data": msg})

    # These begin when the hook has returned: it holds its watcher up.
    def start(self):
        self._call("start")

    def stop(self):
        self._call("stop")

    def restart(self):
        self._call("restart")

    def reload(self, graceful=True, sequential=False):
        self._call("reload", graceful=graceful, sequential=sequential)

    def incr(self, nb=1):
        self._call("incr", nb=nb)

    def decr(self, nb=1):
        self._call("decr", nb=nb)


def _env_of(value):
    return dict(value) if isinstance(value, dict) else {}


class Arbiter:
    """Stands in for Circus's arbiter."""

    def __init__(self, channel, own):
        self._channel = channel
        self._own = own
        self.endpoint = channel.start["endpoint"]
        self.pubsub_endpoint = channel.start["pubsub_endpoint"]

    def _watcher(self, name):
        return self._own if name == self._own.name else Watcher(self._channel, name)

    @property
    def watchers(self):
        return [self._watcher(name) for name in self.statuses()]

    def iter_watchers(self, reverse=True):
        return iter(self.watchers)

    def numwatchers(self):
        return len(self._channel.call("list")["watchers"])

    def get_watcher(self, name):
        for known in self.statuses():
            if known.lower() == name.lower():
                return self._watcher(known)
        raise KeyError(name)

    def statuses(self):
        return self._channel.call("status")["statuses"]


def find_function(dotted):
    """The longest part that can be imported is the module; what comes after it are attributes."""
    words = dotted.split(".")
    for count in range(len(words) - 1, 0, -1):
        module = ".".join(words[:count])
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            # Something that the module itself imports is missing: that is the fault.
            if count == 1 or not (error.name and (module == error.name or module.startswith(error.name + "."))):
                raise
            continue
        for word in words[count:]:
            found = getattr(found, word)
        return found
    raise ImportError(f"No module named {dotted!r}")


def run(message, watcher, arbiter):
    done = {"done": message["run"]}
    try:
        function = find_function(message["function"])
        hook, arguments = message["hook"], message["arguments"]
        if hook == "extended_stats":
            function(watcher, arbiter, hook, **arguments)
            done.update(yes=True, stats=arguments["stats"])
        else:
            done["yes"] = bool(function(watcher=watcher, arbiter=arbiter, hook_name=hook, **arguments))
        line_of(done)
    except BaseException as error:  # what a hook raises is its answer, SystemExit too
        done = {"done": message["run"], "error": (str(error) or type(error).__name__)[:4096], "trace": trace_of(error)}
    return done


def trace_of(error):
    """The traceback from the hook's own file on."""
    at = error.__traceback__
    while at and (at.tb_frame.f_code.co_filename == __file__ or "importlib" in at.tb_frame.f_code.co_filename):
        at = at.tb_next
    return "".join(traceback.format_exception(type(error), error, at))[-65536:]


def provide_circus():
    """Hooks import Circus for its logger. Where there is no Circus, there is that."""
    try:
        if importlib.util.find_spec("circus") is not None:
            return
    except (ImportError, ValueError):
        pass
    module = types.ModuleType("circus")
    module.logger = logging.getLogger("circus")
    sys.modules["circus"] = module


def search_path(more):
    """Where Circus finds hooks: PYTHONPATH of the watcher, packages of the daemon's user, and `more`."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path]
    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return paths + more
    packages = f"{home}/.local/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    return paths + [packages] * os.path.isdir(packages) + more


def main():
    channel = Channel(os.dup(0))
    if channel.start is None:
        return
    with open(os.devnull, "rb") as null:
        os.dup2(null.fileno(), 0)
    # Behind Python's own: python3 runs isolated, so that what may be written by others is not run by itself.
    sys.path += [folder for folder in search_path(channel.start["path"]) if folder not in sys.path]
    sys.argv = [""]
    logging.basicConfig(level=logging.INFO, format="[%(levelname)s] %(message)s")
    provide_circus()
    watcher = Watcher(channel, channel.start["watcher"], channel.start["env"], channel.start["free"])
    arbiter = Arbiter(channel, watcher)
    threading.Thread(target=channel.listen, daemon=True).start()
    for message in iter(channel.runs.get, None):
        done = run(message, watcher, arbiter)
        sys.stdout.flush()
        channel.send(done)


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, ConnectionError):
        pass
    os._exit(0)  # threads that a hook has started keep nobody waiting
