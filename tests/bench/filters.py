#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What loading and having a seccomp filter costs by itself, without a container.

    tests/bench/filters.py                # 20 rounds, prints three tables

Each round loads, in a fresh process, what a container gets: one to three filters of a class (a pod's own
profile is stacked on the class's), the profile that containerd 1.6 writes for RuntimeDefault, and the
smallest program that looks at an argument of ioctl at all, which is the floor under every profile that
does; then it times system calls under them (calls.c). All programs are search trees made by `stockadectl
profile compile`. The best of all rounds is printed: what disturbs a call only ever adds. Needs no root.

The third table is the start of a program that does nothing, from before the fork to its end: by itself;
with a filter that its parent installs after the fork, as a delegate does; and with the same filter
installed by stockade-init, which is one more program to start. What lies between the last two is the
stub, and 1 ms of it is the budget (--check); medians of the rounds and their middle half.
"""
import argparse
import base64
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from common import (DEFAULT_PROFILE, REPO, add_rounds, check_rounds, compile_program, spread,
                    summary, turning)

BIN = Path(os.environ.get("STOCKADE_BIN_DIR", REPO / "build/release/bin"))
INIT = BIN.parent / "libexec/stockade/stockade-init"
STUB_BUDGET = 1000  # microseconds
STACKED = {"defaultAction": "SCMP_ACT_ALLOW",
           "syscalls": [{"names": ["chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO"}]}
IOCTL, TIOCSTI, ARGUMENT = 16, 0x5412, 24  # x86-64; the offset of the second argument
ALLOW, EPERM = 0x7fff0000, 0x50001


def smallest():
    """ld nr; jeq ioctl; ld request; jeq TIOCSTI: every other call is decided by its number."""
    return b"".join(struct.pack("<HBBI", *row) for row in (
        (0x20, 0, 0, 0), (0x15, 0, 2, IOCTL), (0x20, 0, 0, ARGUMENT), (0x15, 1, 0, TIOCSTI),
        (0x06, 0, 0, ALLOW), (0x06, 0, 0, EPERM)))


def prepare(folder):
    """Compiles programs and filters; variant -> the filters' files."""
    for program in ("load", "calls", "start", "nothing"):
        compile_program(program, folder / program)
    default = json.loads(DEFAULT_PROFILE.read_text(encoding="utf-8"))["seccomp"]
    for name, document in (("default", default), ("own", STACKED)):
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    sources = {"default": folder / "default.json", "own": folder / "own.json",
               "baseline": "baseline", "restricted": "restricted", "isolated": "isolated"}
    for name, source in sources.items():
        subprocess.run([BIN / "stockadectl", "profile", "compile", source, "--output",
                        folder / name], check=True, stdout=subprocess.DEVNULL)
    (folder / "smallest").write_bytes(smallest())
    return {"none": [], "smallest": ["smallest"], "default": ["default"], "baseline": ["baseline"],
            "restricted": ["restricted"], "restricted, own": ["restricted", "own"],
            "restricted 3 times": ["restricted"] * 3, "isolated": ["isolated"]}


def measure(folder, rounds):
    """Variant -> line -> the best of the rounds, in nanoseconds."""
    best = {}
    for _, order in turning(rounds - 1, prepare(folder).items()):  # all count, for the best does
        for title, files in order:
            done = subprocess.run([folder / "load", *(folder / f for f in files), "--",
                                   folder / "calls"], check=True, capture_output=True, text=True)
            lines = dict(line.split("\t") for line in done.stdout.splitlines())
            row = best.setdefault(title, {})
            for line, spent in lines.items():
                row[line] = min(float(spent), row.get(line, float("inf")))
            loads = [float(v) for k, v in lines.items() if k.startswith("load")]
            row["load"] = min(sum(loads), row.get("load", float("inf")))
    return best


def starts(folder, rounds):
    """Profile -> way -> microseconds of each round."""
    samples = {}
    for name in ("baseline", "restricted"):
        program = folder / name
        text = "0:" + base64.b64encode(program.read_bytes()).decode("ascii")
        ways = {"alone": ["-", folder / "nothing"], "by its parent": [program, folder / "nothing"],
                "by stockade-init": ["-", INIT, text, "--", folder / "nothing"]}
        for counts, order in turning(rounds, ways.items()):
            for way, argv in order:
                done = subprocess.run([folder / "start", *argv], check=True, capture_output=True,
                                      text=True)
                if counts:
                    samples.setdefault(name, {}).setdefault(way, []).append(float(done.stdout) / 1e3)
    return samples


def start_table(samples):
    yield f"{'starting, us':14}{'alone':24}{'by its parent':24}{'by stockade-init':24}the stub"
    for name, ways in samples.items():
        stub = [a - b for a, b in zip(ways["by stockade-init"], ways["by its parent"])]
        cells = [spread(summary(values), ".0f") for values in (*ways.values(), stub)]
        yield f"{name:14}" + "".join(f"{cell:24}" for cell in cells).rstrip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add_rounds(parser, 20)
    parser.add_argument("--check", action="store_true", help="fail when the budget is not met")
    options = parser.parse_args()
    check_rounds(parser, options)
    with tempfile.TemporaryDirectory() as name:
        best = measure(Path(name), options.rounds)
        started = starts(Path(name), 10 * options.rounds)
    print(f"{'loading, us':20}" + "".join(f"{title:>20}" for title in best))
    print(f"{'all filters':20}" + "".join(f"{row['load'] / 1e3:20.0f}" for row in best.values()))
    print(f"\n{'one call, ns':20}" + "".join(f"{title:>20}" for title in best))
    for call in (line for line in best["none"] if not line.startswith("load")):
        base = best["default"][call]
        print(f"{call:20}" + "".join(f"{row[call]:12.0f} ({row[call] / base:.2f})"
                                     for row in best.values()))
    print("\n" + "\n".join(start_table(started)))
    stub = max(statistics.median(ways["by stockade-init"]) - statistics.median(ways["by its parent"])
               for ways in started.values())
    if options.check and stub > STUB_BUDGET:
        print(f"OVER BUDGET: the stub takes {stub:.0f} us > {STUB_BUDGET}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
