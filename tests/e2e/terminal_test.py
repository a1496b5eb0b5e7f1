"""What people see on a terminal: the shell, `top`, circus-top and the completion of bash and zsh, each in tmux."""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import unittest

import zmq

from troupe_harness import PATIENCE, SANITIZED, TROUPECTL, TroupeTest, alive, child, main, until

MANY = 100 if SANITIZED else 1000


class Terminal:
    """A program in a terminal of its own that keys can be typed on and that can be looked at."""

    def __init__(self, test, command, columns=80, lines=24, **environment):
        self.server = ["tmux", "-f", "/dev/null", "-S", str(test.path(f"tmux{len(test.terminals)}"))]
        test.terminals.append(self)
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("TMUX", "TROUPE_", "CIRCUS"))}
        env = {**clean, "LC_ALL": "C.UTF-8", "HOME": str(test.folder), "TROUPE_TEST": str(test.folder), **environment}
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(lines), command, env=env)

    def tmux(self, *words, env=None):
        return subprocess.run([*self.server, *words], capture_output=True, text=True, env=env, check=True).stdout

    def keys(self, *keys):
        """Names of keys as tmux knows them; other words are typed as they are."""
        self.tmux("send-keys", *keys)

    def screen(self):
        return self.tmux("capture-pane", "-p").rstrip("\n")

    def wait(self, *texts, without=None):
        """The screen, once all these texts stand on it."""
        last = ""
        def look():
            nonlocal last
            last = self.screen()
            return all(text in last for text in texts) and (not without or without not in last)
        try:
            until(look, f"{texts} on the screen")
        except AssertionError:
            raise AssertionError(f"not {texts} on the screen, but:\n{last}") from None
        return last

    def resize(self, columns, lines):
        self.tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def close(self):
        subprocess.run([*self.server, "kill-server"], capture_output=True, check=False)


class TerminalTest(TroupeTest):
    def setUp(self):
        super().setUp()
        self.terminals = []
        self.addCleanup(lambda: [terminal.close() for terminal in self.terminals])
        self.bin = self.path("bin")
        self.bin.mkdir()
        for name in ("troupectl", "circusctl", "circus-top"):
            (self.bin / name).symlink_to(TROUPECTL)

    def start(self, **watchers):
        self.d = self.daemon({f"watcher:{name}": {"cmd": child(), **options} for name, options in watchers.items()})
        for name, options in watchers.items():
            wanted = options.get("numprocesses", 1) if options.get("autostart", True) else 0
            until(lambda: len(self.d.pids(name)) == wanted, f"{wanted} processes of {name}")
            if wanted:
                self.d.wait_active(name)

    def terminal(self, command, columns=80, lines=24, **environment):
        """`sh` goes on when the program ends, so that what it left can be seen."""
        path = f"{self.bin}:{os.environ['PATH']}"
        return Terminal(self, f"{command}; echo left with $?; exec cat", columns, lines, PATH=path,
                        TROUPE_ENDPOINT=self.d.endpoint, CIRCUSCTL_ENDPOINT=self.d.endpoint, **environment)

    def table(self, screen):
        """The first words of the lines of top's table."""
        return [line.lstrip(" +-").split()[0] for line in screen.splitlines()[2:-1] if line.strip()]


@unittest.skipUnless(shutil.which("tmux"), "needs tmux")
class Shell(TerminalTest):
    def test_commands_watchers_options_and_values_are_completed_and_run(self):
        for columns, lines in ((80, 24), (200, 50)):
            with self.subTest(f"{columns}x{lines}"):
                self.start(web={"numprocesses": 2}, worker={}, spare={"autostart": False})
                terminal = self.terminal("troupectl", columns, lines)
                terminal.wait("troupe (1 of 3 not active)>")
                terminal.keys("stat", "Tab")
                terminal.keys("us we", "Tab")
                terminal.wait("> status web")
                terminal.keys("Enter")
                terminal.wait("\nactive")
                terminal.keys("st", "Tab")
                terminal.wait("start  stats  status  stop")
                terminal.keys("art spa", "Tab", "--wai", "Tab")
                terminal.wait("> start spare --waiting")
                terminal.keys("Enter")
                terminal.wait("ok  started", "troupe>")
                terminal.keys("set web resp", "Tab", "f", "Tab", "Enter")
                terminal.wait("> set web respawn false\nok\n")
                self.assertIs(self.d.call("get", name="web", keys=["respawn"])["options"]["respawn"], False)
                terminal.keys("help inc", "Tab", "Enter")
                terminal.wait("Usage: troupectl [OPTIONS] incr NAME [N] [--waiting]", "nce.\ntroupe>")  # the line may be broken
                terminal.keys("C-d")
                terminal.wait("left with 0")

    def test_names_of_any_letters_are_completed(self):
        self.start(**{"Ünïcode": {}, "nä": {}, "nö": {}})
        terminal = self.terminal("troupectl", LC_ALL="C.UTF-8")
        terminal.wait("troupe>")
        terminal.keys("status Ün", "Tab")
        terminal.wait("> status 'Ünïcode'")
        terminal.keys("C-u", "status n", "Tab")
        terminal.wait("nä", "nö", "> status n")
        terminal.keys("ä", "Enter")
        terminal.wait("> status nä\nactive")

    def test_a_bad_line_and_ctrl_c_do_not_end_it(self):
        self.start(web={})
        terminal = self.terminal("troupectl")
        terminal.wait("troupe>")
        terminal.keys("list --bad", "Enter")
        terminal.wait("unknown option '--bad'\nUsage: troupectl [OPTIONS] list [NAME]\nSee troupectl list --help.\ntroupe>")
        terminal.keys("stop web")
        terminal.wait("troupe> stop web")
        terminal.keys("C-c")
        terminal.wait("stop web^C\ntroupe>")
        terminal.keys("events --follow", "Enter")
        def followed():
            self.d.call("publish", topic="probe", data={})
            return "  probe" in terminal.screen()
        until(followed, "an event")
        terminal.keys("C-c")
        terminal.keys("numwatchers", "Enter")
        terminal.wait("> numwatchers\n1\n")
        self.assertEqual(self.d.call("status", name="web")["status"], "active")
        terminal.keys("exit", "Enter")
        terminal.wait("left with 0")

    def test_history_is_kept_for_its_owner_only(self):
        self.start(web={})
        state = self.path("state")
        terminal = self.terminal("troupectl", XDG_STATE_HOME=str(state))
        terminal.wait("troupe>")
        terminal.keys("numprocesses web", "Enter")
        terminal.wait("\n1\ntroupe>")
        terminal.keys("C-d")
        terminal.wait("left with 0")
        history = state / "troupe" / "history"
        self.assertEqual(history.stat().st_mode & 0o077, 0)
        again = self.terminal("troupectl", XDG_STATE_HOME=str(state))
        again.wait("troupe>")
        again.keys("Up")
        again.wait("troupe> numprocesses web")

    def test_it_tells_when_the_daemon_is_gone_and_finds_it_again(self):
        self.start(web={})
        terminal = self.terminal("troupectl")
        terminal.wait("troupe>")
        self.d.call("quit", waiting=True)
        self.assertEqual(self.d.wait_exit(), 0)
        terminal.keys("list", "Enter")
        terminal.wait("nobody listens", "troupe (no daemon)>")
        self.d.start(None)
        self.d.wait_ready()
        terminal.keys("list", "Enter")
        terminal.wait("> list\nweb\ntroupe>")

    def test_quit_is_asked_for_twice(self):
        self.start(web={})
        terminal = self.terminal("troupectl")
        terminal.wait("troupe>")
        terminal.keys("quit", "Enter")
        terminal.wait("type it again")
        self.assertTrue(alive(self.d.keeper))
        terminal.keys("quit --waiting", "Enter")
        self.assertEqual(self.d.wait_exit(), 0)

    def test_circusctl_on_a_terminal_edits_lines_too(self):
        self.start(web={})
        terminal = self.terminal("circusctl")
        terminal.wait("circusctl 0.19.0\nweb: active\n(circusctl)")
        terminal.keys("numpro")
        terminal.wait("(circusctl) numpro")
        terminal.keys("Tab")
        terminal.wait("(circusctl) numprocesses")
        terminal.keys("we", "Tab")
        terminal.wait("(circusctl) numprocesses web")
        terminal.keys("Enter")
        terminal.wait("(circusctl) numprocesses web\n1\n(circusctl)")
        terminal.keys("incr web --bad", "Enter")
        terminal.wait("error: unrecognized arguments: --bad\n(circusctl)")
        terminal.keys("C-d")
        terminal.wait("left with 0")


@unittest.skipUnless(shutil.which("tmux"), "needs tmux")
class Top(TerminalTest):
    def test_watchers_and_processes_are_shown_sorted_filtered_and_controlled(self):
        for columns, lines in ((80, 24), (200, 50)):
            with self.subTest(f"{columns}x{lines}"):
                self.start(web={"numprocesses": 2}, db={}, spare={"autostart": False})
                web, db = self.d.pids("web"), self.d.pids("db")
                terminal = self.terminal("troupectl top", columns, lines)
                screen = terminal.wait("3 watchers, 2 active  3 processes", "q quit")
                self.assertEqual(self.table(screen), ["db", str(db[0]), "spare", "web", *map(str, web)])
                self.assertEqual(len(screen.splitlines()), lines)
                self.assertIn("child", screen)
                terminal.keys("o")
                until(lambda: self.table(terminal.screen()) == ["db", "spare", "web"], "no process is shown")
                terminal.keys("End", "Space")
                terminal.wait("- web", str(web[1]))
                terminal.keys("/", "spar")
                terminal.wait("filter: spar_")
                until(lambda: self.table(terminal.screen()) == ["spare"], "only what fits")
                terminal.keys("Enter", "s")
                terminal.wait("start spare? y")
                terminal.keys("y")
                terminal.wait("start spare: ok")
                self.d.wait_active("spare")
                terminal.wait("3 active  4 processes")
                terminal.keys("x", "n")
                terminal.keys("x", "y")
                terminal.wait("stop spare: ok", "2 active  3 processes")
                self.assertEqual(self.d.call("status", name="spare")["status"], "stopped")
                terminal.keys("?")
                terminal.wait("Any key goes back to the table.")
                terminal.keys("q")
                terminal.wait("WATCHER / PID")
                terminal.keys("q")
                terminal.wait("left with 0")

    def test_it_fits_whatever_size_the_terminal_gets(self):
        self.start(web={"numprocesses": 30})
        terminal = self.terminal("troupectl top")
        terminal.wait("1 watchers, 1 active  30 processes")
        terminal.keys("Space", "End")
        for columns, lines in ((200, 50), (60, 10), (80, 24)):
            terminal.resize(columns, lines)
            last = str(self.d.pids("web")[-1])
            def fits():
                shown = terminal.screen().splitlines()
                return len(shown) == lines and shown[-1].startswith("q quit") and any(last in line for line in shown)
            until(fits, f"a picture of {columns}x{lines}")
        self.assertIn("WATCHER / PID", terminal.screen())

    def test_a_restart_is_counted_and_sorted_by(self):
        self.start(aa={}, web={})
        terminal = self.terminal("troupectl top --sort restarts")
        terminal.wait("+RST")
        os.kill(self.d.pids("web")[0], 9)
        def first():
            lines = terminal.screen().splitlines()
            return len(lines) > 2 and lines[2].split()[1] == "web" and lines[2].split()[-1] == "1"
        until(first, "web first, with one restart")

    def test_a_thousand_processes(self):
        self.start(many={"numprocesses": MANY})
        pids = sorted(self.d.pids("many"))
        terminal = self.terminal("troupectl top")
        terminal.wait(f"{MANY} processes", f"{MANY}/{MANY}")
        terminal.keys("Space", "End")
        terminal.wait(f"    {pids[-1]} ")
        terminal.keys("Home")
        terminal.wait(f"    {pids[0]} ")
        terminal.keys("/", str(pids[MANY // 2]))
        until(lambda: self.table(terminal.screen()) == ["many", str(pids[MANY // 2])], "the one process")

    def test_it_goes_on_when_the_daemon_comes_back(self):
        self.start(web={})
        terminal = self.terminal("troupectl top")
        terminal.wait("1 active")
        self.d.call("quit", waiting=True)
        self.assertEqual(self.d.wait_exit(), 0)
        terminal.wait("no ")
        self.d.start(None)
        self.d.wait_ready()
        self.d.wait_active("web")
        terminal.keys("Home")
        terminal.wait(f"  {self.d.pids('web')[0]} ", "q quit")

    def test_figures_come_from_the_stream_of_statistics_when_there_is_one(self):
        endpoint = f"ipc://{self.folder}/stats"
        self.d = self.daemon({"troupe": {"stats_endpoint": endpoint}, "watcher:Web": {"cmd": child()}})
        self.d.wait_active("web")
        web, arbiter = self.d.pids("web")[0], self.d.arbiter()
        publisher = zmq.Context.instance().socket(zmq.PUB)
        self.addCleanup(publisher.close, 0)
        publisher.bind(endpoint)
        terminal = self.terminal("troupectl top")
        terminal.wait(f"  {web} ")
        def send():
            for name, pid, own in (("web", web, None), ("circus", arbiter, "circusd")):
                data = {"mem_info1": "777.00M", "cpu": 12.5, "mem": 0.1, "pid": pid, "age": 5.0, "cmdline": "x",
                        "subtopic": pid, "name": own}
                publisher.send_multipart([f"stat.{name}.{pid}".encode(), json.dumps(data).encode()])
            return "777M" in terminal.screen()
        until(send, "the figures of the stream")
        terminal.wait(f"  {web} ", without="777M")  # silent again: the daemon is asked

    def test_without_a_terminal_it_says_so(self):
        self.start(web={})
        done = self.d.ctl_text("top")
        self.assertEqual((done.returncode, done.stderr), (1, "troupectl: this needs a terminal\n"))


@unittest.skipUnless(shutil.which("tmux"), "needs tmux")
class CircusTop(TerminalTest):
    def test_it_shows_the_stream_and_forgets_what_is_silent(self):
        self.start(web={})
        publisher = zmq.Context.instance().socket(zmq.XPUB)
        self.addCleanup(publisher.close, 0)
        endpoint = f"ipc://{self.folder}/stats"
        publisher.bind(endpoint)
        terminal = self.terminal(f"circus-top --endpoint {endpoint} --process-timeout 0.5", 90, 48)
        terminal.wait("*** Waiting for data ***")
        self.assertEqual(publisher.recv(), b"\x01stat.")
        def send():
            for topic, data in ((b"stat.my web.19206", {"pid": 19206, "cpu": 2.0, "mem": 0.13, "age": 81.0, "name": None}),
                                (b"stat.my web", {"pid": [19206], "cpu": 2.0, "mem": 0.13, "age": 81.0})):
                publisher.send_multipart([topic, json.dumps(data).encode()])
            return "my web\n   PID                      CPU (%)             MEMORY (%)          AGE (s)\n" \
                   "  19206                      2.00                0.13                81.00\n" \
                   "                             2.00 (avg)          0.13 (sum)          81.00 (old\n" in terminal.screen()
        until(send, "the picture")
        terminal.wait("*** Waiting for data ***")
        terminal.keys("C-c")
        terminal.wait("left with 0")

    def test_it_shows_what_our_own_daemon_publishes(self):
        endpoint = f"ipc://{self.folder}/stats"
        self.d = self.daemon({"circus": {"stats_endpoint": endpoint}, "watcher:web": {"cmd": child()},
                              "socket:local": {"path": self.path("local.sock")}}, root="circus")
        self.d.wait_active("web")
        terminal = self.terminal(f"circus-top --endpoint {endpoint}", 90, 48)
        terminal.wait(f"  {self.d.keeper} (circusd-keeper)", f"  {self.d.arbiter()} (circusd)",
                      "(circusd-stats)", "web\n   PID ", f"  {self.d.pids('web')[0]}  ", "sockets\n   ADDRESS",
                      "0 (sum)")
        terminal.keys("C-c")
        terminal.wait("left with 0")


class Completion(TerminalTest):
    """In the shells themselves."""

    def complete(self, shell, *flags):
        self.start(web={}, worker={}, **{"one shot": {}}, **{"plug:in": {}})
        script = self.path("completion")
        script.write_text(subprocess.run([TROUPECTL, "complete", shell], capture_output=True, text=True, check=True).stdout)
        terminal = Terminal(self, shlex.join([shutil.which(shell), *flags]), 100, 30, TERM="vt100", PS1="$ ",
                            PATH=f"{self.bin}:{os.environ['PATH']}", TROUPE_ENDPOINT=self.d.endpoint)
        return terminal, script

    def check(self, terminal):
        terminal.keys("troupectl numpr", "Tab", "wo", "Tab", "Enter")
        terminal.wait("troupectl numprocesses worker", "\n1\n")
        terminal.keys("troupectl incr web --wai", "Tab", "Enter")
        terminal.wait("troupectl incr web --waiting", "\n2\n")
        terminal.keys("troupectl set web resp", "Tab", "fal", "Tab", "Enter")
        terminal.wait("troupectl set web respawn false", "\nok\n")
        terminal.keys("troupectl status one", "Tab", "Enter")
        terminal.wait("troupectl status one\\ shot", "\nactive\n")
        terminal.keys("troupectl list plu", "Tab", "Enter")
        terminal.wait(f"\n{self.d.pids('plug:in')[0]}\n")

    @unittest.skipUnless(shutil.which("tmux"), "needs tmux")
    def test_bash(self):
        terminal, script = self.complete("bash", "--norc", "--noprofile")
        terminal.keys(f". {script}; clear", "Enter")
        self.check(terminal)

    @unittest.skipUnless(shutil.which("tmux") and shutil.which("zsh"), "needs tmux and zsh")
    def test_zsh(self):
        terminal, script = self.complete("zsh", "-f")
        folder = self.path("functions")
        folder.mkdir()
        shutil.copy(script, folder / "_troupectl")
        terminal.keys(f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -d {self.folder}/dump; clear", "Enter")
        self.check(terminal)
        terminal.keys("troupectl snap", "Tab")
        terminal.wait("troupectl snapshot")


if __name__ == "__main__":
    main()
