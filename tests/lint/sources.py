"""What the lint tests share: which files are ours."""
import os
import pathlib

CODE_FOLDERS = ("lib", "daemon", "plugins", "ctl", "docs", "tests")
SKIPPED = ("__pycache__", "corpus", "cases")


def files(root, folders=CODE_FOLDERS, suffixes=(".h", ".cc")):
    """Paths relative to the root, sorted."""
    root = pathlib.Path(root)
    found = []
    for folder in folders:
        for place, inner, names in os.walk(root / folder):
            inner[:] = [name for name in inner if name not in SKIPPED]
            found += [pathlib.Path(place, name).relative_to(root) for name in names if name.endswith(suffixes)]
    return sorted(found)


def text_files(root):
    """Everything written by hand that people read: code, build files, scripts, documents."""
    found = files(root, CODE_FOLDERS + ("etc", ".ci"), (".h", ".cc", ".py", ".sh", ".md", ".ini", ".build", ".jsonl", "run"))
    found += [path.relative_to(root) for path in sorted(pathlib.Path(root).iterdir())
              if path.is_file() and (path.suffix in (".md", ".build", ".txt") or path.name in ("dev", ".clang-tidy"))]
    return sorted(set(found))


def report(title, problems):
    """Prints the problems; the exit status of a lint."""
    for problem in problems:
        print(problem)
    print(f"{title}: {len(problems)} problems" if problems else f"{title}: fine")
    return 1 if problems else 0
