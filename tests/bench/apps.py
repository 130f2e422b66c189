#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a class costs real applications, against plain runc with the engine's default seccomp profile
and against gVisor's runsc, all in the same run.

    tests/bench/apps.py                        # 10 rounds: tables, and the budgets met or not
    tests/bench/apps.py --rounds 30 --json build/apps.json --check
    tests/bench/runsc.sh                       # fetches runsc, once a machine

One pod an application and handler, all there at the same time; client and server both run in it, so
both pay. Each round loads every pod once, one after the other, in an order that turns by one from round
to round. Ratios are taken within a round: of the speed, and of the processor time that the pod spent
on the same work, which other work on the machine disturbs less. app_loads.py holds the loads with their
budgets. --check ends with 1 when one of them is not met. Needs root and the image that
tests/apps/root.sh makes.
"""
import argparse
import concurrent.futures
import json
import os
import platform
import subprocess
import sys
import unittest
from pathlib import Path

from common import HERE, add_rounds, check_rounds, turning

sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "apps")]
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import app_results
import gvisor
from app_case import AppCase, AppPod
from app_loads import LOADS, PODS

HANDLERS = ("bare", "stockade-baseline", "stockade-restricted", "stockade-isolated", "runsc")
SHARES = {"runsc": 5}  # of the work: what is slow has fewer requests, so that a round stays short


class Throughput(AppCase):
    """The node and the pods; the tests' own."""

    def measure(self, loads, handlers, rounds, share):
        """Samples as app_results has them."""
        wanted = [(name, handler) for name in PODS if any(load.pod == name for load in loads)
                  for handler in handlers]
        pods = {(name, handler): AppPod(self, handler, PODS[name].app) for name, handler in wanted}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
            servers = {key: threads.submit(self._serve, pod, PODS[key[0]].prepare_command(share))
                       for key, pod in pods.items()}
        containers = {key: server.result() for key, server in servers.items()}
        samples = {load.title: {handler: [] for handler in handlers} for load in loads}
        for counts, order in turning(rounds, handlers):
            if share > 1 and not counts:
                continue  # a trial, which need not be warm
            for load in loads:
                for handler in order:
                    sample = self._run(load, containers[load.pod, handler], handler,
                                       share * SHARES.get(handler, 1))
                    if counts:
                        samples[load.title][handler].append(sample)
        return samples

    def _run(self, load, container, handler, share):
        before = self._spent(container)
        code, out, err = self.cri.exec_sync(container, load.command(share), 55)
        if code != 0 or not out.strip():
            raise SystemExit(f"apps.py: {load.title} under {handler}: {code} {out} {err}")
        speed = float(out)
        return speed, (self._spent(container) - before) / load.done(share, speed)

    def _spent(self, container):
        return self.cri.stats(container).cpu.usage_core_nano_seconds.value / 1e9

    def _serve(self, pod, prepare):
        """Starts a pod's server and prepares it for its loads; returns the container."""
        if pod.app.init:
            pod.to_end("init", pod.app.init, 60)
        server = pod.start("server", pod.app.server)
        pod.wait_ready(server)
        code, _, err = self.cri.exec_sync(server, prepare, 55)
        if code != 0:
            raise SystemExit(f"apps.py: {pod.app.name} under {pod.handler}: {code} {err}")
        return server


def chosen(words):
    """The loads whose title begins with one of the words; all of them without any."""
    return [load for load in LOADS if not words or load.title.startswith(tuple(words))]


def run(options):
    """The samples, or None where the machine has not what it takes (and has said so)."""
    Throughput.OTHERS = {"runsc": gvisor.WRAPPER}
    try:
        try:
            Throughput.setUpClass()
        except unittest.SkipTest:
            return None
        if "runsc" in options.handlers:
            gvisor.install(Throughput.node, options.runsc)
        case = Throughput("measure")
        try:
            return case.measure(chosen(options.loads), options.handlers, options.rounds, options.share)
        finally:
            case.doCleanups()
    finally:
        Throughput.doClassCleanups()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add_rounds(parser, 10)
    parser.add_argument("--share", type=int, default=1, help="make a SHAREth of the requests")
    parser.add_argument("--handlers", nargs="+", choices=HANDLERS, default=HANDLERS)
    parser.add_argument("--loads", nargs="+", metavar="TITLE", help="those whose title begins so")
    parser.add_argument("--runsc", type=Path, default=gvisor.fetched(), help="gVisor's program")
    parser.add_argument("--check", action="store_true", help="end with 1 if a budget is not met")
    parser.add_argument("--json", type=Path, help="write the samples to this file")
    options = parser.parse_args()
    check_rounds(parser, options)
    if not chosen(options.loads):
        parser.error(f"--loads: none of {', '.join(load.title for load in LOADS)}")
    if options.runsc is None and "runsc" in options.handlers:
        print("WITHOUT gVisor: tests/bench/runsc.sh fetches it", file=sys.stderr)
        options.handlers = [handler for handler in options.handlers if handler != "runsc"]
    samples = run(options)
    if samples is None:
        return 77
    programs = ["runc"] + [options.runsc] * ("runsc" in options.handlers)
    print(f"{options.rounds} rounds; medians, and the middle half; Linux {platform.release()}, "
          f"{os.cpu_count()} processors, load {os.getloadavg()[1]:.1f}; "
          f"{', '.join(map(_said, programs))}\n")
    print("\n".join(app_results.speeds(samples)), end="\n\n")
    print("\n".join(app_results.processor_times(samples)), end="\n\n")
    verdicts = list(app_results.verdicts(chosen(options.loads), samples))
    print("\n".join(line for _, line in verdicts))
    if options.json:
        options.json.write_text(json.dumps({"rounds": options.rounds, "samples": samples}, indent=1)
                                + "\n", encoding="utf-8")
    return 1 if options.check and not all(met for met, _ in verdicts) else 0


def _said(program):
    """The first line of what a program says of its version."""
    return subprocess.run([program, "--version"], capture_output=True, text=True,
                          check=True).stdout.split("\n", 1)[0]


if __name__ == "__main__":
    sys.exit(main())
