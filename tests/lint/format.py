#!/usr/bin/python3
"""clang-format would change nothing: `./dev fmt` does it.

usage: format.py ROOT
"""
import os
import re
import subprocess
import sys

import sources


def main(root):
    os.chdir(root)
    files = list(map(str, sources.files(".")))
    half = (len(files) + 1) // 2  # two at a time
    runs = [subprocess.Popen(["clang-format", "--dry-run", *part], stderr=subprocess.PIPE, text=True)
            for part in (files[:half], files[half:]) if part]
    wrong = set()
    for run in runs:
        errors = run.communicate()[1]
        wrong.update(re.findall(r"(?m)^(\S+?):\d+:\d+: ", errors))
        if run.returncode:
            print(errors)
            return 1
    return sources.report("format", [f"{file}: not formatted" for file in sorted(wrong)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
