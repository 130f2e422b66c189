#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What one system call costs under each class's filters, against the engine's default profile.

    tests/bench/calls.py                # 10 rounds, prints a table
    tests/bench/calls.py --rounds 30 --json build/calls.json

Each round runs a container (calls.c) without a filter, with the profile that containerd 1.6 writes for
RuntimeDefault, in each class, and in each class with a small profile of the pod's own stacked on top, in an
order that turns by one; ratios are taken within a round. Runs on a throw-away node of the end-to-end
tests, as root, over runc.
"""
import argparse
import json
import statistics
import sys
from pathlib import Path

from common import DEFAULT_PROFILE, add_rounds, check_rounds, compile_program, turning


STACKED = {"defaultAction": "SCMP_ACT_ALLOW",
           "syscalls": [{"names": ["chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO"}]}


def variants():
    """Name -> (class, the pod's seccomp section)."""
    default = json.loads(DEFAULT_PROFILE.read_text(encoding="utf-8"))["seccomp"]
    found = {"no filter": ("permissive", None), "default": ("permissive", default)}
    for name in ("baseline", "restricted"):
        found[name] = (name, default)
        found[f"{name}, stacked"] = (name, STACKED)
    found["isolated"] = ("isolated", default)
    return found


def measure(rounds):
    """Variant -> call -> nanoseconds of each round."""
    from lib.bundle import Bundle
    from lib.node import Node
    from lib.runtime import stockade

    samples = {}
    with Node() as node:
        program = node.work / "calls"
        compile_program("calls", program)
        bundle = Bundle(node, ["/bin/calls"])
        (bundle.path / "rootfs/bin/calls").write_bytes(program.read_bytes())
        (bundle.path / "rootfs/bin/calls").chmod(0o755)
        runtimes = {name: stockade(node, name, "runc")
                    for name in ("permissive", "baseline", "restricted", "isolated")}
        for counts, order in turning(rounds, variants().items()):
            for title, (name, seccomp) in order:
                bundle.spec["linux"]["seccomp"] = seccomp
                done = runtimes[name].run("calls", bundle.save())
                if done.code != 0:
                    raise SystemExit(f"calls.py: {title}: {done.stderr}")
                for line in done.stdout.splitlines() if counts else ():
                    call, spent = line.split("\t")
                    samples.setdefault(title, {}).setdefault(call, []).append(float(spent))
    return samples


def table(samples):
    """Median nanoseconds, and the median ratio to the default, of each call."""
    yield f"{'':18}" + "".join(f"{title:>22}" for title in samples)
    for call in samples["default"]:
        cells = []
        for of_call in samples.values():
            ratio = statistics.median(a / b for a, b in
                                      zip(of_call[call], samples["default"][call]))
            cells.append(f"{statistics.median(of_call[call]):.0f} ns ({ratio:.2f})")
        yield f"{call:18}" + "".join(f"{cell:>22}" for cell in cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add_rounds(parser, 10)
    parser.add_argument("--json", type=Path, help="write the samples to this file")
    options = parser.parse_args()
    check_rounds(parser, options)
    samples = measure(options.rounds)
    print(f"{options.rounds} rounds over runc; median (ratio to the engine's default profile)\n")
    print("\n".join(table(samples)))
    if options.json:
        options.json.write_text(json.dumps(samples, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
