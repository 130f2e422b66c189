# SPDX-License-Identifier: Apache-2.0
"""stockadectl's command line, the same for every verb."""
import re
import unittest

from lib.case import NodeCase
from lib.ctl import Ctl
from lib.node import BIN


class CommandLine(Ctl):
    """Options, errors, exit codes, colour."""

    def test_the_command_line(self):
        self.assertRegex(self.ctl("--version").stdout, r"^stockadectl version \d")
        for words in (["--help"], ["help"], ["check", "--help"], ["classes", "show", "-h"]):
            self.assertIn("usage: stockadectl", self.ctl(*words).stdout)
        for words in ([], ["nosuch"], ["classes"], ["list", "x"], ["inspect"], ["check", "--nosuch"],
                      ["explain", "--class", "restricted"], ["explain", "--bundle", "/"],
                      ["classes", "show", "restricted", "--json=1"]):
            done = self.ctl(*words, code=2)
            self.assertEqual(done.stdout, "")
            self.assertTrue(done.stderr)
        done = self.ctl("--config", "/nosuch", "list", code=1)
        self.assertRegex(done.stderr, r"^stockadectl: .*/nosuch")

    def test_colour_is_for_terminals(self):
        def on_terminal(**env):
            done = self.node.run(["script", "-qec", f"{BIN}/stockadectl classes list", "/dev/null"],
                                 env={"TERM": "xterm", **env})
            return re.search("\x1b\\[3", done.stdout) is not None

        self.tool("script")
        self.assertTrue(on_terminal())
        self.assertFalse(on_terminal(NO_COLOR="1"))
        self.assertFalse(on_terminal(TERM="dumb"))


class OverRunc(CommandLine, NodeCase):
    DELEGATE = "runc"


class OverCrun(CommandLine, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
