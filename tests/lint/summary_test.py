#!/usr/bin/python3
"""The last line of `./dev test` counts right, and a run that broke is never a success."""
import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import summary  # noqa: E402

DOCTEST = "[doctest] test cases:  12 |  11 passed | 1 failed | 0 skipped\n[doctest] assertions: 90 | 89 passed |"


class Summary(unittest.TestCase):
    def run_on(self, *results, arguments=()):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder, "all.json")
            log.write_text("".join(json.dumps({"name": "x", **result}) + "\n" for result in results))
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = summary.main([str(log), *arguments])
            return code, out.getvalue().splitlines()[-1]

    def test_a_program_without_a_count_is_one_case(self):
        self.assertEqual(self.run_on({"result": "OK"}, {"result": "OK", "stdout": "fine"}), (0, "2 passed, 0 failed"))

    def test_the_cases_of_doctest_and_unittest_are_counted(self):
        self.assertEqual(self.run_on({"result": "FAIL", "stdout": DOCTEST}), (1, "11 passed, 1 failed"))
        self.assertEqual(self.run_on({"result": "OK", "stderr": "Ran 7 tests in 1.0s\n\nOK (skipped=2)"}),
                         (0, "5 passed, 0 failed, 2 skipped"))
        self.assertEqual(self.run_on({"result": "FAIL", "stderr": "Ran 7 tests in 1.0s\n\nFAILED (failures=1, errors=2)"}),
                         (1, "4 passed, 3 failed"))

    def test_what_was_skipped_is_told_and_is_no_success(self):
        doctest = DOCTEST.replace("1 failed | 0 skipped", "0 failed |   3 skipped")
        self.assertEqual(self.run_on({"result": "OK", "stdout": doctest}), (0, "11 passed, 0 failed, 3 skipped"))
        self.assertEqual(self.run_on({"result": "OK", "stdout": doctest}, {"result": "SKIP"}),
                         (0, "11 passed, 0 failed, 4 skipped"))
        self.assertEqual(self.run_on({"result": "SKIP"}), (1, "0 passed, 0 failed, 1 skipped"))

    def test_a_program_that_crashed_after_good_cases_is_a_failure(self):
        good = DOCTEST.replace("11 passed | 1 failed", "12 passed | 0 failed")
        self.assertEqual(self.run_on({"result": "ERROR", "stdout": good}), (1, "12 passed, 1 failed"))
        self.assertEqual(self.run_on({"result": "TIMEOUT"}), (1, "0 passed, 1 failed"))

    def test_a_broken_build_a_missing_log_and_no_test_at_all_are_failures(self):
        self.assertEqual(self.run_on({"result": "OK"}, arguments=["broken:build-asan"]), (1, "1 passed, 1 failed"))
        self.assertEqual(self.run_on({"result": "OK"}, arguments=["/no/such/log"]), (1, "1 passed, 1 failed"))
        self.assertEqual(self.run_on(), (1, "0 passed, 0 failed"))


if __name__ == "__main__":
    unittest.main()
