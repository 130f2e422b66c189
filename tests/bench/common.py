# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: the round loop, the C programs, the node, the table's numbers.

    for counts, order in turning(40, ["a", "b"]):
        for variant in order: ...
"""
import json
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
sys.path.append(str(REPO / "tests/e2e"))  # behind this folder, which has a run.py as well
# What containerd writes into config.json for RuntimeDefault.
DEFAULT_PROFILE = REPO / "tests/unit/filters/data/containerd-1.6.20-default.json"


def turning(rounds, variants):
    """Yields (whether the round counts, the variants) once to warm caches up and then `rounds` times.
    The order turns by one from round to round, so that drift of the machine meets all of them."""
    variants = list(variants)
    for number in range(-1, rounds):
        turn = number % len(variants)
        yield number >= 0, variants[turn:] + variants[:turn]


def compile_program(name, target):
    """A C program of this folder as the static program `target`."""
    subprocess.run(["gcc", "-O1", "-static", "-s", "-Wall", "-Wextra", "-Werror", "-o", target,
                    HERE / f"{name}.c"], check=True)


def run_inside(node, script, plan, options, timeout):
    """Runs a benchmark of this folder again, inside a node, with `--inside PLAN`; what it prints."""
    for path in HERE.glob("*.py"):
        (node.work / path.name).write_bytes(path.read_bytes())
    done = node.run(["/usr/bin/python3", "-B", node.work / Path(script).name, "--inside",
                     json.dumps(plan), *map(str, options)], timeout=timeout)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def summary(values):
    """Median and the middle half of a list of numbers."""
    ordered = sorted(values)
    return {"median": statistics.median(ordered), "low": ordered[len(ordered) // 4],
            "high": ordered[len(ordered) * 3 // 4]}


def spread(numbers, form):
    """What `summary` gives, as text."""
    return f"{numbers['median']:{form}} ({numbers['low']:{form}} to {numbers['high']:{form}})"


def add_rounds(parser, default):
    """The option that all of them have; parse with `parser.parse_args` and then `check_rounds`."""
    parser.add_argument("--rounds", type=int, default=default)


def check_rounds(parser, options):
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
