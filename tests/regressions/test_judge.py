# SPDX-License-Identifier: Apache-2.0
"""The judgement itself, on findings made up for it; needs neither root nor a build."""
import copy
import unittest

from judge import Judge, Tables
from table import render


def findings(tables):
    """Of a process that nothing confines."""
    return {"gate": {call: "passes" for call in tables.calls},
            "answer": {call: "errno 14" for call in tables.calls},
            "capabilities": {"NET_ADMIN", "NET_RAW", "SYS_ADMIN", "DAC_READ_SEARCH"},
            "documents": {door.partition(":")[2]: "reached" for need in tables.needs.values()
                          for door in need["doors"] if door.startswith("document:")}}


class JudgeTest(unittest.TestCase):
    def setUp(self):
        self.tables = Tables()
        self.bare = findings(self.tables)
        self.found = copy.deepcopy(self.bare)
        self.judge = Judge(self.tables, self.bare)

    def close(self, *calls):
        self.found["gate"].update({call: "errno 1" for call in calls})

    def test_the_tables_fit_together(self):
        self.assertEqual(list(self.tables.problems()), [])
        self.assertEqual(len(self.tables.kernelctf), 79)

    def test_a_gap_in_the_tables_is_found(self):
        self.tables.rows[0]["needs"] = ["what-nobody-knows"]
        self.tables.calls["unused"] = {"call": "getpid", "args": []}
        self.assertEqual(len(list(self.tables.problems())), 3)  # the need it had is unused now

    def test_nothing_is_stopped_where_nothing_confines(self):
        self.assertEqual(self.judge.score(self.found), 0)
        self.assertFalse(any(self.judge.stops(row["needs"], self.found) for row in self.tables.rows))

    def test_one_open_door_keeps_a_need_in_reach(self):
        self.close("clone_user", "clone_user_bit32", "clone3")
        self.assertEqual(self.judge.need("user-namespace", self.found), set())
        self.close("unshare_user")
        self.assertEqual(self.judge.need("user-namespace", self.found), {"filter"})
        self.assertEqual(self.judge.need("net-admin", self.found), set())
        self.found["capabilities"].clear()
        self.assertEqual(self.judge.need("net-admin", self.found), {"filter", "capability"})
        self.assertEqual(self.judge.score(self.found), 51)

    def test_eperm_alone_proves_nothing(self):
        self.found["answer"]["bpf"] = "errno 1"
        self.assertEqual(self.judge.need("bpf", self.found), {"kernel"})
        self.bare["answer"]["bpf"] = "errno 1"
        self.assertEqual(self.judge.need("bpf", self.found), set())

    def test_a_filter_that_cannot_be_asked_is_an_error(self):
        self.found["gate"]["bpf"] = "unknown 16"
        with self.assertRaisesRegex(ValueError, "bpf"):
            self.judge.need("bpf", self.found)

    def test_an_entry_that_the_machine_lacks_is_no_door_and_stops_nothing(self):
        self.bare["gate"]["i386_socketcall"] = "signal 11"
        self.assertEqual(self.judge.need("alg-socket", self.found), set())
        self.close("socket_alg", "socket_alg_bit32")
        self.assertEqual(self.judge.need("alg-socket", self.found), {"filter"})

    def test_a_document_is_a_door(self):
        self.found["documents"]["hook"] = "stopped"
        self.assertEqual(self.judge.need("hooks", self.found), {"spec"})

    def test_the_page_shows_each_row_and_the_score(self):
        self.close("bpf")
        page = render(self.tables, self.judge, {"none": self.bare, "ours": self.found})
        self.assertIn("| 0 of 79 | 6 of 79 |", page)
        self.assertRegex(page, r"\| bpf \| open \| filter \|")
        for row in self.tables.rows:
            self.assertIn(row["what"], page)


if __name__ == "__main__":
    unittest.main()
