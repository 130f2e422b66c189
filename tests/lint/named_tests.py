# SPDX-License-Identifier: Apache-2.0
"""The tests that a document names, and whether they stand in the file that it gives for them.

A document writes `test_name`, `Class.test_name` or, for C++, `Suite.Name`. The file may follow in
brackets: `test_name` (`tests/e2e/test_x.py`). Without one, the document may give a file for all that are
named so, by a sentence "functions in `FILE` unless another file is given"; else any file of tests/ does.

    problems(text)    # ["names test_a in tests/e2e/test_x.py, which has no such test", ...]
"""
import ast
import functools
import re
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
FILE = r"tests/[\w./-]+(?:\.py|\.cc)"
NAMED = re.compile(r"`(\w+(?:\.\w+)?)`(?:\s+\(`(" + FILE + r")`\))?")
DEFAULT = re.compile(r"functions\s+in\s+`(" + FILE + r")`\s+unless\s+another\s+file\s+is\s+given")
PYTHON = re.compile(r"(?:[A-Za-z]\w*\.)?test_\w+")
CPP = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)


@functools.cache
def tests_of(path):
    """The names by which a document may speak of the tests in one file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".cc":
        return {name for suite, test in CPP.findall(text) for name in (f"{suite}.{test}", test)}
    found = {path.stem}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            inner = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
            found.update(name for each in inner for name in (each, f"{node.name}.{each}"))
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return found


@functools.cache
def all_python_tests():
    return set().union(*(tests_of(path) for path in (REPO / "tests").rglob("test_*.py")))


def problems(text):
    """What is wrong with the tests that the document `text` names, a sentence each."""
    found = []
    default = DEFAULT.search(text)
    for name, file in NAMED.findall(text):
        if not file and not PYTHON.fullmatch(name):
            continue
        file = file or (default.group(1) if default else "")
        if not file:
            if name not in all_python_tests():
                found.append(f"names the test {name}, which does not exist")
        elif not (REPO / file).is_file():
            found.append(f"names {name} in {file}, a file that does not exist")
        elif name not in tests_of(REPO / file):
            found.append(f"names {name} in {file}, which has no such test")
    return found
