#!/usr/bin/python3
"""Small promises about the text of the repository.

usage: words.py ROOT

No file is too long to be understood (tables excepted), nothing is left to be done later, no path of some
machine stands in a file, lines end without blanks, and what README and CONTRIBUTING tell people to type is
there: words of ./dev, verbs of troupectl, files.
"""
import pathlib
import re
import sys

import sources

LONGEST = 600
TABLES = re.compile(r"(_options\.cc|_commands\.h|/events\.cc|/errors\.cc)$")
LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
MACHINE = re.compile(r"(?<![\w.])/work/\w")
PAGES = ("README.md", "CONTRIBUTING.md")


def check_text(path, text):
    problems = []
    lines = text.splitlines()
    if path.suffix in (".h", ".cc", ".py") and len(lines) > LONGEST and not TABLES.search(str(path)):
        problems.append(f"{path}: {len(lines)} lines; {LONGEST} is the most")
    for number, line in enumerate(lines, 1):
        if LATER.search(line):
            problems.append(f"{path}:{number}: left for later: {line.strip()}")
        if MACHINE.search(line):
            problems.append(f"{path}:{number}: a path of some machine: {line.strip()}")
        if line != line.rstrip():
            problems.append(f"{path}:{number}: blanks at the end")
    if text and not text.endswith("\n"):
        problems.append(f"{path}: no newline at the end")
    return problems


def code_of(page):
    """What a page shows as code: blocks, and words between backticks."""
    blocks = re.findall(r"(?s)```\w*\n(.*?)```", page)
    return blocks, re.findall(r"`([^`\n]+)`", re.sub(r"(?s)```.*?```", "", page))


def check_page(root, name):
    page = (root / name).read_text()
    blocks, words = code_of(page)
    problems = []
    known = set(re.findall(r"(?m)^  ([a-z|]+)\)|^  (help)\|", (root / "dev").read_text()))
    known = {word for pair in known for part in pair for word in part.split("|")} | {"help"}
    verbs = set(re.findall(r'(?m)^ *\{"([a-z]+)",', "".join(
        path.read_text() for path in [*(root / "lib" / "api").glob("*_commands.h"), root / "ctl" / "verbs.cc"])))
    for text in blocks + words:
        for word in re.findall(r"\./dev ([a-z]+)", text):
            if word not in known:
                problems.append(f"{name}: ./dev {word} is no word of dev")
        for verb in re.findall(r"troupectl (?:--\S+ )*([a-z]+)", text):
            if verb not in verbs:
                problems.append(f"{name}: troupectl {verb} is no verb")
    for word in words:
        word = word.rstrip("/")
        if re.fullmatch(r"(lib|daemon|plugins|ctl|etc|docs|tests)(/[\w.-]+)*", word) and not (root / word).exists():
            problems.append(f"{name}: {word} is not there")
    return problems


def main(root):
    root = pathlib.Path(root)
    problems = []
    for path in sources.text_files(root):
        problems += check_text(path, (root / path).read_text(encoding="utf-8"))
    for name in PAGES:
        problems += check_page(root, name)
    return sources.report("words", problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
