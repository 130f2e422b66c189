# SPDX-License-Identifier: Apache-2.0
"""ctr with --runc-binary, over the same containerd: containers outside Kubernetes."""
import json
import unittest

from lib import images
from lib.case import NodeCase, require_stockade
from lib.containerd import Containerd
from lib.node import BIN
from lib.runtime import CLASSES

NO_CAPS = "0" * 16


class Ctr:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *CLASSES)
        super().setUpClass()
        cls.node.write("/etc/stockade/config.json", json.dumps({"defaultDelegate": cls.DELEGATE}))
        cls.containerd = Containerd(cls.node, cls.node.which(cls.DELEGATE))
        cls.addClassCleanup(cls.containerd.close)
        cls.containerd.import_image("busybox")
        cls.run_ctr("warm", "true", name="permissive")

    @classmethod
    def run_ctr(cls, identity, *command, name="restricted", flags=()):
        return cls.containerd.ctr("run", "--rm", "--runc-binary", f"{BIN}/stockade-{name}", *flags,
                                  images.name("busybox"), identity, *command)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.forget, "box")

    def forget(self, identity):
        """Removes whatever a failed test left of a container."""
        self.containerd.ctr("task", "delete", "--force", identity)
        self.containerd.ctr("container", "delete", identity)
        self.containerd.ctr("snapshot", "delete", identity)

    def test_run_in_every_class(self):
        expected = {"permissive": ("0", "0"), "baseline": ("1", "2"), "restricted": ("1", "2")}
        for name, confined in expected.items():
            with self.subTest(name):
                done = self.run_ctr("box", "probe", name=name)
                self.assertEqual(done.returncode, 0, done.stderr)
                facts = json.loads(done.stdout)
                # ctr itself asks for no_new_privs
                self.assertEqual(facts["Seccomp"], confined[1])
                self.assertEqual(facts["CapBnd"] == NO_CAPS, name == "restricted")

    def test_exit_codes_and_streams(self):
        done = self.run_ctr("box", "sh", "-c", "echo out; echo err >&2; exit 12")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (12, "out\n", "err\n"))

    def test_exec_and_delete(self):
        ctr = self.containerd.ctr
        done = self.run_detached("box", "sleep", "300")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = ctr("task", "exec", "--exec-id", "e1", "box", "probe")
        facts = json.loads(done.stdout)
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"], facts["CapBnd"]),
                         ("1", "2", NO_CAPS))
        done = ctr("task", "exec", "--exec-id", "e2", "box", "sh", "-c", "exit 9")
        self.assertEqual(done.returncode, 9)
        self.assertIn("box", ctr("task", "ls").stdout)
        ctr("task", "pause", "box", check=True)
        ctr("task", "resume", "box", check=True)
        ctr("task", "kill", "--signal", "KILL", "box", check=True)
        ctr("task", "delete", "--force", "box")
        ctr("container", "delete", "box", check=True)

    def run_detached(self, identity, *command):
        return self.containerd.ctr("run", "--detach", "--runc-binary", f"{BIN}/stockade-restricted",
                                   images.name("busybox"), identity, *command)

    def test_a_refusal_says_why_on_the_clients_screen(self):
        for flags, word in ((("--privileged",), "privileged"), (("--net-host",), "network"),
                            (("--mount", "type=bind,src=/etc,dst=/host,options=rbind:ro"), "/etc")):
            with self.subTest(word):
                done = self.run_ctr("box", "sleep", "1", flags=flags)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(word, done.stderr)
                self.forget("box")


class RuncCtr(Ctr, NodeCase):
    DELEGATE = "runc"


class CrunCtr(Ctr, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
