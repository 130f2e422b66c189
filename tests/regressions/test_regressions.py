# SPDX-License-Identifier: Apache-2.0
"""What known attacks need, against the bare node, runc as engines drive it, and each class.

Writes filters/REGRESSIONS.md with STOCKADE_WRITE_REGRESSIONS=1; else compares.
"""
import difflib
import os

from judge import Judge, Tables
from lib.case import NodeCase, require_stockade
from lib.node import REPO
from lib.runtime import ALL_CLASSES
from sandboxes import Sandboxes
from table import render

PAGE = REPO / "filters/REGRESSIONS.md"
AT_LEAST = {"baseline": 67, "restricted": 77, "isolated": 77}
# What a container needs so much that only another kernel under it helps.
ONLY_ANOTHER_KERNEL = {"dirty-cow", "dirty-pipe", "epoll", "rds-over-tcp", "stack-rot", "udp-offload",
                       "unix-gc", "waitid"}
OUT_OF_DATE = """filters/REGRESSIONS.md is not what the probes find; run
STOCKADE_WRITE_REGRESSIONS=1 ctest --test-dir build/release -R regressions.regressions
and commit it:
"""


class Claims:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""
    columns = None  # the findings by column, made once

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *ALL_CLASSES)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        cls = type(self)
        if cls.columns is None:
            cls.tables = Tables()
            sandboxes = Sandboxes(self, cls.tables.calls, self.tool(self.DELEGATE))
            cls.bare = sandboxes.bare()
            cls.judge = Judge(cls.tables, cls.bare)
            cls.columns = self.look(sandboxes)

    def look(self, sandboxes):
        return {name: sandboxes.of_class(name) for name in ("permissive", *ALL_CLASSES)}

    def test_a_probe_is_reached_where_nothing_confines_it(self):
        """Else it says nothing where it is not."""
        for row in self.tables.rows:
            self.assertEqual(self.judge.stops(row["needs"], self.bare), set(), row["id"])
        for name, verdict in self.bare["gate"].items():
            if not name.startswith(("i386_", "x32_")):  # the doors that a machine may not have
                self.assertEqual(verdict, "passes", name)
        for name, answer in self.bare["answer"].items():
            self.assertNotIn(answer, ("errno 1", "errno 13"), name)

    def test_each_class_stops_what_it_claims(self):
        for row in self.tables.rows:
            for name in ALL_CLASSES:
                with self.subTest(row=row["id"], by=name):
                    stopped = self.judge.stops(row["needs"], self.columns[name])
                    self.assertEqual(bool(stopped), name in row["claims"],
                                     f"stopped by {stopped}" if stopped else "reached")

    def test_isolated_stops_whatever_can_be_stopped(self):
        left = {row["id"] for row in self.tables.rows if row["needs"] and "isolated" not in row["claims"]}
        self.assertEqual(left, ONLY_ANOTHER_KERNEL)

    def test_most_exploited_defects_are_out_of_reach(self):
        for name, least in AT_LEAST.items():
            self.assertGreaterEqual(self.judge.score(self.columns[name]), least, name)


class OverRunc(Claims, NodeCase):
    DELEGATE = "runc"

    def look(self, sandboxes):
        return {"engine 1.6": sandboxes.engine("containerd-1.6.20-default"),
                "engine 2.1": sandboxes.engine("containerd-2.1.9-default"),
                **super().look(sandboxes)}

    def test_the_page_is_what_the_probes_find(self):
        text = render(self.tables, self.judge, self.columns)
        if os.environ.get("STOCKADE_WRITE_REGRESSIONS") == "1":
            PAGE.write_text(text, encoding="utf-8")
        written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        if text != written:
            self.fail(OUT_OF_DATE + "\n".join(difflib.unified_diff(
                written.splitlines(), text.splitlines(), "committed", "found", lineterm="")))


class OverCrun(Claims, NodeCase):
    DELEGATE = "crun"
