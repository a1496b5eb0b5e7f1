"""A hook file as it is written for Circus: nothing in it knows of Troupe."""
import os
import signal
import subprocess
import sys
import threading
import time

from circus import logger

calls = []


def note(line):
    with open(os.environ["HOOK_NOTES"], "a") as notes:
        notes.write(line + "\n")


def before_start(watcher, arbiter, hook_name, **kwargs):
    logger.info("starting %s", watcher.name)
    calls.append(hook_name)
    note(f"{hook_name} {watcher.name} {watcher.numprocesses} {watcher.env['COLOUR']} "
         f"{watcher._options['flavour']} {arbiter.endpoint.split(':')[0]} {sorted(kwargs)}")
    return True


def after_start(watcher, arbiter, hook_name, **kwargs):
    calls.append(hook_name)
    process = list(watcher.processes.values())[0]
    other = arbiter.get_watcher("other")
    watcher.notify_event("warm", {"pid": process.pid})
    note(f"{hook_name} {len(watcher.processes)} {process.wid} {process.age() >= 0} {watcher.is_active()} "
         f"{other.status()} {[w.name for w in arbiter.watchers]}")
    return True


def before_signal(watcher, arbiter, hook_name, pid, signum, **kwargs):
    note(f"{hook_name} {pid in watcher.processes} {signum == signal.SIGTERM}")
    return True


def before_stop(watcher, arbiter, hook_name, **kwargs):
    raise Exception("hook says no")


def after_stop(watcher, arbiter, hook_name, **kwargs):
    calls.append(hook_name)
    note(f"{hook_name} {calls}")


def stats(watcher, arbiter, hook_name, pid, stats, **kwargs):
    stats["requests"] = 42


def refuse(watcher, arbiter, hook_name, **kwargs):
    return None


def raises(watcher, arbiter, hook_name, **kwargs):
    raise ValueError("no such luck")


def slow(watcher, arbiter, hook_name, **kwargs):
    time.sleep(5)
    return True


def for_ever(watcher, arbiter, hook_name, **kwargs):
    while True:
        time.sleep(60)


def dies(watcher, arbiter, hook_name, **kwargs):
    os._exit(7)


def waits_for_child(watcher, arbiter, hook_name, **kwargs):
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        note(str(sleeper.pid))
    return True


def starts_thread(watcher, arbiter, hook_name, **kwargs):
    threading.Thread(target=time.sleep, args=(600,)).start()
    return True


def says_nonsense(watcher, arbiter, hook_name, **kwargs):
    watcher.notify_event("odd", {"nan": float("nan"), "set": {1}, "bytes": b"x", 5: "\udcff"})
    return True


def counts(watcher, arbiter, hook_name, **kwargs):
    note(f"{len(watcher.processes)} {len({process.wid for process in watcher.processes.values()})}")
    return True


def forges(watcher, arbiter, hook_name, **kwargs):
    watcher.notify_event("mine", {"topic": "watcher.forged.reap", "seq": 1, "boot": "x", "time": 0, "pid": 7})
    return True


def odd_stats(watcher, arbiter, hook_name, pid, stats, **kwargs):
    stats.update({"infinite": float("inf"), "text": "\udcff", (1, 2): 3, "object": watcher})


def exits(watcher, arbiter, hook_name, **kwargs):
    sys.exit(3)


def interrupts(watcher, arbiter, hook_name, **kwargs):
    raise KeyboardInterrupt


def not_unicode(watcher, arbiter, hook_name, **kwargs):
    raise ValueError("bad \udcff byte")


def too_much(watcher, arbiter, hook_name, **kwargs):
    watcher.notify_event("big", {"text": "x" * 2_000_000})


def changes(watcher, arbiter, hook_name, **kwargs):
    watcher.numprocesses = 3
    note(str(watcher.numprocesses))
    for option, value in (("nonsense", 1), ("pids", []), ("numprocesses", "many")):
        try:
            setattr(watcher, option, value)
        except AttributeError as error:
            note(str(error))
    try:
        watcher.env["X"] = "1"
    except TypeError as error:
        note(str(error))
    return True


def leaves_writer(watcher, arbiter, hook_name, **kwargs):
    folder = os.path.dirname(__file__)
    script = f"while ! test -e {folder}/open; do sleep 0.02; done; echo written at the end; echo again"
    note(str(subprocess.Popen(["sh", "-c", script], start_new_session=True).pid))
    return True


def looks_at_others(watcher, arbiter, hook_name, **kwargs):
    note(repr(sorted(each.name for each in arbiter.watchers)))
    other = arbiter.get_watcher("OTHER ONE")
    note(f"{other.name} {other._options} {watcher._options}")
    note(str([process.children(recursive=True) for process in other.get_active_processes()]))
    return True
