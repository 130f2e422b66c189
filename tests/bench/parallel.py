#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many pods made at once: none fails, no two share an id, and nobody waits for a lock.

    tests/bench/parallel.py                    # 100 pods, prints a table
    tests/bench/parallel.py --pods 20 --json build/parallel.json
    tests/bench/parallel.py --check            # also ends with 1 when the budget is not met

Each pod is one container over an overlay of its own, made by `create` and left before its start. They
are made one after the other, and then all at once; a lock that is held for long shows as a loss of
what doing it at once gains for the delegate alone ("default": the same document, without stockade).
While all are made at once, /proc/locks is read every millisecond: of all the time that the creates
took together, the share in which they stood before the lock of the ids, and before any lock.
Runs as root on a throw-away node of the end-to-end tests.
"""
import argparse
import json
import os
import platform
import subprocess
import sys
import threading
import time
from pathlib import Path

from common import DEFAULT_PROFILE, run_inside
from run import ALONE

VARIANTS = ("default", "baseline", "restricted")
# Of all at once over the delegate alone; and of a create's time, the part before the lock of the ids.
BUDGET, WAIT_BUDGET = 1.15, 0.05


class LockWatch(threading.Thread):
    """Counts who waits for a lock while it runs; `key` is the lock's file as /proc/locks names it."""

    def __init__(self, path):
        super().__init__()
        self.seen = {"ids": 0.0, "any": 0.0}  # seconds of all processes together
        info = os.stat(path) if path.exists() else None
        self.key = info and f"{os.major(info.st_dev):02x}:{os.minor(info.st_dev):02x}:{info.st_ino}"
        self.done = threading.Event()

    def run(self):
        before = time.monotonic()
        while not self.done.wait(0.001):
            with open("/proc/locks", encoding="ascii") as locks:
                waiting = [line.split() for line in locks if "->" in line]
            now = time.monotonic()
            self.seen["any"] += len(waiting) * (now - before)
            self.seen["ids"] += sum(self.key in line for line in waiting) * (now - before)
            before = now

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


class Bench:
    """Runs inside the node."""

    def __init__(self, plan, pods):
        self.plan, self.pods = plan, pods
        self.work = Path("/run/stockade-bench")
        self.work.mkdir(parents=True)
        self.config = self.work / "config.json"
        self.config.write_text(json.dumps({"defaultDelegate": "runc"}), encoding="utf-8")

    def command(self, variant):
        root = ["--root", str(self.work / "state")]
        if variant in ALONE:
            return [self.plan["runc"], *root]
        return [f"{self.plan['bin']}/stockade-{variant}", "--stockade-config", str(self.config), *root]

    def bundle(self, name):
        """A bundle with a root as a snapshotter mounts it."""
        bundle = self.work / name
        for folder in ("rootfs", "upper", "work"):
            (bundle / folder).mkdir(parents=True)
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        f"lowerdir={self.plan['layer']},upperdir={bundle}/upper,workdir={bundle}/work",
                        bundle / "rootfs"], check=True)
        spec = self.plan["spec"] | {"root": {"path": "rootfs"}}
        (bundle / "config.json").write_text(json.dumps(spec), encoding="utf-8")
        return bundle

    def all_at_once(self, commands):
        """(seconds until the last one ended, seconds of all together); anything but exit code 0 ends
        the benchmark."""
        start = time.monotonic()
        running, together = [], 0.0
        for number, command in enumerate(commands):
            with open(self.work / f"log-{number}", "wb") as log:
                running.append(subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                                stdout=subprocess.DEVNULL, stderr=log))
                together -= time.monotonic()
        for _ in running:  # in the order in which they end
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            together += time.monotonic()
            for each in running:
                if each.returncode is None and each.poll() is not None:
                    break
        codes = [each.wait() for each in running]
        spent = time.monotonic() - start
        for number, code in enumerate(codes):
            if code:
                text = (self.work / f"log-{number}").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"{codes.count(0)} of {len(codes)} went well, one ended with {code}: {text}")
        return spent, together

    def measure(self, variant):
        """Seconds that it takes to make the pods one by one and at once, and to delete those."""
        command = self.command(variant)
        figures = {}
        for way in ("one by one", "at once"):
            names = [f"{variant}-{way.replace(' ', '')}-{number}" for number in range(self.pods)]
            creates = [[*command, "create", "--bundle", str(self.bundle(name)), name] for name in names]
            if way == "at once":
                with LockWatch(Path("/run/stockade/.ids")) as watch:
                    figures[way], together = self.all_at_once(creates)
                figures["waiting"] = {lock: spent / together for lock, spent in watch.seen.items()}
            else:
                figures[way] = sum(self.all_at_once([each])[0] for each in creates)
            self.check_ids(variant, len(names))
            figures[f"delete {way}"] = self.all_at_once([[*command, "delete", "--force", name]
                                                         for name in names])[0]
            for name in names:
                subprocess.run(["umount", self.work / name / "rootfs"], check=True)
            self.check_ids(variant, 0)
        return figures

    def check_ids(self, variant, pods):
        """Each pod of restricted has a range of its own, and all are given back."""
        if variant in ALONE:
            return
        done = subprocess.run([f"{self.plan['bin']}/stockadectl", "--config", self.config, "pods",
                               "--json"], check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        firsts = {pod["ids"]["first"] for pod in found if pod["ids"]}
        expected = pods if variant == "restricted" else 0
        if (len(found), len(firsts)) != (pods, expected):
            raise RuntimeError(f"{len(found)} pods with {len(firsts)} ranges, not {pods} with {expected}")

    def run(self):
        self.measure_one()
        return {variant: self.measure(variant) for variant in VARIANTS}

    def measure_one(self):
        """Warms the caches."""
        pods, self.pods = self.pods, 1
        for variant in VARIANTS:
            self.measure(variant)
            subprocess.run(["rm", "-r", *self.work.glob(f"{variant}-*")], check=True)
        self.pods = pods


def prepare(node):
    """Everything the node needs; returns the plan for Bench."""
    from lib.bundle import Bundle
    from lib.node import BIN

    bundle = Bundle(node, ["sleep", "3600"])
    profile = json.loads(DEFAULT_PROFILE.read_text(encoding="utf-8"))
    spec = bundle.spec | {"linux": bundle.spec["linux"] | {"seccomp": profile["seccomp"]}}
    return {"bin": BIN, "runc": node.which("runc"), "layer": f"{bundle.path}/rootfs", "spec": spec}


def table(figures):
    base = figures["default"]["at once"]
    yield (f"{'':12}{'one by one s':>14}{'at once s':>12}{'gain':>8}{'to default':>12}{'delete s':>10}"
           f"{'before ids lock':>17}{'any lock':>10}")
    for variant, row in figures.items():
        yield (f"{variant:12}{row['one by one']:14.2f}{row['at once']:12.2f}"
               f"{row['one by one'] / row['at once']:8.2f}{row['at once'] / base:12.3f}"
               f"{row['delete at once']:10.2f}{row['waiting']['ids']:17.2%}{row['waiting']['any']:10.2%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pods", type=int, default=100)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--check", action="store_true", help="fail when the budget is not met")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(Bench(json.loads(options.inside), options.pods).run()))
        return 0

    from lib.node import Node
    with Node() as node:
        figures = run_inside(node, __file__, prepare(node), ["--pods", options.pods],
                             120 + 4 * options.pods)
    print(f"{options.pods} pods; Linux {platform.release()}, {os.cpu_count()} processors\n")
    print("\n".join(table(figures)))
    if options.json:
        options.json.write_text(json.dumps({"pods": options.pods, "seconds": figures}, indent=1) + "\n",
                                encoding="utf-8")
    misses = 0
    ratio = figures["restricted"]["at once"] / figures["default"]["at once"]
    waiting = figures["restricted"]["waiting"]["ids"]
    for what, spent, budget in (("restricted at once", ratio, BUDGET),
                                ("time before the lock of the ids", waiting, WAIT_BUDGET)):
        if options.check and spent > budget:
            print(f"OVER BUDGET: {what} {spent:.3f} > {budget}", file=sys.stderr)
            misses += 1
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
