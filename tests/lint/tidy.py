#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over every source file that ships, in parallel, and fails on any finding.

    tests/lint/tidy.py --build build/release --jobs 2

Tests are left out: the compiler's warnings and the sanitizers judge them, and the tool would need
longer for GoogleTest's headers than for the whole product. A file whose preprocessed text, whose
checks and whose tool are as they were at its last clean run is not looked at again; the record is in
BUILD/lint and may be deleted at any time.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

TOOL = "clang-tidy-14"
FOLDERS = ("config", "filters", "sandbox", "shim")
REPO = Path(__file__).resolve().parents[2]


def commands(build):
    """The compile commands of the shipped sources, one per file."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        file = (Path(entry["directory"]) / entry["file"]).resolve()
        if REPO in file.parents and file.relative_to(REPO).parts[0] in FOLDERS:
            found.setdefault(file, entry)
    return found


def fingerprint(entry, salt):
    """Everything the result depends on, or "" if the file does not even preprocess."""
    argv = [a for a in shlex.split(entry["command"]) if a != "-c"]
    while "ccache" in os.path.basename(argv[0]):
        argv.pop(0)
    if "-o" in argv:
        del argv[argv.index("-o"):argv.index("-o") + 2]
    done = subprocess.run(argv + ["-E"], cwd=entry["directory"], capture_output=True, check=False)
    if done.returncode != 0:
        return ""
    return hashlib.sha256(salt + done.stdout).hexdigest()


def look(build, file, entry, salt):
    """(findings text, True if it ran) for one file; findings are "" when there are none."""
    record = build / "lint" / (str(file.relative_to(REPO)).replace("/", "%") + ".clean")
    key = fingerprint(entry, salt)
    if key and record.exists() and record.read_text(encoding="ascii") == key:
        return "", False
    done = subprocess.run([TOOL, "--quiet", "-p", str(build), str(file)], cwd=REPO, text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        return done.stdout + done.stderr, True
    record.write_text(key, encoding="ascii")
    return "", True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    build = options.build.resolve()
    found = commands(build)
    if not found:
        sys.exit("tidy.py: no source file of ours in compile_commands.json")
    (build / "lint").mkdir(exist_ok=True)
    version = subprocess.run([TOOL, "--version"], capture_output=True, check=True).stdout
    salt = version + (REPO / ".clang-tidy").read_bytes()
    failed, ran = [], 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(look, build, file, entry, salt): file for file, entry in found.items()}
        for job in concurrent.futures.as_completed(jobs):
            findings, fresh = job.result()
            ran += fresh
            if findings:
                failed.append(jobs[job])
                print(findings, flush=True)
    print(f"clang-tidy: {len(found)} files, {ran} looked at, {len(failed)} with findings")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
