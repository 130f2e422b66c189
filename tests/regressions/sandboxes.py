# SPDX-License-Identifier: Apache-2.0
"""Where the probes run: on the node itself, under runc as an engine drives it, under each class.

    found = Sandboxes(case, tables.calls, "runc")
    found.bare()                                   # findings as judge.py takes them
    found.engine("containerd-2.1.9-default")
    found.of_class("restricted")
"""
import json
import shutil

from documents import DOCUMENTS
from lib.bundle import greedy_spec, plain_spec
from lib.node import BIN, REPO, host_bin_dir
from lib.runtime import Runtime, stockade

ENGINES = REPO / "tests/unit/filters/data"
CAPABILITIES = {"DAC_READ_SEARCH": 2, "NET_ADMIN": 12, "NET_RAW": 13, "SYS_ADMIN": 21}
MARK = "===="
CLASSES = "/etc/stockade-e2e/probed"


def words(calls):
    """The calls of calls.json as floor_probe takes them."""
    return [f"{label}:{call['call']}:{','.join(str(arg) for arg in call['args'])}"
            for label, call in calls.items()]


def _answers(text):
    return dict(line.split(" ", 1) for line in text.split("\n") if line)


class Sandboxes:
    """Runs the probes in one place after the other, on the node of an end-to-end test."""

    def __init__(self, case, calls, delegate):
        self._case, self._calls, self._node, self._delegate = case, calls, case.node, delegate

    def bare(self):
        """Nothing confines the probes but that they are made for it."""
        done = self._node.run(["sh", "-c", self._script(f"{BIN}/floor_probe")], check=True)
        return {**self._parse(done.stdout), "documents": {name: "reached" for name in DOCUMENTS}}

    def engine(self, fixture):
        """The bare delegate, with what an engine's defaults make of a container that asks for nothing."""
        document = json.loads((ENGINES / f"{fixture}.json").read_text(encoding="utf-8"))

        def spec():
            made = plain_spec([])
            made["process"]["capabilities"] = {
                key: document["bounding"] for key in ("bounding", "effective", "permitted")}
            made["process"]["noNewPrivileges"] = False
            made["linux"]["seccomp"] = document["seccomp"]
            return made
        return self._look(Runtime(self._node, [self._delegate]), spec)

    def of_class(self, name):
        """A class, with a container that asks for every capability and no filter."""
        return self._look(self._runtime(name), lambda: greedy_spec([]))

    def gates(self, name, calls):
        """What the filters of a class answer to other calls, none of which is made."""
        spec = greedy_spec(["floor_probe", "--gate", *words(calls)])
        return _answers(self._case.ok(self._run(self._runtime(name), spec)).stdout)

    def _runtime(self, name):
        """isolated goes without its supervisor, whose listener would leave none to the gate; what it
        answers is open to the probes then, and nothing else is."""
        if name != "isolated":
            return stockade(self._node, name, self._delegate)
        self._node.write(f"{CLASSES}/probed.json", json.dumps(
            {"name": "probed", "extends": "isolated", "interposition": None}))
        made = stockade(self._node, name, self._delegate, {"classDirectories": [CLASSES]})
        made.argv = [f"{BIN}/stockade", "--stockade-class", "probed", *made.argv[1:]]
        return made

    def _run(self, runtime, spec, bundle=None):
        bundle = bundle or self._case.bundle()
        shutil.copy(host_bin_dir() / "floor_probe", bundle.path / "rootfs/bin")
        bundle.spec = spec
        return runtime.run("probed", bundle.save())

    def _look(self, runtime, make_spec):
        spec = make_spec()
        spec["process"]["args"] = ["sh", "-c", self._script("floor_probe")]
        found = self._parse(self._case.ok(self._run(runtime, spec)).stdout)
        found["documents"] = {}
        for name, document in DOCUMENTS.items():
            bundle, spec = self._case.bundle(), make_spec()
            spec["process"]["args"] = ["true"]
            document.edit(spec, bundle.path)
            done = self._run(runtime, spec, bundle)
            if done.code == 0 or not document.refusal:
                self._case.ok(done)
                got = document.reached(done, bundle.path, self._node)
            else:
                self._case.assertIn(document.refusal, done.stderr)
                got = False
            found["documents"][name] = "reached" if got else "stopped"
        return found

    def _script(self, probe):
        """Prints the process's capabilities, what the filters say, and what the kernel says."""
        asked = " ".join(words(self._calls))
        return (f"grep -E '^Cap(Bnd|Eff)' /proc/self/status; echo {MARK}; {probe} --gate {asked}; "
                f"echo {MARK}; {probe} {asked}")

    def _parse(self, text):
        status, gate, answer = text.split(f"{MARK}\n")
        held = 0
        for line in status.splitlines():
            held |= int(line.split()[1], 16)
        found = {"gate": _answers(gate), "answer": _answers(answer),
                 "capabilities": {name for name, bit in CAPABILITIES.items() if held >> bit & 1}}
        for kind in ("gate", "answer"):
            self._case.assertEqual(found[kind].keys(), self._calls.keys(), kind)
        return found
