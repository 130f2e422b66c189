#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a call costs that a supervisor answers, and what the supervisor costs while it does nothing.

    tests/bench/notify.py                    # 10 rounds, prints the tables
    tests/bench/notify.py --rounds 3 --json build/notify.json
    tests/bench/notify.py --calls 10000000   # also: memory and descriptors over so many calls
    tests/bench/notify.py --check            # also ends with 1 when a budget is not met

notify.c makes the calls: in a container of a class with `interposition`, in one of `restricted` ("native"),
in one of plain runc with the engine's default profile, and without a container over a bare listener. "bare"
is the round trip of a notification that is answered at once; "least" is bare with what an answer free of
races cannot do without: a copy of the address, a duplicate of the socket, a look whether the caller still
waits, and the call. Rounds are interleaved. The best of all rows is what the budgets are about, since what
disturbs a call only ever adds; the median rows stand beside it. Runs as root on a throw-away node of the
end-to-end tests, over runc.
"""
import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import platform
import select
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
sys.path.insert(0, str(REPO / "tests/e2e"))

DEFAULT_PROFILE = REPO / "tests/unit/filters/data/containerd-1.6.20-default.json"
# Of bare and native together; of plain runc with the default profile.
INTERPOSED = {"connect": 1.3, "bind": 1.3, "open+close, file": 2.0}
AS_CALLER = ("connect, unix",)  # no budget: made with the caller's ids
OF_FILES = "open+close, file"  # in a container of its own: its class hands every open over
PASSED = {"getppid": 1.02, "open+close": 1.02}
PRIVATE_KIB = 1024
GROWTH_KIB = 64
# (caller's processor, the answering one's, SYNC_WAKE_UP); -1 is any.
PLACES = {"anywhere": (-1, -1, 1), "anywhere, no SYNC_WAKE_UP": (-1, -1, 0), "one processor": (0, 0, 1),
          "two processors": (0, 1, 1), "two processors, no SYNC_WAKE_UP": (0, 1, 0)}
PIDFD_OPEN, PIDFD_GETFD = 434, 438
SET_FLAGS = 0x40082104  # SECCOMP_IOCTL_NOTIF_SET_FLAGS


class Program:
    """notify.c, which answers a line with a line."""

    def __init__(self, process):
        self.process = process

    def send(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def take(self, seconds=60):
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            raise SystemExit(f"notify.py: no answer within {seconds} s")
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("notify.py: a program ended; what it said is above")
        return json.loads(line)

    def ask(self, *words, seconds=60):
        self.send(*words)
        return self.take(seconds)

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)


class Supervisor:
    """The processes that answer for one container: a holder and its worker."""

    def __init__(self, state, name):
        self.pids = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                log = os.readlink(f"/proc/{pid}/fd/2")
                if words[0] == b"stockade-supervisor" and f"{state}/" in log and f"/{name}/" in log:
                    self.pids.append(int(pid))
        if not self.pids:
            raise SystemExit(f"notify.py: {name} has no supervisor")

    def _threads(self):
        return [path for pid in self.pids for path in Path(f"/proc/{pid}/task").iterdir()]

    def place(self, cpu, sync):
        """Has it run on one processor, or any (-1), and wake callers there or not."""
        everywhere = range(os.cpu_count())
        for thread in self._threads():
            os.sched_setaffinity(int(thread.name), everywhere if cpu < 0 else {cpu})
        libc = ctypes.CDLL(None, use_errno=True)
        found = 0
        for pid in self.pids:
            for link in Path(f"/proc/{pid}/fd").iterdir():
                if "seccomp notify" not in os.readlink(link):
                    continue
                process = os.pidfd_open(pid)
                listener = libc.syscall(PIDFD_GETFD, process, int(link.name), 0)
                os.close(process)
                if listener < 0:
                    raise SystemExit(f"notify.py: pidfd_getfd: {os.strerror(ctypes.get_errno())}")
                fcntl.ioctl(listener, SET_FLAGS, sync)
                os.close(listener)
                found += 1
        if not found:
            raise SystemExit("notify.py: the supervisor has no listener")

    def private_kib(self):
        """Memory that is there for it alone; what its processes share with each other counts too."""
        wanted = ("Private_Clean", "Pss_Anon", "Pss_Shmem")
        return sum(int(line.split()[1]) for pid in self.pids
                   for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
                   if line.startswith(wanted))

    def descriptors(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids)

    def switches(self):
        """How often its threads have been switched to or from, by their own will or not."""
        return sum(int(line.split()[1]) for thread in self._threads()
                   for line in (thread / "status").read_text(encoding="ascii").splitlines()
                   if "voluntary_ctxt_switches" in line)


class Bench:
    """The programs, each where it is measured."""

    def __init__(self, node, stack):
        from lib.bundle import Bundle
        from lib.node import BIN
        from lib.runtime import Runtime, stockade
        from lib.supervisor import section

        self.node, self.stack = node, stack
        self.bundle = Bundle
        self.program = node.work / "notify"
        subprocess.run(["gcc", "-O1", "-static", "-s", "-pthread", "-Wall", "-Wextra", "-Werror", "-o",
                        self.program, HERE / "notify.c"], check=True)
        state = node.work / "state"
        files = {"mode": "confine", "opens": "all", "default": "allow", "deny": [], "readOnly": [], "allow": []}
        runtimes = {}
        for name, rules in (("web", section(namespaces="refuse")), ("files", section(files=files, namespaces="refuse"))):
            node.write(f"/etc/stockade-e2e/bench/{name}.json", json.dumps(
                {"name": name, "extends": "restricted", "interposition": rules}))
            runtimes[name] = stockade(node, "restricted", "runc", {
                "classDirectories": ["/etc/stockade-e2e/bench"], "stateDirectory": str(state)})
            runtimes[name].argv = [f"{BIN}/stockade", "--stockade-class", name, *runtimes[name].argv[1:]]
        default = json.loads(DEFAULT_PROFILE.read_text(encoding="utf-8"))["seccomp"]

        self.bare = self.start([self.program])
        self.plain = self.container(Runtime(node, [node.which("runc")]), "plain", default)
        self.native = self.container(stockade(node, "restricted", "runc"), "native")
        self.ours = self.container(runtimes["web"], "ours")
        self.second = self.container(runtimes["web"], "second")
        self.files = self.container(runtimes["files"], "files")
        for program in (self.plain, self.native, self.ours, self.second, self.files):
            program.ask("many", 10)  # it runs
        self.supervisor = Supervisor(state, "ours")
        self.of_files = Supervisor(state, "files")

    def start(self, argv):
        process = self.node.popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        program = Program(process)
        self.stack.callback(program.close)
        return program

    def container(self, runtime, name, seccomp=None):
        bundle = self.bundle(self.node, ["/bin/notify"])
        (bundle.path / "rootfs/bin/notify").write_bytes(self.program.read_bytes())
        (bundle.path / "rootfs/bin/notify").chmod(0o755)
        bundle.spec["linux"]["seccomp"] = seccomp
        bundle.save()
        return self.start([*runtime.argv, "--root", runtime.root, "run", "--bundle", bundle.path, name])

    def calls(self, rounds):
        """Place -> program -> call -> [best row, median row] of each round, in nanoseconds."""
        samples = {}
        places = [(title, place) for title, place in PLACES.items()
                  if place[1] < os.cpu_count()]
        for number in range(rounds):
            turn = number % len(places)
            for title, (cpu, answering, sync) in places[turn:] + places[:turn]:
                self.supervisor.place(answering, sync)
                self.of_files.place(answering, sync)
                asked = {"least": lambda: self.bare.ask("bare", cpu, answering, sync),
                         "native": lambda: self.native.ask("calls", cpu),
                         "ours": lambda: self.ours.ask("calls", cpu),
                         "files": lambda: self.files.ask("calls", cpu),
                         "plain": lambda: self.plain.ask("calls", cpu)}
                names = list(asked)
                first = number % len(names)
                for name in names[first:] + names[:first]:
                    row = samples.setdefault(title, {}).setdefault(name, {})
                    for call, figures in asked[name]().items():
                        row.setdefault(call, []).append(figures)
        self.supervisor.place(-1, 1)
        self.of_files.place(-1, 1)
        for rows in samples.values():
            rows["ours"][OF_FILES] = rows["files"][OF_FILES]
        return samples

    def idle(self, seconds):
        """The supervisor while nobody calls."""
        time.sleep(0.2)  # what ran before is over
        before = self.supervisor.switches()
        time.sleep(seconds)
        return {"seconds": seconds, "switches": self.supervisor.switches() - before,
                "private KiB": self.supervisor.private_kib(), "processes": len(self.supervisor.pids)}

    def flood(self, rounds, milliseconds):
        """Neighbour -> who floods beside it -> what the neighbour gets done in each round."""
        threads = os.cpu_count()
        beside = {"nobody": None, "native calls": self.native, "interposed calls": self.ours}
        samples = {}
        for number in range(rounds):
            names = list(beside)
            for name in names[number % 3:] + names[:number % 3]:
                for title, neighbour, words in (("reckoning", self.plain, ("work",)),
                                                ("interposed calls", self.second, ("flood", 1))):
                    if beside[name]:
                        beside[name].send("flood", threads, milliseconds + 100)
                        time.sleep(0.05)
                    done = neighbour.ask(*words, milliseconds)
                    if beside[name]:
                        beside[name].take()
                    samples.setdefault(title, {}).setdefault(name, []).extend(done.values())
        return samples

    def flat(self, count):
        """Memory and descriptors at the beginning and after each tenth of so many calls."""
        rows = []
        self.ours.ask("many", 1000)
        for tenth in range(11):
            if tenth:
                self.ours.ask("many", max(1, count // 20), seconds=86400)
            time.sleep(0.2)  # a thread that is too many ends
            rows.append({"calls": tenth * 2 * max(1, count // 20), "private KiB": self.supervisor.private_kib(),
                         "descriptors": self.supervisor.descriptors()})
        return rows


def of(samples, program, call, which):
    """The best of all rounds' best rows (0), or the median of their median rows (1)."""
    rows = [figures[which] for figures in samples[program][call]]
    return statistics.median(rows) if which else min(rows)


def ratio(samples, call, which, program="ours"):
    return of(samples, program, call, which) / (
        of(samples, "least", "round_trip", which) + of(samples, "native", call, which))


def overhead(samples, call, which):
    return of(samples, "ours", call, which) / of(samples, "plain", call, which)


def tables(result):
    """Each figure is the best row, and the median row in brackets."""
    yield (f"{'one call, ns':34}{'call':15}{'native':>16}{'bare':>17}{'least':>17}{'ours':>17}"
           f"{'least/(b+n)':>14}{'ours/(b+n)':>14}")
    for title, samples in result["calls"].items():
        for call in (*INTERPOSED, *AS_CALLER):
            row = f"{title:34}{call:15}"
            for width, program, name in ((16, "native", call), (17, "least", "round_trip"),
                                         (17, "least", call), (17, "ours", call)):
                if name not in samples[program]:
                    row += f"{'':{width}}"
                    continue
                cell = " ".join(f"{of(samples, program, name, which):.0f}" if not which else
                                f"({of(samples, program, name, which):.0f})" for which in (0, 1))
                row += f"{cell:>{width}}"
            for program in ("least", "ours"):
                if call not in samples[program]:
                    row += f"{'':14}"
                    continue
                cell = f"{ratio(samples, call, 0, program):.2f} ({ratio(samples, call, 1, program):.2f})"
                row += f"{cell:>14}"
            yield row
    samples = result["calls"]["anywhere"]
    yield f"\n{'not interposed, ns':34}{'default':>10}{'ours':>10}{'ratio':>14}"
    for call in PASSED:
        yield (f"{call:34}{of(samples, 'plain', call, 0):10.0f}{of(samples, 'ours', call, 0):10.0f}"
               f"{overhead(samples, call, 0):7.3f} ({overhead(samples, call, 1):.3f})")
    yield f"\n{'neighbour, beside':34}{'nobody':>10}{'native':>10}{'interposed':>12}{'interposed/native':>20}"
    for title, row in result["flood"].items():
        medians = [statistics.median(values) for values in row.values()]
        alone, native, ours = (statistics.median(row[name]) for name in
                               ("nobody", "native calls", "interposed calls"))
        yield (f"{title:34}{1:10.2f}{native / alone:10.2f}{ours / alone:12.2f}{ours / native:20.2f}"
               + ("" if min(medians) else "  STOOD STILL"))
    idle = result["idle"]
    yield (f"\nthe supervisor ({idle['processes']} processes): {idle['private KiB']} KiB private, "
           f"{idle['switches']} switches of its threads in {idle['seconds']} idle seconds")
    for row in result.get("flat", []):
        yield f"after {row['calls']:>9} calls: {row['private KiB']:6} KiB private, {row['descriptors']} descriptors"


def over_budget(result):
    samples = result["calls"]["anywhere"]
    for call, budget in INTERPOSED.items():
        if (found := ratio(samples, call, 0)) > budget:
            yield f"{call}: {found:.2f} of bare and native, not {budget}"
    for call, budget in PASSED.items():
        if (found := overhead(samples, call, 0)) > budget:
            yield f"{call}: {found:.3f} of the default, not {budget}"
    if result["idle"]["private KiB"] > PRIVATE_KIB:
        yield f"{result['idle']['private KiB']} KiB private memory, not {PRIVATE_KIB}"
    if result["idle"]["switches"]:
        yield f"{result['idle']['switches']} switches while idle"
    if flat := result.get("flat"):
        if flat[-1]["descriptors"] != flat[0]["descriptors"]:
            yield f"{flat[0]['descriptors']} descriptors became {flat[-1]['descriptors']}"
        # The first tenth touches what is touched once.
        if (grown := flat[-1]["private KiB"] - flat[1]["private KiB"]) > GROWTH_KIB:
            yield f"memory grew by {grown} KiB"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--idle", type=float, default=10, metavar="SECONDS")
    parser.add_argument("--flood", type=int, default=500, metavar="MILLISECONDS")
    parser.add_argument("--calls", type=int, default=0, help="also see whether memory grows over these")
    parser.add_argument("--json", type=Path, help="write the samples to this file")
    parser.add_argument("--check", action="store_true", help="fail when a budget is not met")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: at least 1")

    from lib.node import Node
    with Node() as node, contextlib.ExitStack() as stack:
        bench = Bench(node, stack)
        result = {"calls": bench.calls(options.rounds), "flood": bench.flood(options.rounds, options.flood),
                  "idle": bench.idle(options.idle)}
        if options.calls:
            result["flat"] = bench.flat(options.calls)
    print(f"{options.rounds} rounds over runc; best row (median row); Linux {platform.release()}, "
          f"{os.cpu_count()} processors\n")
    print("\n".join(tables(result)))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    problems = list(over_budget(result)) if options.check else []
    for problem in problems:
        print(f"OVER BUDGET: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
