#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The dependency arrow shim -> sandbox -> filters -> config -> config/base, over every #include.

A file includes only from its own folder or further right, by its path from the repository root. Two
checks stay independent of what they check, also through other headers: sandbox/verify of the layers, and
filters/verify_floor of what makes the floor.

    tests/arrow/arrow_test.py        # the tree, and trees that break each rule
"""
import os
import re
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
SOURCES = {".h", ".cc", ".c"}

# From left to right of the arrow.
FOLDERS = ["shim", "sandbox", "filters", "config", "config/base"]

# Files that begin with the first may not reach, directly or through headers, files that begin with one of
# the second.
INDEPENDENT = [
    ("sandbox/verify", ("sandbox/layer.h", "sandbox/layer_table", "sandbox/layers/",
                        "sandbox/staging")),
    ("filters/verify_floor", ("filters/floor.h", "filters/profile_data.h",
                              "filters/argument_sets.h")),
]


def place(path):
    """The index of the folder that `path` belongs to, or None outside the arrow."""
    for index in reversed(range(len(FOLDERS))):
        if path.startswith(FOLDERS[index] + "/"):
            return index
    return None


def read_includes(root):
    """All sources below the folders of the arrow: path -> included paths."""
    found = {}
    for folder in FOLDERS:
        for directory, _, names in os.walk(root / folder):
            for name in names:
                path = Path(directory, name)
                if path.suffix in SOURCES:
                    text = path.read_text(encoding="utf-8")
                    found[path.relative_to(root).as_posix()] = INCLUDE.findall(text)
    return found


def reached(start, includes):
    """Everything that `start` includes, through headers: included path -> who includes it."""
    via, todo = {}, [start]
    while todo:
        path = todo.pop()
        for target in includes.get(path, []):
            if target not in via:
                via[target] = path
                todo.append(target)
    return via


def violations(root):
    includes = read_includes(root)
    broken = []
    for path, targets in sorted(includes.items()):
        for target in targets:
            if place(target) is None:
                broken.append(f"{path} includes {target}, which is not a path from the root")
            elif place(target) < place(path):
                broken.append(f"{path} includes {target}, against the arrow")
    for prefix, forbidden in INDEPENDENT:
        for path in sorted(includes):
            if not path.startswith(prefix):
                continue
            for target, includer in reached(path, includes).items():
                if target.startswith(forbidden):
                    broken.append(f"{path} depends on {target} (through {includer})")
    return broken


class Tree(unittest.TestCase):
    def test_keeps_the_arrow(self):
        self.assertEqual(violations(REPO), [])

    def test_is_all_there(self):
        found = read_includes(REPO)
        for folder in FOLDERS:
            self.assertTrue(any(path.startswith(folder + "/") for path in found), folder)
        for prefix, _ in INDEPENDENT:
            self.assertTrue(any(path.startswith(prefix) for path in found), prefix)


class BrokenTrees(unittest.TestCase):
    def violations_of(self, files):
        with tempfile.TemporaryDirectory() as directory:
            for path, text in files.items():
                file = Path(directory, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return violations(Path(directory))

    def test_each_step_back_is_found(self):
        for left in range(len(FOLDERS)):
            for right in range(len(FOLDERS)):
                files = {f"{FOLDERS[right]}/b.cc": f'#include "{FOLDERS[left]}/a.h"\n'}
                broken = self.violations_of(files)
                self.assertEqual(len(broken), 1 if left < right else 0, (files, broken))

    def test_paths_are_from_the_root(self):
        for include in ("a.h", "../config/a.h", "tests/a.h"):
            self.assertEqual(len(self.violations_of({"shim/b.cc": f'#  include "{include}"\n'})), 1)

    def test_verify_is_independent(self):
        for target in ("sandbox/layers/user.h", "sandbox/layer.h"):
            for path in ("sandbox/verify.cc", "sandbox/verify/mounts.cc"):
                self.assertTrue(self.violations_of({path: f'#include "{target}"\n'}))
                self.assertTrue(self.violations_of({
                    path: '#include "sandbox/other.h"\n',
                    "sandbox/other.h": f'#include "{target}"\n'}))
        self.assertFalse(self.violations_of({"sandbox/x.cc": '#include "sandbox/layer.h"\n'}))

    def test_verify_floor_is_independent(self):
        self.assertTrue(self.violations_of(
            {"filters/verify_floor.cc": '#include "filters/floor.h"\n'}))


if __name__ == "__main__":
    unittest.main()
