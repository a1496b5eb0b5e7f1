#!/usr/bin/python3
"""Adds up the results of several `meson test` runs and ends with the line
`N passed, N failed[, N skipped]`.

usage: summary.py LOG.json|broken:FOLDER...

Counts test cases where a program says how many it ran (doctest, Python's unittest), else the program as one.
A run without a log (the build broke, or meson did) counts as one failure. Exit status 0 only if nothing failed
and something passed.
"""
import json
import re
import sys

DOCTEST = re.compile(r"\[doctest\] test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed(?: \|\s*(\d+) skipped)?")
UNITTEST = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
UNITTEST_BAD = re.compile(r"^(?:FAILED|OK) \((.*)\)$", re.MULTILINE)


def cases(result):
    """(passed, failed, skipped) of one program, given its entry in meson's log."""
    text = result.get("stdout", "") + "\n" + result.get("stderr", "")
    good = result["result"] in ("OK", "EXPECTEDFAIL")
    passed, failed, skipped = (1, 0, 0) if good else (0, 1, 0)
    if result["result"] == "SKIP":
        return 0, 0, 1
    if match := DOCTEST.search(text):
        passed, failed, skipped = int(match[1]), int(match[2]), int(match[3] or 0)
    elif match := UNITTEST.search(text):
        details = UNITTEST_BAD.search(text)
        counts = dict(re.findall(r"(\w+)=(\d+)", details[1])) if details else {}
        failed = int(counts.get("failures", 0)) + int(counts.get("errors", 0))
        skipped = int(counts.get("skipped", 0))
        passed = max(0, int(match[1]) - failed - skipped)
    if not good and failed == 0:
        failed = 1  # it crashed, hung, or a sanitizer spoke at its end
    return passed, failed, skipped


def main(arguments):
    passed = failed = skipped = 0
    bad = []
    for argument in arguments:
        try:
            if argument.startswith("broken:"):
                raise OSError
            with open(argument, encoding="utf-8") as log:
                results = [json.loads(line) for line in log]
        except (OSError, ValueError):
            failed += 1
            bad.append(f"{argument}: nothing was run")
            continue
        for result in results:
            good, wrong, left_out = cases(result)
            passed, failed, skipped = passed + good, failed + wrong, skipped + left_out
            if wrong:
                bad.append(f"{argument.split('/')[0]}: {result['name']}: {result['result']}")
    for line in bad:
        print("FAILED", line)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
