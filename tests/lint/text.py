#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What every text file of the tree keeps to: readable encoding, no trailing blanks, a final newline,
no unfinished marks, licence lines in sources, JSON and YAML that parse; and in documents, links, paths
and tests that stand where it is said.

    tests/lint/text.py        # prints path:line: what is wrong; ends with 1 if anything is
"""
import json
import re
import subprocess
import sys
from pathlib import Path

import named_tests
import yaml

REPO = Path(__file__).resolve().parents[2]
SOURCES = (".cc", ".h", ".c", ".sh", ".py")
LICENCE = "SPDX-License-Identifier: Apache-2.0"
# Written in two parts, so that this file passes its own check.
UNFINISHED = re.compile("TO" + "DO|FIX" + "ME|XX" + "X:")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s#]+)(#[^)\s]*)?\)")
# In documents: `tests/e2e/run.py`.
PATH = re.compile(r"`((?:config|filters|integration|sandbox|shim|tests)/[\w./-]*)`")
# Inputs that are malformed on purpose.
RAW = ("corpus/", "/data/", "LICENSE")


def tracked():
    out = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"], cwd=REPO, capture_output=True, check=True).stdout
    for name in sorted(set(out.decode().split("\0"))):
        if name and (REPO / name).is_file():
            yield name


def lines_of(name, text):
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if "\t" in line and not name.endswith((".tsv", ".go")):
            yield number, "a tab"
        if UNFINISHED.search(line):
            yield number, "an unfinished mark"


def whole(name, text):
    path = REPO / name
    if text and not text.endswith("\n"):
        yield "no newline at the end"
    if text.endswith("\n\n"):
        yield "empty lines at the end"
    if name.endswith(SOURCES) and text and LICENCE not in text[:400]:
        yield "no licence line at the top"
    if name.endswith(".json"):
        try:
            json.loads(text)
        except ValueError as error:
            yield f"not JSON: {error}"
    if name.endswith((".yaml", ".yml")):
        try:
            list(yaml.safe_load_all(text))
        except yaml.YAMLError as error:
            yield f"not YAML: {error}"
    if name.endswith(".md"):
        for match in LINK.finditer(text):
            target = match.group(1)
            if "://" not in target and not (path.parent / target).exists():
                yield f"a link to {target}, which does not exist"
        for named in PATH.findall(text):
            if not any(base.joinpath(named).exists() for base in (REPO, path.parent)):
                yield f"names {named}, which does not exist"
        yield from named_tests.problems(text)


def main():
    found = 0
    for name in tracked():
        if any(part in name for part in RAW):
            continue
        try:
            text = (REPO / name).read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            print(f"{name}: not UTF-8: {error}")
            found += 1
            continue
        problems = [f"{name}:{number}: {what}" for number, what in lines_of(name, text)]
        problems += [f"{name}: {what}" for what in whole(name, text)]
        found += len(problems)
        for problem in problems:
            print(problem)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
