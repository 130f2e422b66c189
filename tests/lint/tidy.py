#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over every source file that ships, in parallel, and fails on any finding.

    tests/lint/tidy.py --build build/release --jobs 2

The tool spends nearly all of its time in the headers of other people, some 8 s a file, so it is given a
dozen files at once, written one after another into one (the analyzer looks into the main file only):
three minutes of processor time instead of seventeen. Findings are printed with their own file and line.
Files that define a name twice in one namespace go into different dozens. If a dozen still does not
compile, because of a clash that was not seen here, its files are looked at one by one.

Tests are left out: the compiler's warnings and the sanitizers judge them. A dozen whose text, with its
headers, whose checks and whose tool are as they were at its last clean run is not looked at again; the
record is in BUILD/lint and may be deleted at any time.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

TOOL = "clang-tidy-14"
FOLDERS = ("config", "filters", "sandbox", "shim")
REPO = Path(__file__).resolve().parents[2]
SIZE = 12
DECLARED = re.compile(r"^(?!namespace|using \w+::|[ }#/])"
                      r"(?:(?:struct|class|enum class|using) (\w+)|.*?(\w+)\s*[({=\[])", re.MULTILINE)
FLAG = re.compile(r"(?<!\S)(?:-isystem |-[DI]|-std=)\S+")
NAMESPACE = re.compile(r"^namespace (\S+) \{", re.MULTILINE)


def sources(build):
    """The shipped sources, and the definitions and include folders of all of them."""
    files, flags = set(), {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        file = (Path(entry["directory"]) / entry["file"]).resolve()
        if REPO in file.parents and file.relative_to(REPO).parts[0] in FOLDERS:
            files.add(file)
            flags.update(dict.fromkeys(FLAG.findall(entry["command"])))
    return sorted(files), [word for flag in flags for word in shlex.split(flag)]


def names_in(file):
    """The names declared at the left margin, that is, in a namespace."""
    text = file.read_text(encoding="utf-8")
    space = "::".join(NAMESPACE.findall(text))
    return {(space, name or other) for name, other in DECLARED.findall(text)}


def dozens(files):
    """Lists of files that hold every file once, none beside another with which it shares a name."""
    groups = []
    for file in files:
        names = names_in(file)
        for members, taken in groups:
            if len(members) < SIZE and not names & taken:
                break
        else:
            members, taken = [], set()
            groups.append((members, taken))
        members.append(file)
        taken.update(names)
    return [members for members, _ in groups]


def joined(files):
    """(text, places): the files one after another, and the (file, line) of each line of the text. An
    include that an earlier file has is left out, or the tool would call it a duplicate."""
    lines, places, before = [], [], set()
    for file in files:
        own = file.read_text(encoding="utf-8").splitlines()
        lines += ["" if line in before else line for line in own]
        places += [(file, number) for number in range(1, len(own) + 1)]
        before.update(line for line in own if line.startswith("#include"))
    return "\n".join(lines) + "\n", places


def look(lint, flags, files, salt):
    """(findings text, number of files that were looked at); findings are "" when there are none."""
    text, places = joined(files)
    unit = lint / (hashlib.sha256(text.encode()).hexdigest()[:16] + ".cc")
    unit.write_text(text, encoding="utf-8")
    read = subprocess.run(["clang++-14", *flags, "-E", str(unit)], capture_output=True, check=False)
    record = lint / (hashlib.sha256(salt + text.encode() + read.stdout).hexdigest() + ".clean")
    if read.returncode == 0 and record.exists():
        return "", 0
    done = subprocess.run([TOOL, "--quiet", str(unit), "--", *flags], cwd=REPO, text=True,
                          capture_output=True, check=False)
    if "[clang-diagnostic-error]" in done.stdout and len(files) > 1:
        print(f"clang-tidy: {len(files)} files do not compile together, looking at each", flush=True)
        alone = [look(lint, flags, [file], salt) for file in files]
        return "".join(findings for findings, _ in alone), sum(ran for _, ran in alone)
    if done.returncode != 0:
        return re.sub(re.escape(str(unit)) + r":(\d+)",
                      lambda match: "{}:{}".format(*places[int(match.group(1)) - 1]),
                      done.stdout + done.stderr), len(files)
    record.touch()
    return "", len(files)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    files, flags = sources(options.build.resolve())
    if not files:
        sys.exit("tidy.py: no source file of ours in compile_commands.json")
    lint = options.build.resolve() / "lint"
    lint.mkdir(exist_ok=True)
    version = subprocess.run([TOOL, "--version"], capture_output=True, check=True).stdout
    salt = version + (REPO / ".clang-tidy").read_bytes() + Path(__file__).read_bytes()
    groups = dozens(files)
    bad, looked = False, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(look, lint, flags, group, salt) for group in groups]
        for job in concurrent.futures.as_completed(jobs):
            findings, ran = job.result()
            looked += ran
            bad = bad or findings != ""
            if findings:
                print(findings, flush=True)
    print(f"clang-tidy: {len(files)} files in {len(groups)} groups, {looked} looked at")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
