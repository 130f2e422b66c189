# SPDX-License-Identifier: Apache-2.0
"""profile: filters shown, compiled, asked and compared."""
import unittest

from lib.bundle import plain_spec
from lib.case import NodeCase
from lib.ctl import Ctl


class Profile(Ctl):
    """Of shipped filters, and of those of bundles."""

    def test_a_filter_can_be_compared_with_that_of_a_bundle(self):
        """What create writes is the class's filter: the same answers to everything."""
        spec = plain_spec(["sleep", "60"])
        for each in ("bounding", "effective", "permitted"):
            spec["process"]["capabilities"][each] = []
        box = self.bundle(spec=spec)
        self.write_class("baseline", {"extends": "baseline",
                                      "seccomp": {"installedBy": "delegate"}})
        self.running("box", box, "baseline")
        self.ctl("profile", "diff", box.config, "class:baseline", "--capabilities", "none")
        apart = self.ctl_json("profile", "diff", box.config, "restricted", code=1)["differences"]
        self.assertIn("ptrace", {each["call"] for each in apart})
        own = self.ctl_json("profile", "evaluate", box.config, "--syscall", "keyctl", code=1)
        self.assertEqual(own["answer"], "ERRNO EPERM")

    def test_a_bundle_whose_filter_init_installs_is_not_mistaken_for_its_floor(self):
        box = self.bundle(spec=plain_spec(["sleep", "60"]))
        self.running("box", box)
        done = self.ctl("profile", "evaluate", box.config, "--syscall", "ptrace", code=1)
        self.assertEqual(done.stdout, "")
        self.assertIn("stockade-init installs its filter", done.stderr)

    def test_a_profile_is_shown_and_compiled(self):
        groups = self.ctl_json("profile", "show", "restricted")["groups"]
        self.assertTrue(all(group["reason"] for group in groups))
        self.ctl("profile", "show", "nosuch", code=2)
        program = self.node.work / "program"
        text = self.ctl_json("profile", "compile", "restricted")["instructions"]
        self.ctl("profile", "compile", "restricted", "--output", program)
        self.assertEqual(program.stat().st_size, 8 * len(text))


class OverRunc(Profile, NodeCase):
    DELEGATE = "runc"


class OverCrun(Profile, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
