# SPDX-License-Identifier: Apache-2.0
"""Delegates that fail, lie, die or dawdle, at each verb: the error is theirs, what was set up for them is
undone, and a healthy delegate goes on where they stopped, with every layer."""
import contextlib
import itertools
import json
import subprocess
import unittest

from lib.bundle import greedy_spec
from lib.case import NodeCase, require_stockade
from lib.node import BIN
from lib.runtime import stockade
from lib.supervisor import Interposed

FAKE = "/opt/fake/runtime"
PLAN = "/opt/fake/plan"

# The real delegate, but for the verb and the fault that the plan names.
SCRIPT = """#!/bin/sh
read verb fault < /opt/fake/plan
for word; do [ "$word" = "$verb" ] && found=yes; done
[ "$found" ] || exec {real} "$@"
case $fault in
fails) echo "no mood" >&2; exit 3 ;;
lies) exit 0 ;;
babbles) echo '{{"ociVersion'; exit 0 ;;
killed) kill -9 $$ ;;
slow) while ! test -e /opt/fake/go; do sleep 0.02; done; exec {real} "$@" ;;
"ends badly") {real} "$@"; exit 3 ;;
"is killed after") {real} "$@"; kill -9 $$ ;;
esac
exit 99
"""
BEFORE = ("fails", "lies", "killed")  # nothing of what they were asked for is done
AFTER = ("ends badly", "is killed after")  # all of it


class DelegateFaults(Interposed):
    """The tests; subclasses say over which delegate."""

    CLASSES = ("baseline", "isolated")  # of the stub alone; of ids, mounts and a supervisor as well

    @classmethod
    def setUpClass(cls):
        require_stockade(*cls.CLASSES)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.node.write(FAKE, SCRIPT.format(real=self.node.which(self.DELEGATE)), 0o755)
        self.plan()

    def plan(self, verb="none", fault="none"):
        self.node.write(PLAN, f"{verb} {fault}\n")

    def each(self, faults):
        return itertools.product(self.CLASSES, faults)

    @contextlib.contextmanager
    def faulty(self, name, verb, fault, args=("sleep", "300")):
        """The runtime of a class, whose delegate goes wrong once the test plans it, and a bundle. What
        is left in the end, a healthy delegate must be able to delete."""
        with self.subTest(name, delegate=f"{verb}: {fault}"):
            runtime = stockade(self.node, name, self.DELEGATE, {"delegates": {self.DELEGATE: FAKE}})
            box = self.bundle(spec=greedy_spec(args))
            original = json.loads(box.config.read_bytes())
            yield runtime, box
            self.plan()
            self.ok(runtime.delete("box", "--force"))
            self.assertEqual((self.records(), runtime.ids()), ([], []))
            self.until(lambda: not self.supervisors())
            self.assertTrue(json.loads(box.config.read_bytes()) == original, "the bundle is not as it was")

    def works(self, runtime):
        """The running container has its layers, for an exec as well."""
        facts = self.probe(runtime.exec("box", "/bin/probe"))
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))

    def supervisors(self):
        found = self.node.run(["pgrep", "-x", "stockade-superv"])
        return found.stdout.split()

    def test_a_create_that_does_nothing(self):
        for name, fault in self.each(BEFORE):
            with self.faulty(name, "create", fault) as (runtime, box):
                self.plan("create", fault)
                done = runtime.create("box", box)
                self.assertEqual(done.code == 0, fault == "lies", done.stderr)
                self.assertEqual("no mood" in done.stderr, fault == "fails", done.stderr)
                self.until(lambda: not self.supervisors())  # there is nobody left to answer
                self.plan()
                if fault == "lies":
                    self.assertNotEqual(runtime.start("box").code, 0)
                else:  # the record does not keep the next one from the id
                    self.ok(runtime.create("box", box))
                    self.ok(runtime.start("box"))
                    self.works(runtime)
                    self.assertEqual(len(self.supervisors()), 2 if name == "isolated" else 0)

    def test_a_create_that_says_that_it_failed(self):
        for name, fault in self.each(AFTER):
            with self.faulty(name, "create", fault) as (runtime, box):
                self.plan("create", fault)
                self.assertNotEqual(runtime.create("box", box).code, 0)

    def test_a_start_that_does_nothing(self):
        for name, fault in self.each(BEFORE):
            with self.faulty(name, "start", fault) as (runtime, box):
                self.ok(runtime.create("box", box))
                self.plan("start", fault)
                self.assertEqual(runtime.start("box").code == 0, fault == "lies")
                self.plan()
                self.ok(runtime.start("box"))
                self.works(runtime)

    def test_a_delete_that_does_nothing(self):
        for name, fault in self.each(BEFORE):
            with self.faulty(name, "delete", fault) as (runtime, box):
                self.ok(runtime.create("box", box))
                self.ok(runtime.start("box"))
                self.plan("delete", fault)
                self.assertEqual(runtime.delete("box", "--force").code == 0, fault == "lies")
                self.works(runtime)

    def test_a_delete_that_says_that_it_failed(self):
        for name, fault in self.each(AFTER):
            with self.faulty(name, "delete", fault) as (runtime, box):
                self.ok(runtime.create("box", box))
                self.plan("delete", fault)
                self.assertNotEqual(runtime.delete("box", "--force").code, 0)
                self.assertEqual(self.records(), [])

    def test_an_exec_that_goes_wrong(self):
        for name, fault in self.each((*BEFORE, *AFTER)):
            with self.faulty(name, "exec", fault) as (runtime, box):
                self.ok(runtime.create("box", box))
                self.ok(runtime.start("box"))
                self.plan("exec", fault)
                self.assertEqual(runtime.exec("box", "true").code == 0, fault == "lies")
                self.plan()
                self.works(runtime)

    def test_a_run_that_goes_wrong(self):
        for name, fault in self.each((*BEFORE, *AFTER)):
            with self.faulty(name, "run", fault, ["true"]) as (runtime, box):
                self.plan("run", fault)
                self.assertEqual(runtime.run("box", box).code == 0, fault == "lies")
                self.assertEqual(self.records(), [])

    def test_what_it_says_of_itself_is_not_believed(self):
        for name, fault in self.each(("fails", "killed", "babbles")):
            with self.faulty(name, "features", fault) as (runtime, _):
                self.plan("features", fault)
                done = runtime.call("features")
                self.assertNotEqual(done.code, 0)
                self.assertEqual(done.stdout, "")

    def test_inspect_says_what_is_wrong_with_it(self):
        for name, fault in self.each(("fails", "lies", "babbles", "killed")):
            with self.faulty(name, "state", fault) as (runtime, box):
                self.ok(runtime.create("box", box))
                self.plan("state", fault)
                done = self.node.run([f"{BIN}/stockadectl", "--config", runtime.argv[2], "inspect", "box"])
                self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                self.assertIn("state", done.stderr)

    def test_a_slow_one_is_not_overtaken(self):
        """delete finds nothing yet, and leaves the record of the create that is on its way."""
        for name, fault in self.each(("slow",)):
            with self.faulty(name, "create", fault) as (runtime, box):
                self.node.run(["rm", "-f", "/opt/fake/go"])
                self.plan("create", fault)
                creating = self.node.popen([*runtime.argv, "--root", runtime.root, "create", "--bundle", box.path,
                                            "box"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
                self.until(lambda: [name for name in self.records() if name.endswith("/box")])
                self.ok(runtime.delete("box", "--force"))
                self.refused(runtime.create("box", box), "already exists")
                self.node.write("/opt/fake/go", "")
                self.assertEqual(creating.wait(30), 0)
                self.ok(runtime.start("box"))
                self.works(runtime)


class RuncDelegateFaults(DelegateFaults, NodeCase):
    DELEGATE = "runc"


class CrunDelegateFaults(DelegateFaults, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
