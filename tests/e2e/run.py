#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one end-to-end test file, of this folder or of tests/apps, for ctest and people.

    tests/e2e/run.py test_layers [-k PATTERN] [-v] [-f]

Exit code 0: all passed; 1: something failed; 77: everything in it was skipped (ctest's "skipped").
"""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "apps")]
sys.dont_write_bytecode = True


def main():
    program = unittest.main(module=None, argv=["run.py", *sys.argv[1:]], exit=False)
    result = program.result
    for test, reason in result.skipped:
        print(f"SKIPPED {test}: {reason}", file=sys.stderr)
    if not result.wasSuccessful():
        return 1
    # A skip in setUpClass counts as one skip and no run.
    skipped = sum(1 for test, _ in result.skipped if isinstance(test, unittest.TestCase))
    ran = result.testsRun - skipped
    return 77 if result.skipped and ran <= 0 else 0


if __name__ == "__main__":
    sys.exit(main())
