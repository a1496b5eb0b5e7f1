#!/usr/bin/python3
"""Small promises about the text of the repository.

usage: words.py ROOT

No file is too long to be understood (tables excepted), nothing is left to be done later, no path of the machine
it is written on stands in a file, lines end without blanks, what README and its like tell people to type is
there (words of ./dev, verbs of troupectl, files), and the plugin of the README is the one that the tests build.
"""
import pathlib
import re
import sys

import sources

LONGEST = 600
TABLES = re.compile(r"(_options\.cc|_commands\.h|/events\.cc|/errors\.cc)$")
LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
EVERYWHERE = ("home", "tmp", "root", "usr", "var", "opt", "srv", "mnt", "media", "run")  # not telling by themselves
PLUGIN = "tests/unit/plugins/ten_lines.cc"


def machine(root):
    """Finds paths of this machine: below the topmost folder of this checkout that other machines do not have."""
    parts = root.resolve().parts[1:]
    depth = 2 if parts[0] in EVERYWHERE else 1
    return re.compile(r"(?<![\w.])/" + re.escape("/".join(parts[:depth])) + r"/\w")


def check_text(path, text, here):
    problems = []
    lines = text.splitlines()
    if path.suffix in (".h", ".cc", ".py") and len(lines) > LONGEST and not TABLES.search(str(path)):
        problems.append(f"{path}: {len(lines)} lines; {LONGEST} is the most")
    for number, line in enumerate(lines, 1):
        if LATER.search(line):
            problems.append(f"{path}:{number}: left for later: {line.strip()}")
        if here.search(line):
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
        is_file = re.fullmatch(r"(lib|daemon|plugins|ctl|etc|docs|tests)(/[\w.-]+)*|[A-Z]+\.md", word)
        if is_file and not word.endswith("/X") and not (root / word).exists():
            problems.append(f"{name}: {word} is not there")
    return problems


def check_plugin(root):
    blocks = re.findall(r"(?s)```cpp\n(.*?)```", (root / "README.md").read_text())
    if (root / PLUGIN).read_text() in blocks:
        return []
    return [f"README.md: the plugin is not the text of {PLUGIN}"]


def main(root):
    root = pathlib.Path(root)
    problems = []
    here = machine(root)
    for path in sources.text_files(root):
        problems += check_text(path, (root / path).read_text(encoding="utf-8"), here)
    for page in sorted(root.glob("*.md")):
        if re.fullmatch(r"[A-Z]+\.md", page.name):
            problems += check_page(root, page.name)
    problems += check_plugin(root)
    return sources.report("words", problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
