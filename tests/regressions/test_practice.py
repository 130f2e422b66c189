# SPDX-License-Identifier: Apache-2.0
"""Every call that practice.json names is blocked by every class but permissive, by a filter."""
import json
from pathlib import Path

from lib.case import NodeCase, require_stockade
from lib.runtime import ALL_CLASSES
from sandboxes import Sandboxes

PRACTICE = json.loads((Path(__file__).parent / "practice.json").read_text(encoding="utf-8"))


class Practice(NodeCase):
    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *ALL_CLASSES)
        super().setUpClass()

    def test_documented_calls_are_blocked(self):
        for delegate in ("runc", "crun"):
            self.check(self.tool(delegate))

    def check(self, delegate):
        calls, open_in = PRACTICE["calls"], PRACTICE["openIn"]
        sandboxes = Sandboxes(self, {}, delegate)
        for name in ("permissive", *ALL_CLASSES):
            verdicts = sandboxes.gates(name, calls)
            self.assertEqual(verdicts.keys(), calls.keys())
            for call, verdict in verdicts.items():
                with self.subTest(call=call, by=name, over=delegate):
                    if name == "permissive" or name in open_in.get(call, {}).get("classes", ()):
                        self.assertEqual(verdict, "passes")  # else a refusal below proves nothing
                    else:
                        self.assertRegex(verdict, r"^(errno (1|38)|signal 31)$")
