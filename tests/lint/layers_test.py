#!/usr/bin/python3
"""The lint of the layers finds what it should find: each case plants one line in a small tree."""
import pathlib
import tempfile
import unittest

import layers

FORBIDDEN = [
    ("lib/conf/load.cc", "#include <sys/stat.h>", "pure"),
    ("lib/conf/load.cc", "#include <unistd.h>", "pure"),
    ("lib/conf/load.cc", "#include <fstream>", "pure"),
    ("lib/api/command.cc", "#include <fcntl.h>", "pure"),
    ("lib/base/text.cc", "#include <thread>", "pure"),
    ("lib/base/text.h", "#include <chrono>", "duration"),
    ("daemon/core/world.cc", "#include <sys/types.h>", "pure"),
    ("daemon/core/world.cc", "#include <zmq.h>", "door"),
    ("daemon/core/world.cc", "#include <event2/event.h>", "door"),
    ("daemon/core/world.cc", "auto now = std::chrono::steady_clock::now();", "looks at the world"),
    ("lib/conf/load.cc", "if (std::filesystem::exists(path)) return;", "looks at the world"),
    ("lib/conf/load.cc", 'std::printf("%s", text);', "looks at the world"),
    ("lib/conf/load.cc", 'const char* home = getenv("HOME");', "looks at the world"),
    ("daemon/core/world.h", '#include "daemon/ports.h"', "stands above"),
    ("daemon/core/world.h", '#include "lib/os/fd.h"', "acts"),
    ("daemon/core/world.h", '#include "lib/log/log.h"', "acts"),
    ("daemon/core/world.h", '#include "lib/wire/socket.h"', "acts"),
    ("lib/base/text.cc", '#include "lib/json/reader.h"', "floor"),
    ("lib/base/text.cc", '#include "lib/os/fd.h"', "floor"),
    ("lib/json/reader.cc", '#include "lib/conf/load.h"', "floor"),
    ("lib/conf/load.cc", '#include "lib/os/fd.h"', "acts"),
    ("lib/os/fd.cc", '#include "lib/wire/socket.h"', "floor"),
    ("lib/os/fd.cc", '#include "lib/conf/load.h"', "floor"),
    ("lib/loop/loop.cc", '#include "lib/wire/socket.h"', "floor"),
    ("lib/wire/socket.cc", '#include "daemon/ports.h"', "floor"),
    ("daemon/arbiter.cc", "#include <zmq.hpp>", "door"),
    ("daemon/arbiter.cc", "#include <simdjson.h>", "door"),
    ("daemon/arbiter.cc", "#include <rapidjson/writer.h>", "door"),
    ("daemon/arbiter.cc", "#include <spdlog/spdlog.h>", "door"),
    ("lib/conf/options.cc", "#include <ini.h>", "door"),
    ("daemon/app.cc", "#include <CLI/CLI.hpp>", "door"),
    ("ctl/render.cc", "#include <CLI/CLI.hpp>", "door"),
    ("ctl/render.cc", "#include <doctest/doctest.h>", "door"),
    ("daemon/arbiter.cc", '#include "daemon/app.h"', "may not include app"),
    ("daemon/arbiter.cc", '#include "daemon/command/handlers.h"', "may not include command"),
    ("daemon/arbiter.cc", '#include "daemon/spawn/spawner.h"', "may not include spawn"),
    ("daemon/command/stats.cc", '#include "daemon/control.h"', "may not include control"),
    ("daemon/command/stats.cc", '#include "daemon/spawn/spawner.h"', "may not include spawn"),
    ("daemon/spawn/spawner.cc", '#include "daemon/arbiter.h"', "may not include arbiter"),
    ("daemon/spawn/spawner.cc", '#include "daemon/stats/collector.h"', "may not include stats"),
    ("daemon/keeper.cc", '#include "daemon/arbiter.h"', "may not include arbiter"),
    ("daemon/app.cc", '#include "daemon/main.h"', "may not include main"),
    ("daemon/app.cc", '#include "plugins/host/plugin.h"', "includes plugins/host"),
    ("ctl/main.cc", '#include "daemon/ports.h"', "floor"),
    ("ctl/main.cc", '#include "plugins/host/plugin.h"', "includes plugins/host"),
    ("daemon/app.cc", '#include "ctl/cli.h"', "floor"),
    ("plugins/host/host.cc", '#include "daemon/ports.h"', "floor"),
    ("plugins/logger/plugin.cc", '#include "daemon/core/world.h"', "includes daemon"),
    ("plugins/logger/plugin.cc", '#include "plugins/statsd/format.h"', "another plugin"),
    ("plugins/statsd/format.cc", '#include "plugins/host/plugin.h"', "acts"),
    ("plugins/statsd/format.cc", "#include <sys/socket.h>", "pure"),
    ("plugins/host/host.cc", '#include "plugins/statsd/plugin.h"', "another plugin"),
    ("lib/os/fd.h", "#include <functional>", "too heavy"),
    ("lib/os/fd.h", "#include <iostream>", "too heavy"),
    ("lib/new/thing.cc", "#include <string>", "no place"),
    ("ctl/main.cc", '#include "lib/new/thing.h"', "no place"),
]

ALLOWED = [
    ("lib/base/duration.h", "#include <chrono>"),
    ("lib/base/text.cc", "#include <algorithm>"),
    ("lib/os/fd.cc", "#include <sys/socket.h>"),
    ("lib/os/fd.cc", '#include "lib/base/text.h"'),
    ("lib/conf/ini.cc", "#include <ini.h>"),
    ("lib/conf/ini.cc", '#include "lib/conf/line.h"'),
    ("lib/wire/socket.cc", "#include <zmq.h>"),
    ("lib/wire/zmq_watch.h", '#include "lib/loop/fd_watch.h"'),
    ("lib/wire/frames.cc", '#include "lib/json/reader.h"'),
    ("daemon/core/world.cc", '#include "lib/conf/watcher_config.h"'),
    ("daemon/core/world.cc", '#include "daemon/core/slot.h"'),
    ("daemon/ports.h", '#include "daemon/core/effects.h"'),
    ("daemon/arbiter.cc", '#include "daemon/core/world.h"'),
    ("daemon/arbiter.cc", '#include "daemon/ports.h"'),
    ("daemon/command/stats.cc", '#include "daemon/arbiter.h"'),
    ("daemon/control.cc", '#include "daemon/command/handlers.h"'),
    ("daemon/spawn/spawner.cc", '#include "daemon/spawn/child_setup.h"'),
    ("daemon/spawn/spawner.cc", '#include "lib/os/clone.h"'),
    ("daemon/keeper.cc", '#include "daemon/keeper_link.h"'),
    ("daemon/app.cc", '#include "daemon/spawn/spawner.h"'),
    ("daemon/main.cc", '#include "daemon/app.h"'),
    ("daemon/main.cc", "#include <CLI/CLI.hpp>"),
    ("lib/log/log.h", "#include <fmt/core.h>"),
    ("plugins/logger/plugin.cc", '#include "plugins/host/plugin.h"'),
    ("plugins/logger/plugin.h", '#include "plugins/host/plugin.h"'),
    ("plugins/host/registry.cc", '#include "plugins/logger/plugin.h"'),
    ("lib/conf/load.cc", "return std::filesystem::path(path).lexically_normal().string();"),
    ("daemon/core/world.cc", "std::snprintf(text, sizeof text, format);"),
    ("plugins/statsd/plugin.cc", '#include "plugins/statsd/format.h"'),
    ("plugins/statsd/format.cc", '#include "lib/api/events.h"'),
    ("ctl/cli.cc", '#include "lib/wire/client.h"'),
    ("docs/docgen.cc", '#include "lib/api/docs.h"'),
    ("tests/unit/x_test.cc", '#include "daemon/arbiter.h"'),
    ("daemon/core/world.cc", "// a comment about steady_clock::now()"),
]


class Layers(unittest.TestCase):
    def problems(self, path, line):
        with tempfile.TemporaryDirectory() as root:
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True)
            file.write_text(f"// first line\n{line}\n")
            return layers.check(root)

    def test_each_planted_line_is_found(self):
        for path, line, reason in FORBIDDEN:
            with self.subTest(path=path, line=line):
                found = self.problems(path, line)
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(path), found)
                self.assertIn(reason, found[0])

    def test_what_is_allowed_is_not_found(self):
        for path, line in ALLOWED:
            with self.subTest(path=path, line=line):
                self.assertEqual(self.problems(path, line), [])


if __name__ == "__main__":
    unittest.main()
