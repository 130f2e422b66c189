#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What stockade costs, against the delegate alone in the same run.

    tests/bench/run.py                         # 40 rounds, prints a table
    tests/bench/run.py --rounds 200 --json build/bench.json
    tests/bench/run.py --check                 # also ends with 1 when a budget is not met

Measured, on a throw-away node of the end-to-end tests, as root:
  create+start+delete   one container whose program ends at once; the wait for its end not counted
  exec                  one more process in a living container, from a process document
  before the hand-over  time and peak memory of a create whose delegate does nothing
Two comparators: the delegate with the engine's default seccomp profile, which is what a container of
an engine costs without stockade ("default"; the classes get the same document), and the delegate with
no filter at all ("bare"), which no engine runs by itself. Budgets are held against the first.
Each round runs every variant once, in an order that turns by one from round to round, so that drift
of the machine meets all of them. Ratios and differences are taken within a round.
"""
import argparse
import json
import os
import platform
import select
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from common import (DEFAULT_PROFILE, add_rounds, check_rounds, compile_program, run_inside, spread,
                    summary, turning)

CLASSES = ("permissive", "baseline", "restricted", "isolated")
ALONE = ("bare", "default")
DELEGATES = ("runc", "crun")
# create+start+delete over the delegate with the default profile; and milliseconds that an exec may
# take longer than in its container.
CYCLE_BUDGET, EXEC_BUDGET = 1.05, 3.0


class Bench:
    """Runs inside the node, on the bundles that `prepare` left there."""

    def __init__(self, plan):
        self.plan = plan
        # Where engines keep bundles and state: on the memory file system below /run.
        self.work = Path("/run/stockade-bench")
        (self.work / "bundle").mkdir(parents=True)
        bare = plan["spec"]
        self.specs = {"bare": bare,
                      "default": bare | {"linux": bare["linux"] | {"seccomp": plan["seccomp"]}}}
        for name, document in plan["files"].items():
            (self.work / name).write_text(json.dumps(document), encoding="utf-8")
        self.counter = 0

    def measure(self, *argv):
        """(seconds, KiB) that a command took; anything but exit code 0 ends the benchmark."""
        read, write = os.pipe()
        try:
            log = self.work / "log"
            with open(log, "wb") as err:
                subprocess.run([self.plan["measure"], str(write), *map(str, argv)], check=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err,
                               pass_fds=(write,))
            code, nanoseconds, kilobytes = os.read(read, 100).split()
        finally:
            os.close(read)
            os.close(write)
        if int(code) != 0:
            text = log.read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"{' '.join(map(str, argv))} ended with {int(code)}: {text}")
        return int(nanoseconds) / 1e9, int(kilobytes)

    def runtime(self, delegate, variant):
        """The command of a variant: the delegate alone, or a class over it."""
        root = ["--root", self.work / "state" / delegate]
        if variant in ALONE:
            return [self.plan["delegates"][delegate], *root]
        return [f"{self.plan['bin']}/stockade-{variant}", "--stockade-config",
                self.work / f"config-{delegate}.json", *root]

    def fresh(self, variant, args=None):
        """A new id, and the bundle as an engine would have written it."""
        spec = self.specs["bare" if variant == "bare" else "default"]
        if args:
            spec = spec | {"process": spec["process"] | {"args": args}}
        (self.work / "bundle/config.json").write_text(json.dumps(spec), encoding="utf-8")
        self.counter += 1
        return f"bench{self.counter}"

    def cycle(self, delegate, variant):
        command, name = self.runtime(delegate, variant), self.fresh(variant)
        pid_file = self.work / "pid"
        spent = self.measure(*command, "create", "--bundle", self.work / "bundle", "--pid-file",
                             pid_file, name)[0]
        pidfd = os.pidfd_open(int(pid_file.read_text(encoding="ascii")))
        spent += self.measure(*command, "start", name)[0]
        select.select([pidfd], [], [], 10)
        os.close(pidfd)
        return spent + self.measure(*command, "delete", name)[0]

    def own(self, variant):
        """(seconds, KiB) of a create before the delegate gets it. The record of the one before is
        taken away, for no delete followed it."""
        shutil.rmtree(self.work / "state-nothing", ignore_errors=True)
        return self.measure(f"{self.plan['bin']}/stockade-{variant}", "--stockade-config",
                            self.work / "config-nothing.json", "--root",
                            self.work / "state/nothing", "create", "--bundle",
                            self.work / "bundle", self.fresh(variant))

    def run(self, rounds):
        variants = [(d, v) for d in DELEGATES for v in (*ALONE, *CLASSES)]
        cycles = {f"{d}/{v}": [] for d, v in variants}
        execs = {f"{d}/{v}": [] for d, v in variants}
        own = {v: [] for v in CLASSES}
        living = self.start_living(variants)
        try:
            for counts, order in turning(rounds, variants):
                for delegate, variant in order:
                    key = f"{delegate}/{variant}"
                    spent = self.cycle(delegate, variant)
                    process = self.measure(*self.runtime(delegate, variant), "exec", "--process",
                                           self.work / "process.json", living[key])[0]
                    if counts:
                        cycles[key].append(spent)
                        execs[key].append(process)
                for variant in CLASSES:
                    sample = self.own(variant)
                    if counts:
                        own[variant].append(sample)
            bare = [self.measure(self.plan["nothing"]) for _ in range(max(rounds, 5))]
        finally:
            for delegate, variant in variants:
                name = living.get(f"{delegate}/{variant}")
                if name:
                    self.measure(*self.runtime(delegate, variant), "delete", "--force", name)
        return {"cycle": cycles, "exec": execs, "own": own, "nothing": bare}

    def start_living(self, variants):
        """A container for each variant to exec into."""
        living = {}
        for delegate, variant in variants:
            command = self.runtime(delegate, variant)
            name = self.fresh(variant, ["sleep", "3600"])
            self.measure(*command, "create", "--bundle", self.work / "bundle", name)
            living[f"{delegate}/{variant}"] = name
            self.measure(*command, "start", name)
        return living


def evaluate(raw):
    """The figures that the table prints, from the samples."""
    cycle, execs = raw["cycle"], raw["exec"]
    figures = {"cycle": {}, "exec": {}, "own": {}}
    for key, samples in cycle.items():
        row = {"ms": summary([s * 1e3 for s in samples])}
        for alone in ALONE:
            base = cycle[f"{key.split('/')[0]}/{alone}"]
            row[f"to_{alone}"] = summary([s / b for s, b in zip(samples, base)])
        figures["cycle"][key] = row
    for key, samples in execs.items():
        base = execs[f"{key.split('/')[0]}/default"]
        figures["exec"][key] = {"ms": summary([s * 1e3 for s in samples]),
                                "added_ms": summary([(s - b) * 1e3 for s, b in zip(samples, base)])}
    base = statistics.median(s for s, _ in raw["nothing"])
    for name, samples in raw["own"].items():
        figures["own"][name] = {"ms": summary([(s - base) * 1e3 for s, _ in samples]),
                                "peak_kib": max(k for _, k in samples)}
    figures["crun_against_runc"] = {
        name: summary([c / r for c, r in zip(cycle[f"crun/{name}"], cycle["runc/default"])])
        for name in CLASSES}
    return figures


def table(figures):
    yield (f"{'':17}{'create+start+delete ms':24}{'to default':23}{'to bare':23}{'exec ms':20}"
           "to default, ms")
    for key, row in figures["cycle"].items():
        exec_row = figures["exec"][key]
        yield (f"{key:17}{spread(row['ms'], '.1f'):24}{spread(row['to_default'], '.3f'):23}"
               f"{spread(row['to_bare'], '.3f'):23}{spread(exec_row['ms'], '.1f'):20}"
               f"{spread(exec_row['added_ms'], '+.2f')}")
    yield ""
    yield f"{'':20}{'own time before the hand-over ms':36}peak memory KiB"
    for name, row in figures["own"].items():
        yield f"{name:20}{spread(row['ms'], '.2f'):36}{row['peak_kib']}"
    yield ""
    for name, ratio in figures["crun_against_runc"].items():
        yield f"{name} over crun / runc alone, default profile: {spread(ratio, '.3f')}"


def over_budget(figures):
    for delegate, name in ((d, n) for d in DELEGATES for n in ("baseline", "restricted")):
        key = f"{delegate}/{name}"
        ratio = figures["cycle"][key]["to_default"]["median"]
        added = figures["exec"][key]["added_ms"]["median"]
        if delegate == "runc" and ratio > CYCLE_BUDGET:
            yield f"{key}: create+start+delete {ratio:.3f} > {CYCLE_BUDGET}"
        if added > EXEC_BUDGET:
            yield f"{key}: exec +{added:.2f} ms > {EXEC_BUDGET} ms"
    for name, ratio in figures["crun_against_runc"].items():
        if ratio["median"] >= 1:
            yield f"{name} over crun is not faster than plain runc: {ratio['median']:.3f}"


def prepare(node):
    """Everything the node needs, in its work folder; returns the plan for Bench."""
    from lib.bundle import Bundle, plain_spec
    from lib.node import BIN

    bundle = Bundle(node, ["true"])
    bundle.spec["root"]["path"] = f"{bundle.path}/rootfs"
    profile = json.loads(DEFAULT_PROFILE.read_text(encoding="utf-8"))
    plan = {"bin": BIN, "spec": bundle.spec, "seccomp": profile["seccomp"],
            "delegates": {d: node.which(d) for d in DELEGATES},
            "files": {f"config-{d}.json": {"defaultDelegate": d} for d in DELEGATES}}
    missing = [d for d, path in plan["delegates"].items() if not path]
    if missing:
        raise SystemExit(f"run.py: not installed: {', '.join(missing)}")
    for program in ("measure", "nothing"):
        plan[program] = str(node.work / program)
        compile_program(program, plan[program])
    plan["files"]["config-nothing.json"] = {
        "defaultDelegate": "nothing", "delegates": {"nothing": plan["nothing"]},
        "stateDirectory": "/run/stockade-bench/state-nothing"}
    plan["files"]["process.json"] = plain_spec(["true"])["process"]
    return plan


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add_rounds(parser, 40)
    parser.add_argument("--json", type=Path, help="write samples and figures to this file")
    parser.add_argument("--check", action="store_true", help="fail when a budget is not met")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    check_rounds(parser, options)
    if options.inside:
        print(json.dumps(Bench(json.loads(options.inside)).run(options.rounds)))
        return 0

    from lib.node import Node
    with Node() as node:
        raw = run_inside(node, __file__, prepare(node), ["--rounds", options.rounds],
                         60 + 10 * options.rounds)
    figures = evaluate(raw)
    print(f"{options.rounds} rounds; median (middle half); Linux {platform.release()}, "
          f"{os.cpu_count()} processors\n")
    print("\n".join(line.rstrip() for line in table(figures)))
    if options.json:
        options.json.write_text(json.dumps({"rounds": options.rounds, "figures": figures,
                                            "samples": raw}, indent=1) + "\n", encoding="utf-8")
    misses = list(over_budget(figures)) if options.check else []
    for miss in misses:
        print(f"OVER BUDGET: {miss}", file=sys.stderr)
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
