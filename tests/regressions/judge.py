# SPDX-License-Identifier: Apache-2.0
"""From what the probes found to what is stopped. Pure: no file but the tables, no process.

    tables = Tables()
    judge = Judge(tables, bare)                    # bare: the findings without any sandbox
    judge.stops(row["needs"], findings)            # {"filter"}, or nothing if it can be reached
    judge.score(findings)                          # how many of the 79

Findings are {"gate": {call: verdict}, "answer": {call: answer}, "capabilities": {"NET_ADMIN", ...},
"documents": {name: "reached" | "stopped"}}. A verdict is "passes" or the filter's answer; an answer is
the kernel's ("value 3", "errno 14").
"""
import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
EPERM, EACCES = 1, 13
NOT_PERMITTED = (f"errno {EPERM}", f"errno {EACCES}")


class Tables:
    """The data files of this folder."""

    def __init__(self):
        self.calls = self._read("calls.json")["calls"]
        self.needs = self._read("needs.json")["needs"]
        self.rows = self._read("rows.json")["rows"]
        self.kernelctf = {}  # CVE: its needs
        for line in (HERE / "kernelctf.tsv").read_text(encoding="ascii").splitlines():
            if not line.startswith("#"):
                cve, needs = line.split("\t")
                self.kernelctf[cve] = needs.split(",")

    @staticmethod
    def _read(name):
        return json.loads((HERE / name).read_text(encoding="utf-8"))

    def problems(self):
        """What does not fit together, one sentence each."""
        used = [need for row in self.rows for need in row["needs"]]
        used += [need for needs in self.kernelctf.values() for need in needs]
        doors = [door for need in self.needs.values() for door in need["doors"]]
        calls = [door for door in doors if ":" not in door]
        yield from (f"no need is called {need}" for need in set(used) - set(self.needs))
        yield from (f"nothing has the need {need}" for need in set(self.needs) - set(used))
        yield from (f"no call is called {call}" for call in set(calls) - set(self.calls))
        yield from (f"nothing asks about {call}" for call in set(self.calls) - set(calls))
        for row in self.rows:
            if not row["claims"] and "why" not in row:
                yield f"{row['id']}: no class claims it, and no reason is given"
            if row["claims"] and not row["needs"]:
                yield f"{row['id']}: claimed, but nothing is asked"


class Judge:
    """Compares findings with those of a process that nothing confines."""

    def __init__(self, tables, bare):
        self._tables, self._bare = tables, bare

    def door(self, door, findings):
        """What closes one door, "filter", "capability", "kernel", "spec" or "absent"; or None."""
        kind, _, name = door.rpartition(":")
        if kind == "cap":
            return None if name in findings["capabilities"] else "capability"
        if kind == "document":
            return None if findings["documents"][name] == "reached" else "spec"
        if self._bare["gate"][door] != "passes":
            return "absent"  # an entry that this machine does not have at all
        verdict = findings["gate"][door]
        if verdict.startswith("unknown"):
            raise ValueError(f"{door}: the filter could not be asked: {verdict}")
        if verdict != "passes":
            return "filter"
        # Let through, but the kernel may ask for a privilege that is gone.
        refused = findings["answer"][door] in NOT_PERMITTED
        return "kernel" if refused and self._bare["answer"][door] not in NOT_PERMITTED else None

    def need(self, need, findings):
        """What closes every door to a need, as a set; empty if one is open."""
        closed = [self.door(door, findings) for door in self._tables.needs[need]["doors"]]
        return set() if None in closed else set(closed) - {"absent"}

    def stops(self, needs, findings):
        """What puts at least one of the needs out of reach, as a set; empty: nothing."""
        found = (self.need(need, findings) for need in needs)
        return set().union(*found)

    def score(self, findings):
        """How many CVEs of kernelctf.tsv are stopped."""
        return sum(1 for needs in self._tables.kernelctf.values() if self.stops(needs, findings))
