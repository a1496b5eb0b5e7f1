#!/usr/bin/python3
"""Who may include whom. Reads every #include and holds it against the tables below (ARCHITECTURE.md tells why).

usage: layers.py ROOT

Two columns and five floors: a folder includes only lower floors, and what decides never includes what acts.
Inside the daemon main > app > control > command > arbiter > core, and an adapter knows its own family, the
ports and the core. Third-party headers stay behind their door.
"""
import pathlib
import re
import sys

import sources

ACTS, DECIDES, BOTH = "acts", "decides", "both"

# Folder, or what matches of a plugin → (floor, column).
FLOORS = {
    "lib/base": (0, BOTH),
    "lib/os": (1, ACTS), "lib/log": (1, ACTS),
    "lib/json": (1, DECIDES), "lib/conf": (1, DECIDES), "lib/api": (1, DECIDES),
    "lib/wire": (2, ACTS), "lib/stats": (2, ACTS), "lib/http": (2, ACTS), "lib/loop": (2, ACTS),
    "plugins/host": (3, ACTS),
    "daemon/core": (3, DECIDES), "plugins/pure": (3, DECIDES),
    "ctl": (4, ACTS), "plugins/shell": (4, ACTS), "daemon": (4, ACTS),
    "docs": (4, DECIDES),
}

# The steps sideways: the watch of a socket joins the door of ZeroMQ with that of the event loop, and the log writes
# by the same system call as the keeper, which has no log.
SIDEWAYS = {("lib/wire", "lib/loop"), ("lib/log", "lib/os")}

# The list of the plugins that are built in names each of them.
REGISTRY = "plugins/host/registry.cc"
# The manual of troupectl is made from its verbs.
MANUAL = ("docs/man.cc", "ctl/verbs.h")

# Inside the daemon: family → families that it may include besides its own, the ports, the budget of
# descriptors, the lookup of users and the core. A family without a row is an adapter and may include no other.
EVERYTHING = None
DAEMON = {
    "main": EVERYTHING,
    "app": EVERYTHING,
    "control": {"command", "arbiter"},
    "command": {"arbiter", "stats"},
    "arbiter": set(),
    "keeper": {"launch"},
    "endpoints": {"run_dir"},
    "alarm_clock": {"alarm_queue"},
    "service": {"control", "command", "arbiter", "events", "stats"},
    "ports": set(),
}

# Header, or beginning of one → the only places for it.
DOORS = {
    "zmq.h": ("lib/wire/",), "zmq.hpp": ("lib/wire/",), "zmq_addon.hpp": ("lib/wire/",),
    "simdjson": ("lib/json/",), "rapidjson/": ("lib/json/",),
    "spdlog/": ("lib/log/",), "fmt/": ("lib/log/",),
    "ini.h": ("lib/conf/ini.cc",),
    "event.h": ("lib/loop/",), "event2/": ("lib/loop/",),
    "CLI/": ("ctl/cli.cc", "ctl/main.cc", "daemon/main.cc", "plugins/host/main.cc"),
    "histedit.h": ("ctl/shell.cc",), "editline/": ("ctl/shell.cc",),
    "ncurses.h": ("ctl/top.cc",), "curses.h": ("ctl/top.cc",), "term.h": ("ctl/top.cc",),
    "doctest/": ("tests/",),
}

# All that a pure folder may take from the standard library: nothing of it reads a clock, a file or the world.
# <csignal>, <cerrno> and <ctime> are numbers and types there, <cstdio> is snprintf, <fnmatch.h> compares texts and
# <filesystem> is path, which looks at no disk.
PURE_HEADERS = set("""
    algorithm array bit bitset cassert cctype cerrno charconv climits cmath compare concepts csignal cstddef
    cstdint cstdio cstring ctime deque exception filesystem fnmatch.h forward_list initializer_list iterator limits list map memory new
    numbers numeric optional queue random ranges ratio set span stack stdexcept string string_view system_error
    tuple type_traits typeinfo unordered_map unordered_set utility variant vector version
""".split())
CHRONO_HOME = "lib/base/duration.h"
HEAVY_IN_HEADERS = {"functional", "iostream", "regex", "filesystem"}
WORLD = re.compile(r"_clock::now\b|\bgetenv\s*\(|\bfopen\s*\(|\bstd::time\s*\(|\b(?:i|o)?fstream\b|\bsyscall\s*\("
                   r"|\bfilesystem::(?!path\b)\w|\bstd::(?:clock|f?puts|f?printf|fread|fwrite|remove|rename|tmpfile)\s*\(")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def place(path):
    """The row of FLOORS for a file, given its path from the root; None outside of the tables."""
    parts = path.split("/")
    if parts[0] == "lib":
        return "/".join(parts[:2])
    if parts[0] == "daemon":
        return "daemon/core" if parts[1] == "core" else "daemon"
    if parts[0] == "plugins":
        if len(parts) > 2 and parts[1] == "host":
            return "plugins/host"
        return "plugins/shell" if parts[-1] in ("plugin.cc", "plugin.h") else "plugins/pure"
    return parts[0] if parts[0] in ("ctl", "docs") else None


def family(path):
    """The family of a file of the daemon: its folder, or its stem; keeper_link belongs to keeper."""
    parts = path.split("/")
    if len(parts) > 2:
        return parts[1]
    stem = parts[1].rpartition(".")[0]
    return "keeper" if stem.startswith("keeper_") else stem


def owner(path):
    """The part of ctl, plugins, daemon and docs that a file belongs to; they never include each other."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "plugins" else parts[0]


def check_own(source, target):
    """What is wrong with a file including one of ours; None if nothing is."""
    here, there = place(source), place(target)
    if there is None or there not in FLOORS:
        return f"{target} has no place in the table of tests/lint/layers.py"
    if source.startswith("daemon/") and target.startswith("daemon/"):
        return check_daemon(source, target)
    if here == there and owner(source) == owner(target):
        return None
    if here.startswith("plugins/") and there.startswith("plugins/") and owner(source) == owner(target):
        return None if here == "plugins/shell" else "a pure file of a plugin includes its shell"
    (floor, column), (below, other) = FLOORS[here], FLOORS[there]
    if (here, there) in SIDEWAYS or (source, target) == MANUAL or source == REGISTRY and target.endswith("/plugin.h"):
        return None
    if source.startswith("plugins/") and owner(source) != owner(target) and there in ("plugins/pure", "plugins/shell"):
        return f"{owner(source)} includes another plugin"
    if column == DECIDES and other == ACTS:
        return f"{here} decides and {there} acts"
    if below >= floor:
        return f"{here} is on floor {floor} and {there} on floor {below}"
    if owner(target) in ("ctl", "daemon", "docs") and owner(source) != owner(target):
        return f"{owner(source)} includes {owner(target)}"
    if source.startswith("ctl/") and target.startswith("plugins/") or source.startswith("daemon/") and \
            target.startswith("plugins/"):
        return f"{owner(source)} includes {owner(target)}"
    return None


def check_daemon(source, target):
    here, there = family(source), family(target)
    if here == there or here == "core" and there == "core":
        return None
    if here == "core":
        return "the core includes what stands above it"
    if there in ("core", "ports", "descriptors", "identities"):
        return None
    allowed = DAEMON.get(here, set())
    if here in ("main", "app") and there != "main":
        return None
    if allowed is not EVERYTHING and there in allowed:
        return None
    return f"inside the daemon {here} may not include {there}"


def check_foreign(source, header):
    """What is wrong with a file including a header that is not ours."""
    for start, places in DOORS.items():
        if header == start or (not start.endswith(".h") and header.startswith(start)):
            if not source.startswith(places):
                return f"<{header}> belongs behind its door: {', '.join(places)}"
            return None
    if header in HEAVY_IN_HEADERS and source.endswith(".h"):
        return f"<{header}> is too heavy for a header"
    if header == "chrono" and source.endswith(".h") and source != CHRONO_HOME:
        return f"<chrono> comes through {CHRONO_HOME}"
    here = place(source)
    if here and (FLOORS[here][1] == DECIDES or here == "lib/base") and here != "docs":
        if header not in PURE_HEADERS and not (header == "chrono" and source == CHRONO_HOME):
            return f"{here} is pure and <{header}> is not"
    return None


def check(root):
    problems = []
    for path in map(str, sources.files(root)):
        if path.startswith("tests/"):
            continue  # tests may look at everything
        here = place(path)
        if here not in FLOORS:
            problems.append(f"{path}: this folder has no place in the table of tests/lint/layers.py")
            continue
        pure = FLOORS[here][1] == DECIDES and here != "docs" or here == "lib/base"
        for number, line in enumerate((pathlib.Path(root) / path).read_text().splitlines(), 1):
            wrong = None
            if match := INCLUDE.match(line):
                wrong = check_own(path, match[1]) if match[1] else check_foreign(path, match[2])
            elif pure and WORLD.search(line.partition("//")[0]):
                wrong = f"{here} is pure; this line looks at the world"
            if wrong:
                problems.append(f"{path}:{number}: {wrong}: {line.strip()}")
    return problems


if __name__ == "__main__":
    sys.exit(sources.report("layers", check(sys.argv[1])))
