"""`meson install` into an empty folder, and everything started from there (Must show 10)."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from troupe_harness import BUILD, PATIENCE, SANITIZED, TroupeTest, main, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ("man8/trouped.8", "man1/troupectl.1", "man1/troupe-plugin.1", "man5/troupe.ini.5")
LINKS = {"sbin/circusd": "trouped", "bin/circusctl": "troupectl", "bin/circus-top": "troupectl",
         "bin/circus-plugin": "troupe-plugin"}
WORKER = "[watcher:web]\ncmd = /usr/bin/python3 -m http.server 0 --bind 127.0.0.1\ncopy_env = true\n"


def run(*words, **options):
    options = {"capture_output": True, "text": True, "timeout": 3 * PATIENCE, "check": False, **options}
    return subprocess.run([str(word) for word in words], **options)


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"needs {program}")


class Installed(TroupeTest):
    @classmethod
    def setUpClass(cls):
        cls.destination = pathlib.Path(tempfile.mkdtemp(prefix="troupe-install-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.destination)
        cls.install()
        programs = [path for path in cls.destination.rglob("trouped") if path.is_file()]
        assert len(programs) == 1, programs
        cls.prefix = programs[0].parent.parent

    @classmethod
    def install(cls):
        done = run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", cls.destination)
        assert done.returncode == 0, done.stdout + done.stderr

    def program(self, name):
        return self.prefix / ("sbin" if name in ("trouped", "circusd") else "bin") / name

    def find(self, name):
        found = list(self.destination.rglob(name))
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_the_demo_runs_from_there_with_its_plugin_and_nothing_of_the_build_folder(self):
        examples = self.find("demo.ini").parent
        for folder in ("etc", "docs", "build"):
            self.path(folder).mkdir()
        shutil.copy(examples / "demo_worker.py", self.path("etc"))
        text = (examples / "demo.ini").read_text().replace("1808$(circus.wid)", "0").replace(
            "[troupe]", f"[troupe]\nrun_dir = {self.path('run0')}\n[env]\nTROUPE_TEST = {self.folder}\n[troupe]", 1)
        daemon = self.daemon(text, keep_text=True, program=self.program("trouped"))
        daemon.wait_active("web", "writer", "stubborn", "plugin:logger")
        self.assertIn(str(self.prefix / "bin" / "troupe-plugin"), daemon.call("get", name="plugin:logger",
                                                                             keys=["cmd"])["options"]["cmd"])
        until(self.path("build/demo-events.log").exists, "the logger's file")
        victim = daemon.pids("web")[0]
        os.kill(victim, signal.SIGKILL)
        until(lambda: str(victim) in self.path("build/demo-events.log").read_text(), "the logger to tell of it")
        plugin = os.readlink(f"/proc/{daemon.pids('plugin:logger')[0]}/exe")
        self.assertEqual(pathlib.Path(plugin), self.program("troupe-plugin").resolve())
        done = run(self.program("troupectl"), "--endpoint", daemon.endpoint, "status")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("plugin:logger", done.stdout)
        done = run(self.program("circusctl"), "--endpoint", daemon.endpoint, "status", "web")
        self.assertEqual(done.stdout, "active\n")

    def test_the_example_is_good_and_stays_as_it_was_changed(self):
        file = next(path for path in self.destination.rglob("troupe.ini") if path.parent.name == "troupe")
        self.assertEqual(run(self.program("trouped"), "--check", file).stdout, f"{file}: good\n")
        text = file.read_text() + WORKER
        file.write_text(text)
        self.install()
        self.assertEqual(file.read_text(), text)

    def test_the_names_of_circus_are_relative_links(self):
        for link, target in LINKS.items():
            self.assertEqual(os.readlink(self.prefix / link), target)
            self.assertEqual(run(self.prefix / link, "--version").returncode, 0, link)

    @needs("mandoc")
    def test_the_manual_has_no_errors_and_no_warnings(self):
        for page in PAGES:
            done = run("mandoc", "-T", "lint", "-W", "warning", self.find(page.rpartition("/")[2]))
            self.assertEqual((done.returncode, done.stdout), (0, ""), page)

    def test_the_manual_has_every_option_of_the_programs_and_every_command(self):
        for name, page in (("trouped", "trouped.8"), ("troupe-plugin", "troupe-plugin.1"), ("troupectl", "troupectl.1")):
            text = self.find(page).read_text().replace("\\-", "-").replace("Fl -", "--")
            for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", run(self.program(name), "--help").stdout)):
                self.assertIn(option, text, page)
        usage = run(self.program("troupectl"), "--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0]
        verbs = [line.split()[0] for line in usage.splitlines()]
        self.assertGreater(len(verbs), 30)
        for verb in verbs:
            self.assertRegex(self.find("troupectl.1").read_text(), rf'\.It Ic "?(\\&)?{verb}\b')

    def test_the_manual_has_every_option_of_a_file(self):
        text = self.find("troupe.ini.5").read_text()
        for option in re.findall(r"(?m)^\| `([a-z_]+)` \|", (ROOT / "docs" / "options.md").read_text()):
            self.assertRegex(text, rf"\.It Cm (\\&)?{option}\b")

    def test_bash_completes_commands(self):
        script = self.find("bash-completion").joinpath("completions", "troupectl")
        done = run("bash", "--norc", "-c", f". {script} && complete -p troupectl && COMP_WORDS=(troupectl relo) "
                   'COMP_CWORD=1 COMP_LINE="troupectl relo" COMP_POINT=14 && _troupectl && echo "${COMPREPLY[@]}"')
        self.assertEqual(done.stdout.splitlines()[-1].split(), ["reload", "reloadconfig"], done.stderr)

    @needs("zsh")
    def test_zsh_finds_its_completion(self):
        folder = self.find("_troupectl").parent
        done = run("zsh", "-f", "-c", f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -D -u; "
                   "print ${_comps[troupectl]}; autoload +X -Uz _troupectl && print loaded")
        self.assertEqual(done.stdout.split(), ["_troupectl", "loaded"], done.stderr)

    @needs("systemd-analyze")
    def test_the_unit_is_good(self):
        unit = self.find("trouped.service")
        text = unit.read_text()
        for key in ("Type=notify", "KillMode=mixed", "WatchdogSec="):
            self.assertIn(key, text)
        # The programs are looked for where the unit says, so it is to say where they are now.
        inside = "/" + str(self.prefix.relative_to(self.destination))
        here = self.path("trouped.service")
        here.write_text(text.replace(f"={inside}/", f"={self.prefix}/"))
        done = run("systemd-analyze", "verify", "--man=no", here)
        self.assertEqual((done.returncode, [line for line in done.stderr.splitlines() if "trouped.service" in line]),
                         (0, []))

    @needs("pkg-config")
    def test_a_plugin_builds_against_what_is_installed_and_runs(self):
        pkg_config = self.find("troupe.pc").parent
        environment = {**os.environ, "PKG_CONFIG_PATH": str(pkg_config), "PKG_CONFIG_SYSROOT_DIR": str(self.destination)}
        flags = run("pkg-config", "--cflags", "troupe", env=environment).stdout.split()
        self.assertIn("-std=c++20", flags)
        include = self.find("load.h").parents[2]
        headers = [path.relative_to(include) for path in sorted(include.rglob("*.h"))]
        self.assertGreater(len(headers), 15)
        source = self.path("x.cc")
        source.write_text("".join(f'#include "{header}"\n' for header in headers) +
                          (ROOT / "tests/unit/plugins/ten_lines.cc").read_text())
        done = run("g++", *flags, "-fPIC", "-shared", "-o", self.path("x.so"), source)
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon = self.daemon({"plugin:strikes": {"use": self.path("x.so")},
                              "watcher:dies": {"cmd": "/bin/false", "autostart": "false", "restart_delay": 0.05}},
                             program=self.program("trouped"))
        daemon.wait_active("plugin:strikes")
        daemon.call("start", name="dies")
        daemon.wait_for("watcher.dies.stop")

    @unittest.skipIf(SANITIZED, "the sanitizers' own")
    def test_the_programs_need_nothing_of_the_build_folder(self):
        for name in ("trouped", "troupectl", "troupe-plugin"):
            done = run("readelf", "-d", self.program(name))
            self.assertNotRegex(done.stdout, "RUNPATH|RPATH")
            self.assertEqual(run("ldd", self.program(name)).stdout.count("not found"), 0)


if __name__ == "__main__":
    main()
