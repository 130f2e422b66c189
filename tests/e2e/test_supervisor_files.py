# SPDX-License-Identifier: Apache-2.0
"""Opens that a supervisor decides and performs (interposition.files)."""
import json
import unittest

from lib.bundle import plain_spec
from lib.case import NodeCase
from lib.supervisor import RACE_CALLS, Interposed


def files(opens="write", default="allow", deny=(), read_only=(), allow=()):
    return {"mode": "confine", "opens": opens, "default": default, "deny": list(deny),
            "readOnly": list(read_only), "allow": list(allow)}


class Files(Interposed):
    """The tests; subclasses say over which delegate."""

    def runtime(self, rule=None, users="keep", extends="restricted", **changes):
        """stockade with the class "files", which has no interposition without a rule. Its callers are settled:
        none has a capability, and new namespaces are refused."""
        document = {"extends": extends, "userNamespace": {"mode": users},
                    "seccomp": {"installedBy": "init"}}
        if rule:
            document["interposition"] = {
                "network": {"mode": "off"}, "files": rule, "refused": [], "onViolation": "errno",
                "complain": False, "namespaces": "refuse", **changes}
        return self.of_class("files", document)

    def output(self, runtime, *args, user=None, capabilities=(), **kwargs):
        spec = plain_spec(args)
        spec["process"]["capabilities"] = {
            key: list(capabilities) for key in ("bounding", "effective", "permitted")}
        if user:
            spec["process"]["user"] = {"uid": user, "gid": user}
        return self.ok(runtime.run("box", self.bundle(spec=spec), **kwargs)).stdout

    def test_opens_end_as_without_a_supervisor(self):
        for user in (None, 1000):
            for users in ("keep", "force"):
                wanted = self.output(self.runtime(users=users), "filecalls", user=user).splitlines()
                self.assertGreater(len(wanted), 150)
                for opens, namespaces in (("write", "refuse"), ("all", "refuse"), ("all", "kernel")):
                    with self.subTest(user=user, users=users, opens=opens, namespaces=namespaces):
                        runtime = self.runtime(files(opens, read_only=["/nothing"]), users,
                                               namespaces=namespaces)
                        got = self.output(runtime, "filecalls", user=user).splitlines()
                        self.assertEqual(got, wanted)

    def test_changes_of_ids_and_roots(self):
        may = ("CAP_SETUID", "CAP_SETGID", "CAP_SYS_CHROOT")
        wanted = self.output(self.runtime(extends="baseline"), "filecalls", capabilities=may).splitlines()
        self.assertIn("by a user: 1000 1000", wanted)
        self.assertTrue(any(line.startswith("in a root of its own: ok") for line in wanted))
        runtime = self.runtime(files("all", read_only=["/nothing"]), extends="baseline")
        self.assertEqual(self.output(runtime, "filecalls", capabilities=may).splitlines(), wanted)
        runtime = self.runtime(files(read_only=["/tmp/work/dir/in-root"]), extends="baseline")
        got = self.output(runtime, "filecalls", capabilities=may).splitlines()
        self.assertIn("in a root of its own: Permission denied", got)

    def tries(self, runtime, path, flags):
        """How many of open, openat, openat2 and creat were refused."""
        return self.ok(runtime.exec("box", "filecalls", "try", path, f"{flags:o}")).stdout.count(
            "Permission denied")

    def test_files_are_refused_by_every_call(self):
        runtime = self.runtime(files(read_only=["/tmp/kept/**"], default="allow"))
        self.container(runtime, "box", self.bundle(spec=plain_spec(("sleep", "300"))))
        script = "mkdir /tmp/kept; mknod /tmp/kept/f p; ln -s kept /tmp/way; ln -s kept/new /tmp/new"
        self.ok(runtime.exec("box", "sh", "-c", script))
        for path in ("/tmp/kept/x", "/tmp/../tmp//kept/x", "/tmp/way/x", "/tmp/new",
                     "/proc/self/root/tmp/kept/x", "/proc/self/cwd/tmp/kept/x"):
            with self.subTest(path):
                self.assertEqual(self.tries(runtime, path, 0o102), 4)
        self.assertEqual(self.tries(runtime, "/tmp/other", 0o102), 0)
        event = self.events(runtime)[0]
        self.assertEqual(event["call"], "open")
        self.assertEqual(event["arguments"], "/tmp/kept/x, O_RDWR|O_CREAT")
        self.assertEqual((event["rule"], event["answer"]), ("/tmp/kept/**", "refused"))

    def test_an_allow_list(self):
        runtime = self.runtime(files(default="readOnly", allow=["/tmp/mine/**"]))
        self.container(runtime, "box", self.bundle(spec=plain_spec(("sleep", "300"))))
        self.ok(runtime.exec("box", "mkdir", "/tmp/mine"))
        self.assertEqual(self.tries(runtime, "/tmp/mine/x", 0o102), 0)
        self.assertEqual(self.tries(runtime, "/tmp/x", 0o102), 4)
        self.ok(runtime.exec("box", "sh", "-c", "echo > /dev/null; cat /etc/passwd"))

    def test_reading_is_refused_where_every_open_is_decided(self):
        runtime = self.runtime(files("all", deny=["/etc/passwd", "/proc/*/maps"]))
        self.container(runtime, "box", self.bundle(spec=plain_spec(("sleep", "300"))))
        self.ok(runtime.exec("box", "cat", "/etc/group"))
        for path in ("/etc/passwd", "/proc/1/root/etc/passwd", "/proc/self/maps"):
            with self.subTest(path):
                self.assertIn("Permission denied", runtime.exec("box", "cat", path).stderr)

    def test_complain_and_kill(self):
        runtime = self.runtime(files(default="readOnly"), complain=True)
        self.container(runtime, "box", self.bundle(spec=plain_spec(("sleep", "300"))))
        self.assertEqual(self.tries(runtime, "/tmp/x", 0o102), 0)
        self.assertEqual(self.events(runtime)[0]["answer"], "performed")
        runtime.delete("box", "--force")
        runtime = self.runtime(files(default="readOnly"), onViolation="kill")
        self.container(runtime, "box", self.bundle(spec=plain_spec(("sleep", "300"))))
        self.assertEqual(runtime.exec("box", "filecalls", "try", "/tmp/x", "0102").code, 137)

    def test_other_devices_are_not_opened(self):
        runtime = self.runtime(files())
        self.container(runtime, "box", self.bundle(spec=plain_spec(("sleep", "300"))))
        out = self.ok(runtime.exec("box", "filecalls", "try", "/dev/tty", "2")).stdout
        self.assertEqual(out.count("No such device or address"), 4, out)

    def test_paths_that_change_meanwhile(self):
        for namespaces in ("refuse", "kernel"):
            with self.subTest(namespaces=namespaces):
                runtime = self.runtime(files(read_only=["/tmp/no/**"]), namespaces=namespaces)
                result = json.loads(self.output(runtime, "filerace", RACE_CALLS, timeout=3600))
                self.assertEqual(result["bypassed"], 0, result)
                self.assertGreater(min(result["opened"], result["refused"]), 100, result)

    def test_roots_that_threads_begin_in(self):
        """A thread of the worker begins where the one that made it is, which may be a caller's root by then."""
        runtime = self.runtime(files("all", read_only=["/tmp/root/file"]), extends="baseline")
        result = json.loads(self.output(runtime, "filerace", "roots", "20000", timeout=600,
                                        capabilities=("CAP_SYS_CHROOT",)))
        self.assertEqual((result["refused"], result["other"], result["bypassed"]), (20000, 0, 0), result)


class FilesOverRunc(Files, NodeCase):
    DELEGATE = "runc"


class FilesOverCrun(Files, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
