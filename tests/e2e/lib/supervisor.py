# SPDX-License-Identifier: Apache-2.0
"""A container whose calls a supervisor answers: an admin's class "web" that extends `restricted`.

    class Something(Interposed): …              # subclasses say over which delegate
        runtime = self.runtime(connect=rules(deny=["10.0.0.0/8 80"]))
"""
import json
import os
import subprocess
import time
from pathlib import Path

from .bundle import plain_spec
from .case import require_stockade
from .node import BIN
from .runtime import stockade


def rules(default="allow", deny=(), allow=()):
    return {"default": default, "deny": list(deny), "allow": list(allow)}


# What tests/images/netrace.c must not reach, and how many calls it makes: a longer race costs more time.
RACE = {"connect": rules(deny=["127.0.0.2", "unix:/tmp/b/**"]), "bind": rules(deny=["127.0.0.3"])}
RACE_CALLS = os.environ.get("STOCKADE_RACE_CALLS", "100000")


def section(**changes):
    network = {"mode": "confine", "metadata": "refuse", "connect": rules(), "bind": rules()}
    network.update({key: changes.pop(key) for key in ("connect", "bind", "metadata") if key in changes})
    return {"network": network, "refused": [], "onViolation": "errno", "complain": False, **changes}


class Interposed:
    """Put before NodeCase; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("restricted")
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.tool(self.DELEGATE)

    def container(self, runtime, name, bundle, start=True):
        """As NodeCase's, and a started one is handed over: its own program runs. Until then a start
        has returned, but the worker may be getting ready, and a dead holder is the container's end."""
        super().container(runtime, name, bundle, start)
        if not start:
            return name
        comm = self.node.path(f"/proc/{json.loads(runtime.state(name).stdout)['pid']}/comm")
        program = os.path.basename(bundle.spec["process"]["args"][0])[:15]

        def handed_over():
            try:
                return comm.read_text(encoding="utf-8").rstrip("\n") == program
            except OSError:
                return True  # it has ended already

        self.until(handed_over)
        return name

    def of_class(self, name, document):
        """stockade with an admin's class; its state folder is below the node's work folder."""
        self.node.write(f"/etc/stockade-e2e/{name}/{name}.json", json.dumps({"name": name, **document}))
        made = stockade(self.node, "restricted", self.DELEGATE, {
            "classDirectories": [f"/etc/stockade-e2e/{name}"], "stateDirectory": f"{self.node.work}/state"})
        made.argv = [f"{BIN}/stockade", "--stockade-class", name, *made.argv[1:]]
        self.addCleanup(subprocess.run, ["rm", "-rf", f"{self.node.work}/state"], check=False)
        return made

    def runtime(self, **changes):
        """The class "web": the network section, and what is changed in it."""
        users = changes.pop("users", "keep")
        return self.of_class("web", {"extends": "restricted", "userNamespace": {"mode": users},
                                     "interposition": section(**changes)})

    def events(self, runtime, name="box"):
        path = self.state_of(runtime, name) / "events.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def state_of(self, runtime, name="box"):
        return self.node.work / "state" / str(runtime.root).replace("/", "%2F") / name

    def spec(self, *args):
        spec = plain_spec(args)
        spec["process"]["capabilities"] = {
            key: ["CAP_NET_BIND_SERVICE"] for key in ("bounding", "effective", "permitted")}
        return spec

    def supervisors(self):
        """The pids of the holders and workers of this test's containers, by the log that they hold
        open; each holder before its worker."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                log = os.readlink(f"/proc/{pid}/fd/2")
            except OSError:
                continue
            if words[0] == b"stockade-supervisor" and f"{self.node.work}/state/" in log:
                found.append(int(pid))
        return sorted(found, key=lambda pid: (self.parent(pid) in found, pid))

    @staticmethod
    def parent(pid):
        try:
            return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[1])
        except OSError:
            return 0

    def until(self, what, seconds=10):
        deadline = time.monotonic() + seconds
        while not what():
            self.assertLess(time.monotonic(), deadline, "waited in vain")
            time.sleep(0.02)
