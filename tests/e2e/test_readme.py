# SPDX-License-Identifier: Apache-2.0
"""The README's steps without containerd, pasted as they stand there."""
import re
import unittest

from lib.case import NodeCase, require_stockade
from lib.node import BIN, REPO

PROGRAMS = "$PWD/build/release/bin"  # where a build leaves them; the node has them elsewhere


class Readme(NodeCase):
    IGNORED = ("/run/runc",)  # where runc keeps its containers, by itself

    @classmethod
    def setUpClass(cls):
        require_stockade("restricted")
        super().setUpClass()

    def test_the_steps_without_containerd(self):
        text = (REPO / "README.md").read_text(encoding="utf-8")
        steps = re.search(r"^Without containerd.*?\n\n((?:    [^\n]+\n)+)", text, re.M | re.S)[1]
        self.assertIn(PROGRAMS, steps)
        self.addCleanup(self.node.run, ["rm", "-rf", "/tmp/box"])
        done = self.node.run(["bash", "-e", "-o", "pipefail", "-c", steps.replace(PROGRAMS, BIN)])
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        self.assertIn("class restricted on /tmp/box", done.stdout)
        promises = re.search(r"LAYER +STATE +FOUND\n((?:.+\n)+)", done.stdout)[1].splitlines()
        self.assertGreater(len(promises), 10)
        for line in promises:
            self.assertRegex(line, r"  ok  ")


if __name__ == "__main__":
    unittest.main()
