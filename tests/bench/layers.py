#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a class costs a container whose root is an overlay of many layers, as an engine's is.

    tests/bench/layers.py                      # 40 rounds, 20 layers, over runc
    tests/bench/layers.py --layers 100 --rounds 100 --json build/layers.json
    tests/bench/layers.py --check              # also ends with 1 when the budget is not met

create+start+delete of one container whose program ends at once, as run.py measures it, and against the
same comparators. The overlay is the engine's business: it is mounted before, with an upper folder of its
own, and unmounted after, and neither counts. Layers and upper folder lie on the disk, below /var/tmp.
"""
import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from common import add_rounds, check_rounds, run_inside, spread, summary, turning
from run import ALONE, Bench, prepare

VARIANTS = (*ALONE, "baseline", "restricted", "isolated")
BUDGET = 1.15  # of the same document over runc alone


class Layered(Bench):
    """Runs inside the node."""

    def __init__(self, plan):
        super().__init__(plan)
        image = Path(plan["spec"]["root"]["path"])
        self.disk = image.parent / "overlay"
        self.lower = [image]  # the lowest last, as overlayfs has it
        for number in range(1, plan["layers"]):
            layer = self.disk / f"layer{number}"
            (layer / f"usr/share/{number}").mkdir(parents=True)
            (layer / f"usr/share/{number}/file").write_text(str(number), encoding="ascii")
            self.lower.insert(0, layer)
        for spec in self.specs.values():
            spec["root"] = {"path": "rootfs"}
        (self.work / "bundle/rootfs").mkdir()

    def cycle(self, delegate, variant):
        for name in ("upper", "work"):
            (self.disk / name).mkdir()
        root = self.work / "bundle/rootfs"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        f"lowerdir={':'.join(map(str, self.lower))},upperdir={self.disk}/upper,"
                        f"workdir={self.disk}/work,index=off", root], check=True)
        try:
            return super().cycle(delegate, variant)
        finally:
            subprocess.run(["umount", "--lazy", root], check=True)
            for name in ("upper", "work"):
                shutil.rmtree(self.disk / name)

    def run(self, rounds):
        samples = {variant: [] for variant in VARIANTS}
        for counts, order in turning(rounds, VARIANTS):
            for variant in order:
                spent = self.cycle("runc", variant)
                if counts:
                    samples[variant].append(spent)
        return samples


def evaluate(samples):
    """Variant -> milliseconds, and ratios within a round to both comparators."""
    figures = {}
    for variant, spent in samples.items():
        figures[variant] = {"ms": summary([s * 1e3 for s in spent])}
        for alone in ALONE:
            figures[variant][f"to_{alone}"] = summary([s / b for s, b in zip(spent, samples[alone])])
    return figures


def table(figures):
    yield f"{'':12}{'create+start+delete ms':26}{'to default':24}to bare"
    for variant, row in figures.items():
        yield (f"{variant:12}{spread(row['ms'], '.1f'):26}{spread(row['to_default'], '.3f'):24}"
               f"{spread(row['to_bare'], '.3f')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add_rounds(parser, 40)
    parser.add_argument("--layers", type=int, default=20)
    parser.add_argument("--json", type=Path, help="write samples and figures to this file")
    parser.add_argument("--check", action="store_true", help="fail when the budget is not met")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    check_rounds(parser, options)
    if options.layers < 1:
        parser.error("--layers: at least 1")
    if options.inside:
        print(json.dumps(Layered(json.loads(options.inside)).run(options.rounds)))
        return 0

    from lib.node import Node
    with Node() as node:
        plan = prepare(node) | {"layers": options.layers}
        samples = run_inside(node, __file__, plan, ["--rounds", options.rounds],
                             60 + 10 * options.rounds)
    figures = evaluate(samples)
    print(f"{options.rounds} rounds, {options.layers} layers, over runc; median (middle half); "
          f"Linux {platform.release()}, {os.cpu_count()} processors\n")
    print("\n".join(table(figures)))
    if options.json:
        options.json.write_text(json.dumps({"rounds": options.rounds, "layers": options.layers,
                                            "figures": figures, "samples": samples}, indent=1)
                                + "\n", encoding="utf-8")
    misses = [f"{name} {figures[name]['to_default']['median']:.3f} > {BUDGET}"
              for name in ("baseline", "restricted", "isolated")
              if figures[name]["to_default"]["median"] > BUDGET]
    for miss in misses if options.check else ():
        print(f"OVER BUDGET: create+start+delete of {miss}", file=sys.stderr)
    return 1 if options.check and misses else 0


if __name__ == "__main__":
    sys.exit(main())
