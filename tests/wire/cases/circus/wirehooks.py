"""The hooks of setup.ini and orders.ini: Python functions as they are written for Circus."""


def good(watcher, arbiter, hook_name, **_):
    return True


def refuse(watcher, arbiter, hook_name, **_):
    return False


def fail(watcher, arbiter, hook_name, **_):
    raise ValueError("hook says no")


def requests(watcher, arbiter, hook_name, pid, stats, **_):
    stats["requests"] = 42
