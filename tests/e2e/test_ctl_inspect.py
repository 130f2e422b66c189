# SPDX-License-Identifier: Apache-2.0
"""inspect: what the kernel enforces on a container, against the promises of its class."""
import json
import unittest

from lib.bundle import greedy_spec
from lib.case import NodeCase
from lib.ctl import Ctl
from lib.node import BIN
from lib.runtime import CLASSES, Runtime, stockade


class Inspect(Ctl):
    """Of containers that are as they should be, and of others."""

    def broken(self, *args):
        """The layers whose promise `inspect` finds broken; the exit code must say the same."""
        done = self.node.run([f"{BIN}/stockadectl", "inspect", *args, "--json"])
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertTrue(done.stdout, done.stderr)
        found = {p["layer"] for p in json.loads(done.stdout)["promises"] if p["state"] != "ok"}
        self.assertEqual(done.returncode, 1 if found else 0, done.stdout)
        return found

    def test_inspect_finds_every_promise_kept_in_a_healthy_container(self):
        for class_name in CLASSES:
            with self.subTest(class_name):
                box = self.bundle(spec=greedy_spec(["sleep", "300"]))
                runtime = self.running(f"box-{class_name}", box, class_name)
                try:
                    said = self.ctl_json("inspect", f"box-{class_name}")
                    self.assertEqual(said["class"], class_name)
                    self.assertEqual({p["state"] for p in said["promises"]}, {"ok"})
                    self.assertLessEqual({"capabilities", "no new privileges", "seccomp",
                                          "namespaces", "kernel paths", "devices", "document"},
                                         {p["layer"] for p in said["promises"]})
                    state = runtime.state(f"box-{class_name}").json()
                    self.assertEqual(said["process"]["pid"], state["pid"])
                    self.assertEqual(said["bundle"], str(box.path))
                    self.assertIn("pid", said["process"]["ownNamespaces"])
                finally:
                    runtime.delete(f"box-{class_name}", "--force")

    def test_inspect_does_without_the_namespaces_of_process_1(self):
        """Without CAP_SYS_PTRACE, process 1 hides what it has more than we do."""
        self.running("box", self.bundle())
        done = self.node.run(["setpriv", "--bounding-set=-sys_ptrace", f"{BIN}/stockadectl",
                              "inspect", "box", "--json"])
        self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual({p["state"] for p in said["promises"]}, {"ok"})
        self.assertIn("hides", said["notes"][0])
        self.assertLessEqual({"pid", "mnt", "net", "user"}, set(said["process"]["ownNamespaces"]))
        self.assertIn("time", said["process"]["hostNamespaces"])

    def test_inspect_finds_a_container_of_plain_runc_behind_a_record(self):
        """The record says restricted, the container was never in it."""
        runtime = self.running("real", self.bundle())
        bare = Runtime(self.node, [self.tool(self.DELEGATE)], runtime.root)
        box = self.bundle(spec=greedy_spec(["sleep", "300"]))
        self.container(bare, "fake", box)
        self.addCleanup(self._drop_record, "fake")
        self._copy_record("real", "fake", box.path)
        self.assertEqual(self.broken("real"), set())
        self.assertLessEqual({"capabilities", "no new privileges", "seccomp", "rootfs",
                              "kernel paths", "document"}, self.broken("fake"))

    def _record(self, name):
        [path] = self.node.path("/run/stockade").glob(f"*/{name}")
        return path

    def _copy_record(self, name, copy_name, bundle):
        source = self._record(name)
        target = source.parent / copy_name
        self.node.run(["cp", "-a", f"/run/stockade/{source.parent.name}/{name}",
                       f"/run/stockade/{source.parent.name}/{copy_name}"], check=True)
        record = json.loads((target / "record.json").read_text(encoding="utf-8"))
        record["id"], record["bundle"] = copy_name, str(bundle)
        (target / "record.json").write_text(json.dumps(record), encoding="utf-8")

    def _drop_record(self, name):
        for path in self.node.path("/run/stockade").glob(f"*/{name}"):
            self.node.run(["rm", "-r", f"/run/stockade/{path.parent.name}/{name}"])

    def test_inspect_finds_what_was_changed_from_outside(self):
        runtime = self.running("box", self.bundle())
        pid = runtime.state("box").json()["pid"]
        enter = ["nsenter", f"--target={pid}", "--mount", "--pid", "--"]
        self.node.run([*enter, "/bin/busybox", "mount", "-o", "remount,bind,rw", "/"], check=True)
        self.assertEqual(self.broken("box"), {"rootfs"})
        self.node.run([*enter, "/bin/busybox", "mount", "-o", "remount,bind,ro", "/"], check=True)
        self.node.run([*enter, "/bin/busybox", "mount", "-t", "tmpfs", "none", "/bin"], check=True)
        self.assertEqual(self.broken("box"), {"rootfs", "host mounts"})

    def test_inspect_finds_a_bundle_that_was_written_to(self):
        box = self.bundle()
        self.running("box", box)
        kept = box.config.read_bytes()
        box.config.write_bytes(kept + b" ")
        self.assertEqual(self.broken("box"), {"document"})
        box.config.write_bytes(kept)
        self.assertEqual(self.broken("box"), set())

    def test_inspect_notes_a_class_that_changed(self):
        self.write_class("web", {"extends": "baseline"})
        web = Runtime(self.node, [f"{BIN}/stockade", "--stockade-class", "web"])
        self.container(web, "box", self.bundle())
        self.assertEqual(self.ctl_json("inspect", "box")["notes"], [])
        self.write_class("web", {"extends": "restricted"})
        self.assertIn("changed", self.ctl_json("inspect", "box")["notes"][0])

    def test_inspect_wants_a_living_container(self):
        runtime = stockade(self.node, "restricted")
        self.container(runtime, "box", self.bundle(), start=False)
        self.assertIn("is created", self.ctl("inspect", "box", code=1).stderr)
        self.assertIn("no record", self.ctl("inspect", "nosuch", code=1).stderr)

    def test_an_id_under_two_roots_needs_the_root(self):
        one, two = (self.running("same", self._in_group(name), name) for name in CLASSES)
        refused = self.ctl("inspect", "same", code=2)
        self.assertIn(one.root, refused.stderr)
        self.assertIn(two.root, refused.stderr)
        self.assertIn("--root", refused.stderr)
        self.assertEqual(self.ctl_json("inspect", "same", "--root", two.root)["class"], CLASSES[1])

    def _in_group(self, name):
        """runc since 1.2 refuses a cgroup that another container of the same id is in."""
        box = self.bundle()
        box.spec["linux"]["cgroupsPath"] = f"/{name}-same"
        return box.save()

    def test_no_name_of_a_container_reaches_the_terminal_as_it_is(self):
        hostile = "\x1b]0;owned\x07\u202e"
        box = self.bundle()
        (box.path / "rootfs" / f"d{hostile}").mkdir()
        box.spec["mounts"].append({"destination": f"/d{hostile}", "type": "tmpfs", "source": "tmpfs",
                                   "options": ["rw", "nosuid", "noexec", "nodev"]})
        box.save()
        self.running("box", box, "baseline")
        for args in (("inspect", "box"), ("inspect", "box", "--json"), ("list",)):
            done = self.ctl(*args)
            for bad in ("\x1b", "\x07", "\u202e"):
                self.assertNotIn(bad, done.stdout + done.stderr)
        self.assertIn("d\\x1b]0;owned", self.ctl("inspect", "box").stdout)

    def test_permissive_leaves_no_record(self):
        self.running("box", self.bundle(), "permissive")
        self.assertIn("no record", self.ctl("inspect", "box", code=1).stderr)


class OverRunc(Inspect, NodeCase):
    DELEGATE = "runc"


class OverCrun(Inspect, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
