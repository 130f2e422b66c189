# SPDX-License-Identifier: Apache-2.0
"""The base of every end-to-end test: a node per test class, a leak check after each test.

    class Verbs(NodeCase):
        def test_it(self):
            ours = stockade(self.node, "restricted", "crun")
            box = self.bundle(["probe"])
            self.assertEqual(ours.run("box", box).code, 0)
"""
import json
import os
import sys
import unittest

from .bundle import Bundle
from .leaks import Snapshot
from .node import Node, forky_root, host_bin_dir


def require(condition, reason):
    """Skips loudly, or fails where STOCKADE_E2E_REQUIRE=1 says that nothing may be skipped."""
    if condition:
        return
    if os.environ.get("STOCKADE_E2E_REQUIRE") == "1":
        raise AssertionError(f"cannot run: {reason}")
    print(f"\nSKIPPED: {reason}", file=sys.stderr, flush=True)
    raise unittest.SkipTest(reason)


def require_stockade(*classes):
    """The programs under test must have been built."""
    for name in ["stockade"] + [f"stockade-{c}" for c in classes]:
        path = host_bin_dir() / name
        require(path.exists(), f"{path} does not exist: build it, or set STOCKADE_BIN_DIR")


class NodeCase(unittest.TestCase):
    """One node for the class's tests. Set ROOT to a root folder other than this Debian's."""

    ROOT = "/"
    IGNORED = ()  # paths that fill without being a leak
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        require(os.geteuid() == 0, "end-to-end tests need root")
        cls.node = Node(cls.ROOT)
        cls.addClassCleanup(cls.node.close)

    def setUp(self):
        self._clean = Snapshot(self.node, self.IGNORED)
        self.addCleanup(self._assert_clean)

    def _assert_clean(self):
        self._clean.assert_clean(self)

    def records(self):
        """What there is of containers in the state directory: records, and ids that are taken."""
        top = self.node.path("/run/stockade")
        names = [str(p.relative_to(top)) for p in top.glob("*/*") if p.is_dir() or p.is_symlink()]
        return [name for name in names if name != ".stage/rootfs"]

    def bundle(self, args=("sleep", "300"), spec=None):
        """A bundle that goes away before the leak check."""
        made = Bundle(self.node, args, spec)
        self.addCleanup(made.remove)
        return made

    def container(self, runtime, name, bundle, start=True):
        """A created (and started) container that is deleted before the leak check."""
        self.addCleanup(runtime.delete, name, "--force")
        self.ok(runtime.create(name, bundle))
        if start:
            self.ok(runtime.start(name))
        return name

    def ok(self, done):
        """Asserts that a call worked, showing what it said otherwise."""
        self.assertEqual(done.code, 0, f"stderr: {done.stderr}\nlog: {done.log_text}")
        return done

    def refused(self, done, *words):
        """Asserts the contract of a refusal: exit code 1, one error line in --log with level,
        msg and time, the same text on stderr, nothing on stdout; and each word in it."""
        self.assertEqual(done.code, 1, f"stdout: {done.stdout}\nstderr: {done.stderr}")
        self.assertEqual(done.stdout, "")
        errors = [entry for entry in done.log if entry.get("level") == "error"]
        self.assertEqual(len(errors), 1, done.log_text)
        self.assertRegex(errors[0]["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
        text = errors[0]["msg"]
        self.assertIn(text.splitlines()[0], done.stderr)
        for word in words:
            self.assertIn(word, text)
        return text

    def refused_create(self, runtime, bundle, *words):
        """Asserts that create refuses the bundle; see refused()."""
        done = runtime.create("refused", bundle)
        if done.code == 0:
            runtime.delete("refused", "--force")
        return self.refused(done, *words)

    def probe(self, done):
        """The facts that the probe printed in a container."""
        self.ok(done)
        try:
            return json.loads(done.stdout)
        except ValueError:
            self.fail(f"the probe said {done.stdout!r} and {done.stderr!r}")

    def tool(self, name):
        """Skips unless a program of that name is on the node."""
        require(self.node.which(name), f"no {name} in the node over {self.ROOT}")
        return name


class Forky:
    """Put before NodeCase, it moves the tests to the Debian forky node with its newer programs."""

    @classmethod
    def setUpClass(cls):
        require(forky_root(), "no forky root: run tests/e2e/forky_root.sh")
        cls.ROOT = forky_root()
        super().setUpClass()
