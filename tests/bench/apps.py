#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a class costs an application that does nothing but system calls: requests per second of redis
and nginx, against plain runc with the engine's default seccomp profile in the same run.

    tests/bench/apps.py                        # 10 rounds, prints a table of ratios
    tests/bench/apps.py --rounds 30 --json build/apps.json

One pod a class, all there at the same time; client and server both run in it, so both pay. Each round
loads every pod once, one after the other, in an order that turns by one from round to round. Ratios
are taken within a round: of the requests per second, and of the processor time that the pod spent on
the same number of requests, which other work on the machine disturbs less. Needs root and the image that tests/apps/root.sh makes.
"""
import argparse
import dataclasses
import json
import os
import platform
import statistics
import sys
import unittest
from pathlib import Path

from common import HERE, add_rounds, check_rounds, turning

sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "apps")]
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import servers
from app_case import AppCase, AppPod

HANDLERS = servers.REDIS.handlers
# Title -> application, load, how its output gives requests per second.
REDIS = dataclasses.replace(servers.REDIS, server=("redis-server", "--save", "", "--dir", "/data"))
REDIS_LOAD = "redis-benchmark --csv -c 20 -t get,set -n {} | awk -F'\"' 'NR > 1 {{ s += $4 }} END {{ print s / 2 }}'"
AB_LOAD = "ab -q -c 20 {} http://127.0.0.1:8080/ | awk '/^Requests per second/ {{ print $4 }}'"
LOADS = {  # with the number of requests
    "redis": (REDIS, lambda share: REDIS_LOAD.format(20000 // share)),
    "redis, pipelined": (REDIS, lambda share: REDIS_LOAD.format(f"{200000 // share} -P 16")),
    "nginx": (servers.NGINX, lambda share: AB_LOAD.format(f"-k -n {20000 // share}")),
    "nginx, a connection each": (servers.NGINX, lambda share: AB_LOAD.format(f"-n {5000 // share}")),
}


class Throughput(AppCase):
    """The node and the pods; the tests' own."""

    def measure(self, rounds, share):
        """Title -> handler -> (requests per second, seconds of processor time), a pair a round."""
        pods = {(app, handler): self._serve(app, handler)
                for app in ("redis", "nginx") for handler in HANDLERS}
        samples = {title: {handler: [] for handler in HANDLERS} for title in LOADS}
        for counts, order in turning(rounds, HANDLERS):
            for title, (app, load) in LOADS.items():
                for handler in order:
                    pod = pods[app.name, handler]
                    before = self._spent(pod)
                    code, out, err = self.cri.exec_sync(pod, ["sh", "-c", load(share)], 50)
                    if code != 0 or not out.strip():
                        raise SystemExit(f"apps.py: {title} under {handler}: {code} {out} {err}")
                    if counts:
                        samples[title][handler].append((float(out), self._spent(pod) - before))
        return samples

    def _spent(self, container):
        return self.cri.stats(container).cpu.usage_core_nano_seconds.value / 1e9

    def _serve(self, name, handler):
        app = REDIS if name == "redis" else servers.NGINX
        pod = AppPod(self, handler, app)
        if app.init:
            pod.to_end("init", app.init, 60)
        server = pod.start("server", app.server)
        pod.wait_ready(server)
        return server


def ratios(mine, theirs):
    """The median of the ratios within a round, and their middle half, as text."""
    values = sorted(m / t for m, t in zip(mine, theirs))
    low, high = values[len(values) // 4], values[len(values) * 3 // 4]
    return f"{statistics.median(values):.3f} ({low:.3f} to {high:.3f})"


def table(samples):
    """A line for each load, class and figure."""
    yield f"{'':26}{'plain runc':>12}  {'':12}{'requests per second':28}processor time"
    for title, columns in samples.items():
        rates, times = zip(*columns["bare"])
        first = f"{title:26}{statistics.median(rates):>10.0f}/s  "
        for handler in HANDLERS[1:]:
            own_rates, own_times = zip(*columns[handler])
            yield (f"{first:40}{handler.removeprefix('stockade-'):12}"
                   f"{ratios(own_rates, rates):28}{ratios(own_times, times)}")
            first = ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add_rounds(parser, 10)
    parser.add_argument("--share", type=int, default=1, help="make a SHAREth of the requests")
    parser.add_argument("--json", type=Path, help="write the samples to this file")
    options = parser.parse_args()
    check_rounds(parser, options)
    try:
        try:
            Throughput.setUpClass()
        except unittest.SkipTest:  # it has said why
            return 77
        case = Throughput("measure")
        try:
            samples = case.measure(options.rounds, options.share)
        finally:
            case.doCleanups()
    finally:
        Throughput.doClassCleanups()
    print(f"{options.rounds} rounds; requests per second, and ratios to plain runc (1 is as fast); "
          f"Linux {platform.release()}, {os.cpu_count()} processors\n")
    print("\n".join(table(samples)))
    if options.json:
        options.json.write_text(json.dumps({"rounds": options.rounds, "samples": samples}, indent=1)
                                + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
