#!/usr/bin/python3
"""The workers of etc/demo.ini: `write` prints a line now and then, `crash` dies every few seconds, `stubborn`
ignores SIGTERM."""
import os
import random
import signal
import sys
import time


def write():
    number = 0
    while True:
        number += 1
        print(f"writer {os.getpid()}: line {number}", flush=True)
        time.sleep(10)


def crash():
    time.sleep(random.uniform(3, 8))
    if random.random() < 0.5:
        sys.exit(3)
    os.kill(os.getpid(), signal.SIGKILL)


def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()


{"write": write, "crash": crash, "stubborn": stubborn}[sys.argv[1]]()
