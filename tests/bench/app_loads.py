# SPDX-License-Identifier: Apache-2.0
"""What apps.py measures: pods with the tests' applications, and loads that are run in them.

    for load in LOADS: cri.exec_sync(pods[load.pod], load.command(share))

A load prints one number, how fast it was: requests, transactions or starts a second, as it counted
them inside of the container; so the cost of the exec that runs it is not in it.
"""
import dataclasses
import sys

from common import HERE

sys.path.append(str(HERE.parent / "apps"))

# pylint: disable=wrong-import-position
import servers
from model import App

# Tools of the image, started and started again. The tree is git's, of 4000 files.
_TREE = """set -e
mkdir /work/tree && cd /work/tree && git init -q
for folder in $(seq {}); do
  mkdir $folder
  for file in $(seq 40); do echo $folder $file >$folder/$file; done
done
git add . && git -c user.name=a -c user.email=a@x commit -qm all"""
# Runs a command so many times, one after the other; prints how often a second.
_STARTS = """import subprocess, sys, time
count, begin = int(sys.argv[1]), time.perf_counter()
for _ in range(count):
    subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL)
print(count / (time.perf_counter() - begin))"""


def _part(amount, share, least):
    return max(amount // share, least)


@dataclasses.dataclass(frozen=True)
class Pod:
    """An application, and a shell command that prepares it for its loads, with a size as {} in it."""

    app: App
    prepare: str = "true"
    size: int = 1

    def prepare_command(self, share):
        return ["sh", "-c", self.prepare.replace("{}", str(_part(self.size, share, 1)))]


@dataclasses.dataclass(frozen=True)
class Load:
    """`amount` of something that the command does, {} in it. `budget` is the least speed of `isolated`
    in parts of plain runc's; None asks for no more than to be ahead of runsc."""

    title: str
    pod: str
    amount: int
    text: str
    budget: float | None
    timed: bool = False  # the amount is seconds
    least: int = 1

    def command(self, share):
        return ["sh", "-c", self.text.replace("{}", str(_part(self.amount, share, self.least)))]

    def done(self, share, speed):
        """How much work a run at this speed did."""
        part = _part(self.amount, share, self.least)
        return speed * part if self.timed else part


_PG = "export PATH=/usr/lib/postgresql/15/bin:$PATH PGHOST=/data PGUSER=postgres HOME=/tmp"
PODS = {
    # It writes no files: what is measured is calls.
    "redis": Pod(dataclasses.replace(
        servers.REDIS, server=("redis-server", "--save", "", "--dir", "/data"))),
    "nginx": Pod(servers.NGINX),
    "postgresql": Pod(servers.POSTGRESQL, f"{_PG}; createdb bench && pgbench -q -i -s {{}} bench", 5),
    "tools": Pod(App("tools", user=1000, group=1000, load="", server=("sleep", "infinity"),
                     ready=("true",)), f"export HOME=/work\n{_TREE}", 100),
}


def _redis(more):
    return (f"redis-benchmark --csv -c 20 -t get,set -n {{}} {more} |"
            " awk -F'\"' 'NR > 1 { s += $4 } END { print s / 2 }'")


def _ab(more):
    return (f"ab -q -c 20 {more} -n {{}} http://127.0.0.1:8080/ |"
            " awk '/^Requests per second/ { print $4 }'")


def _pgbench(more):
    return f"{_PG}; pgbench -n -c 4 -j 2 -t {{}} {more} bench 2>&1 | awk '/^tps/ {{ print $3 }}'"


def _starts(command):
    return f"cd /work; HOME=/work exec python3 -c '{_STARTS}' {{}} {command}"


_WRK = "wrk -t 1 -c 20 -d {}s http://127.0.0.1:8080/ | awk '/^Requests.sec/ { print $2 }'"
LOADS = [
    Load("redis, GET and SET", "redis", 20000, _redis(""), 0.97),
    Load("redis, 16 at once", "redis", 200000, _redis("-P 16"), 0.97, least=10000),
    Load("nginx, wrk", "nginx", 2, _WRK, 0.97, timed=True),
    Load("nginx, ab keeping connections", "nginx", 20000, _ab("-k"), 0.97),
    Load("nginx, ab, a connection each", "nginx", 5000, _ab(""), None),
    Load("pgbench, select only", "postgresql", 2500, _pgbench("-S"), 0.97),
    Load("pgbench, TPC-B", "postgresql", 250, _pgbench(""), 0.97),
    Load("python3 start", "tools", 20, _starts("python3 -c pass"), 0.85, least=2),
    Load("node start", "tools", 20, _starts("node -e 0"), 0.85, least=2),
    Load("git status, 4000 files", "tools", 20, _starts("git -C tree status --short"), 0.85, least=2),
    Load("gcc, a file", "tools", 2, _starts("gcc -O1 -I/usr/include/stb -c /apps/codec.c -o codec.o"), 0.85),
]
