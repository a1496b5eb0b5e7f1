#!/usr/bin/python3
"""The documents that are made from the rows are what the rows say today; `./dev docs` writes them.

usage: docs.py [--write] DOCGEN FOLDER: DOCGEN NAME prints the page NAME, FOLDER/NAME.md is what we keep.
"""
import difflib
import pathlib
import subprocess
import sys

import sources

PAGES = ("commands", "events", "errors", "options")


def main(arguments):
    write = arguments[0] == "--write"
    docgen, folder = arguments[1 if write else 0:]
    problems = []
    if not pathlib.Path(docgen).exists():
        print("docgen is not there")
        return 1
    for name in PAGES:
        done = subprocess.run([docgen, name], capture_output=True, text=True, timeout=60, check=False)
        page = pathlib.Path(folder) / f"{name}.md"
        if done.returncode != 0:
            problems.append(f"docgen {name}: exit status {done.returncode}: {done.stderr.strip()}")
        elif write:
            page.write_text(done.stdout)
        elif not page.exists():
            problems.append(f"{page.name} is missing: ./dev docs writes it")
        elif page.read_text() != done.stdout:
            changes = difflib.unified_diff(page.read_text().splitlines(), done.stdout.splitlines(), f"docs/{page.name}",
                                           "from the rows", lineterm="", n=1)
            problems.append("\n".join([f"docs/{page.name} is stale: ./dev docs writes it", *list(changes)[:30]]))
    return sources.report("docs", problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
