# SPDX-License-Identifier: Apache-2.0
"""`permissive` is the bare delegate: same exit codes, output, log file and state for every verb, in
good times and bad, over runc and crun, on both Debians."""
import json
import unittest

from lib.bundle import plain_spec
from lib.case import NodeCase, require_stockade
from lib.runtime import Runtime, stockade
from lib.twin import Twin


class Verbs:
    """The scripts; subclasses say over which delegate and node."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive")
        super().setUpClass()

    def setUp(self):
        super().setUp()
        bare = Runtime(self.node, [self.node.which(self.tool(self.DELEGATE))])
        self.ours = stockade(self.node, "permissive", self.DELEGATE)
        self.twin = Twin(self, bare, self.ours)

    def test_a_whole_life(self):
        def life(r, box):
            yield r.create("box", box)
            yield r.state("box")
            yield sorted(p.name for p in self.node.path(f"{r.root}/box").iterdir())
            yield r.start("box")
            yield r.state("box")
            yield r.exec("box", "sh", "-c", "echo out; echo err >&2; exit 7")
            yield r.call("ps", "--format", "json", "box").code
            yield r.call("pause", "box")
            yield r.state("box")
            yield r.call("resume", "box")
            yield r.call("update", "--pids-limit", "50", "box")
            yield r.call("update", "--resources=-", "box", data='{"pids":{"limit":60}}')
            yield r.kill("box", "KILL")
            r.wait_status("box", "stopped")
            yield r.state("box")
            yield r.delete("box")
            yield r.state("box")
            yield r.ids()

        self.twin("create to delete", life, self.bundle(["sleep", "100"]))

    def test_run(self):
        self.twin("run", lambda r, box: [r.run("box", box)],
                  self.bundle(["sh", "-c", "echo out; echo err >&2; id; exit 9"]))
        self.twin("run with stdin", lambda r, box: [r.run("box", box, data="hello\n")],
                  self.bundle(["cat"]))
        self.twin("run of a missing program", lambda r, box: [r.run("box", box)],
                  self.bundle(["/no/such/program"]))
        self.twin("run, detached, with a pid file",
                  lambda r, box: [r.run("box", box, "--detach", "--pid-file", f"{box.path}/pid"),
                                  (box.path / "pid").read_text().isdigit(), r.state("box")],
                  self.bundle(["sleep", "100"]))
        self.twin("run --bundle=DIR", lambda r, box: [
            r.call("run", f"--bundle={box.path}", "box")], self.bundle(["true"]))
        self.twin("run in the bundle's folder", lambda r, box: [
            r.call("run", "box", cwd=box.path)], self.bundle(["true"]))

    def test_exec(self):
        process = plain_spec(["sh", "-c", "id -u; echo $NAME; exit 4"])["process"]
        process["env"].append("NAME=value")

        def script(r, box):
            r.create("box", box)
            r.start("box")
            yield r.exec_process("box", process)
            yield r.exec("box", "id", flags=("--user", "1000:1000"))
            yield r.exec("box", "sh", "-c", "pwd; echo $A", flags=("--cwd", "/tmp", "--env", "A=b"))
            yield r.exec("box", "grep", "Cap", "/proc/self/status",
                         flags=("--cap", "CAP_SYS_ADMIN"))
            yield r.exec("box", "true", flags=("--pid-file", f"{box.path}/exec-pid"))
            yield r.exec("box", "sleep", "1", flags=("--detach",))
            yield r.exec("box", "/no/such/program")
            yield r.exec_process("box", "{ not json")
            yield r.call("exec", "--process", "/no/such/file", "box")
            yield r.exec("none", "true")
            yield r.call("exec", "box")
            yield r.call("exec")

        self.twin("exec", script, self.bundle(["sleep", "100"]))

    def test_features_are_the_delegates_and_ours(self):
        bare = self.node.run([self.node.which(self.DELEGATE), "features"])
        ours = self.node.run([*self.ours.argv, "features"])
        if bare.returncode != 0:
            self.assertNotEqual(ours.returncode, 0)
            return
        theirs, merged = json.loads(bare.stdout), json.loads(ours.stdout)
        for key, value in theirs.items():
            if key not in ("annotations", "potentiallyUnsafeConfigAnnotations"):
                self.assertEqual(merged.get(key), value, key)
        for key, value in theirs.get("annotations", {}).items():
            self.assertEqual(merged["annotations"].get(key), value)

    def test_version_names_both(self):
        self.addCleanup(self.node.run, ["rm", "-rf", "/run/crun"])  # crun makes it even for this
        bare = self.node.run([self.node.which(self.DELEGATE), "--version"]).stdout
        ours = self.node.run([*self.ours.argv, "--version"])
        self.assertEqual(ours.returncode, 0)
        self.assertIn("stockade", ours.stdout)
        self.assertIn(bare.splitlines()[0].split()[-1], ours.stdout)
        self.assertRegex(ours.stdout, r"(?m)^spec: \d")

    def test_the_state_of_the_permissive_is_kept_nowhere_else(self):
        """Pass-through leaves no record of ours once the container is gone."""
        box = self.bundle(["sleep", "100"])
        before = box.config.read_bytes()
        self.container(self.ours, "box", box)
        self.assertEqual(box.config.read_bytes(), before)


class MoreVerbs(Verbs):
    """What is enough to try on one version of a delegate."""

    def test_errors_of_the_command_line(self):
        self.twin("the command line", lambda r, _: [
            r.call("frobnicate"),
            r.call("--frobnicate"),
            r.call("create", "--frobnicate", "box"),
            r.call("create"),
            r.call("create", "a", "b"),
            r.call("start"),
            r.call("state"),
            r.call("kill"),
            r.call("delete"),
            r.call("delete", "--frobnicate", "box"),
            r.call("exec", "--frobnicate", "box", "true"),
        ])

    def test_errors_of_containers(self):
        def script(r, box):
            yield r.call("create", "--bundle", "/no/such/bundle", "box")
            yield r.call("create", "--bundle", "/tmp", "box")
            yield r.call("create", "--bundle", str(box.path), "../box")
            yield r.state("none")
            yield r.start("none")
            yield r.kill("none")
            yield r.delete("none")
            yield r.delete("none", "--force")
            yield r.call("ps", "none")
            yield r.call("pause", "none")
            yield r.create("box", box)
            yield r.create("box", box)
            yield r.start("box")
            yield r.delete("box")
            yield r.start("box")
            yield r.kill("box", "NOSUCHSIGNAL")
            yield r.kill("box", "KILL", "--all")
            r.wait_status("box", "stopped")
            yield r.kill("box", "KILL")
            yield r.start("box")
            yield r.exec("box", "true")
            yield r.delete("box")
            yield r.delete("box")

        self.twin("containers", script, self.bundle(["sleep", "100"]))

    def test_errors_of_documents(self):
        box = self.bundle(["true"])
        for title, text in (("not JSON", "{"), ("empty", ""), ("an array", "[]"),
                            ("no process", '{"ociVersion":"1.0.2"}')):
            def script(r, _, text=text):
                box.save_text(text)
                return [r.run("box", box).code]
            self.twin(title, script)

    def test_an_id_or_a_bundle_named_like_a_verb(self):
        def script(r, box):
            for name in ("create", "exec", "-"):
                yield r.create(name, box)
                yield r.state(name)
                yield r.exec(name, "echo", "create", "--bundle", "x")
                yield r.kill(name)
                r.wait_status(name, "stopped") if r.status(name) else None
                yield r.delete(name, "--force")

        self.twin("ids", script, self.bundle(["sleep", "100"]))

    def test_the_log_and_the_help(self):
        self.twin("log formats", lambda r, _: [
            r.call("state", "none", log_format="text"),
            r.call("state", "none", log_format="json"),
            r.call("state", "none", log_format="frobnicate"),
        ])
        self.twin("help", lambda r, _: [r.call("create", "--help"), r.call("exec", "--help"),
                                        r.call("help", "delete")])
        self.twin("list and spec", lambda r, box: [
            r.call("list"), r.call("list", "--format", "json"), r.create("box", box),
            r.call("list"), r.call("list", "-q")], self.bundle(["true"]))

    def test_checkpoint_and_restore(self):
        self.twin("checkpoint", lambda r, box: [
            r.create("box", box).code, r.start("box").code,
            r.call("checkpoint", "--image-path", str(box.path / "image"), "box").code != 0,
            r.call("restore", "--image-path", "/no/such", "--bundle", box.path, "new").code != 0,
        ], self.bundle(["sleep", "100"]))


class RuncVerbs(MoreVerbs, NodeCase):
    DELEGATE = "runc"


class CrunVerbs(MoreVerbs, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
