# SPDX-License-Identifier: Apache-2.0
"""A program in a container is started as the bare delegate would start it: whatever a class puts
between the delegate and the program, the program sees the same, and whoever waits for it does too."""
import os
import pty
import select
import subprocess
import unittest

from lib.bundle import plain_spec
from lib.case import NodeCase, require_stockade
from lib.runtime import CLASSES, Runtime, stockade

USER = {"uid": 1000, "gid": 1000, "additionalGids": [5, 2000], "umask": 0o027}
ENVIRONMENT = ["PATH=/bin:/opt", "EMPTY=", "SPACED= a b ", "TWICE=1", "TWICE=2", "UTF8=\u00e9", "HOME=/x"]
# How a program file is, what starts it; see View._programs.
PROGRAMS = {
    "a program": ["/opt/program"],
    "found in PATH": ["program"],
    "of a path below the working directory": ["./program"],
    "of its working directory, not in PATH": ["local"],
    "that nobody may read": ["/opt/unreadable"],
    "that may not be executed": ["/opt/plain"],
    "that is not there": ["/opt/missing"],
    "that PATH does not know": ["missing"],
    "that is a folder": ["/opt"],
    "that is a link": ["/opt/link"],
    "that is a link to nothing": ["/opt/dangling"],
    "that is a script": ["/opt/script", "one", "two"],
    "that is a script without an interpreter": ["/opt/orphan"],
    "that is a script without a first line": ["/opt/bare"],
    "that is empty": ["/opt/empty"],
    "below a file": ["/opt/program/below"],
    "with an empty name": [""],
}
CRUN_LOG = "\x1b[1;31m20"  # red, and the year
REASONS = ("not found", "no such file", "permission denied", "exec format error", "is a directory",
           "not a directory")


class View:
    """The tests; subclasses say over which delegate and node."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade(*CLASSES)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.bare = Runtime(self.node, [self.node.which(self.tool(self.DELEGATE))])

    def each_class(self, view, spec, wanted=None):
        """Asserts that view(runtime, bundle) is the same over the delegate and over each class."""
        results = {}
        for name in ("bare", *CLASSES):
            runtime = self.bare if name == "bare" else stockade(self.node, name, self.DELEGATE)
            bundle = self.bundle(spec=spec)
            self._programs(bundle.path / "rootfs")
            try:
                results[name] = view(runtime, bundle)
            finally:
                for left in runtime.ids():
                    runtime.delete(left, "--force")
            bundle.remove()
        for name in CLASSES:
            with self.subTest(name):
                self.assertEqual(results[name], results["bare"])
        if wanted is not None:
            self.assertEqual(results["bare"], wanted)
        return results["bare"]

    def spec(self, *args, cwd="/", **process):
        """A container that asks for nothing which a class takes away."""
        spec = plain_spec(args)
        spec["process"].update(cwd=cwd, env=ENVIRONMENT, **process)
        spec["process"]["capabilities"] = {}
        return spec

    @staticmethod
    def _programs(root):
        """What PROGRAMS names."""
        (root / "opt").mkdir()
        (root / "var/cache/local").symlink_to("/bin/true")
        seen = (root / "bin/seen").read_bytes()
        for name, content, mode in (
                ("program", seen, 0o755), ("unreadable", seen, 0o711), ("plain", seen, 0o644),
                ("script", b"#!/bin/sh -e\necho \"$0 $@\"; exit 3\n", 0o755),
                ("orphan", b"#!/no/such/interpreter\n", 0o755), ("bare", b"exit 5\n", 0o755),
                ("empty", b"", 0o755)):
            (root / "opt" / name).write_bytes(content)
            (root / "opt" / name).chmod(mode)
        (root / "var/cache/program").symlink_to("/opt/program")
        (root / "opt/link").symlink_to("program")
        (root / "opt/dangling").symlink_to("nothing")

    def test_what_a_program_sees(self):
        def view(runtime, bundle):
            return self.ok(runtime.run("box", bundle, data="")).stdout.splitlines()

        for title, spec in (
                ("root", self.spec("seen")),
                ("a user", self.spec("seen", "", "two words", "\u00e9", "*", cwd="/var/cache", user=USER)),
                ("a name of another", self.spec("/opt/link", "--help", "-x"))):
            with self.subTest(title):
                seen = self.each_class(view, spec)
                self.assertIn("pid: 1 parent 0", seen)
                self.assertIn("processes: 1", seen)

    def test_what_an_exec_sees(self):
        def view(runtime, bundle):
            self.ok(runtime.create("box", bundle))
            self.ok(runtime.start("box"))
            process = dict(spec["process"], args=["seen", "", "x y"], cwd="/tmp", user=USER)
            done = [self.ok(runtime.exec_process("box", process))]
            if self.DELEGATE == "runc":  # crun drops limits and umask that are given as flags
                done.append(self.ok(runtime.exec("box", "/bin/seen", "a", flags=[
                    "--cwd", "/var", "--user", "1000:1000"])))
            return [line for each in done for line in each.stdout.splitlines()
                    if not line.startswith("pid: ")]

        spec = self.spec("sleep", "300")
        self.each_class(view, spec)

    def test_descriptors_that_are_handed_in(self):
        def view(runtime, bundle):
            done = self.node.run(
                ["bash", "-c", 'exec 3</dev/zero 4</etc/passwd; exec "$@"', "bash", *runtime.argv,
                 "--root", runtime.root, "run", "--preserve-fds", "2", "--bundle", bundle.path,
                 "box"], check=True)
            return [line for line in done.stdout.splitlines() if line.startswith("descriptor")]

        seen = self.each_class(view, self.spec("seen"))
        self.assertEqual([line.split(":")[0] for line in seen],
                         [f"descriptor {number}" for number in range(5)])

    def test_a_terminal(self):
        def view(runtime, bundle):
            # Of seven runs crun 1.8 itself writes one through its own log, with and without us, a
            # time before each piece that comes from the terminal: that run shows nothing of the program.
            for _ in range(30):
                code, text = on_terminal(runtime, bundle)
                if CRUN_LOG not in text:
                    break
            return code, text.replace("\r", "").splitlines()

        def on_terminal(runtime, bundle):
            master, slave = pty.openpty()
            try:
                proc = self.node.popen(
                    ["setsid", "--ctty", "--wait", *runtime.argv, "--root", runtime.root, "run",
                     "--bundle", bundle.path, "box"], stdin=slave, stdout=slave, stderr=slave)
                os.close(slave)
                text = _until_closed(master)
                proc.wait(20)
            finally:
                os.close(master)
            return proc.returncode, text

        spec = self.spec("seen", terminal=True)
        code, seen = self.each_class(view, spec)
        self.assertEqual(code, 0)
        self.assertIn("controlling terminal: yes", seen)
        self.assertIn("in its foreground: 1", seen)

    def test_every_way_to_name_a_program(self):
        def view(runtime, bundle):
            outcomes = {}
            for title, args in PROGRAMS.items():
                bundle.spec["process"]["args"] = args
                done = runtime.run("box", bundle.save())
                # What does not run does not run, and says why. The words are the delegate's or ours; what
                # only the kernel can find out is exit code 126 or 127 behind stockade-init.
                ran = bool(done.stdout)
                if not ran:
                    self.assertNotEqual(done.code, 0, title)
                if not ran and "restricted" in runtime.argv[0]:
                    self.assertTrue(any(word in done.stderr.lower() for word in REASONS), title)
                outcomes[title] = (done.code if ran else "does not run",
                                   done.stdout.splitlines()[:1], runtime.ids())
            return outcomes

        self.each_class(view, self.spec("seen", cwd="/var/cache", user=USER))

    def test_how_a_program_ends(self):
        def view(runtime, bundle):
            return runtime.run("box", bundle).code

        for code in (0, 3, 127, 255):
            with self.subTest(code):
                self.each_class(view, self.spec("sh", "-c", f"exit {code}"), code)
        for signal, code in (("KILL", 137), ("SEGV", 139), ("TERM", 143), ("PIPE", 141)):
            with self.subTest(signal):
                def ended(runtime, bundle):
                    self.ok(runtime.create("box", bundle))
                    self.ok(runtime.start("box"))
                    return runtime.exec("box", "sh", "-c", f"kill -{signal} $$").code
                self.each_class(ended, self.spec("sleep", "300"), code)

    def test_signals_reach_the_program(self):
        """Process 1 is the workload itself: it gets the signals and its exit code is the container's."""
        def view(runtime, bundle):
            proc = self.node.popen(
                [*runtime.argv, "--root", runtime.root, "run", "--bundle", bundle.path, "box"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            with proc.stdout as out:
                said = out.readline()
                self.ok(runtime.kill("box", signal))
                said += out.read()
            return proc.wait(20), said

        for signal, wanted in (("TERM", (5, "ready\nbye\n")), ("HUP", (6, "ready\n")),
                               ("KILL", (137, "ready\n"))):
            with self.subTest(signal):
                self.each_class(view, self.spec(
                    "sh", "-c", "trap 'echo bye; exit 5' TERM; trap 'exit 6' HUP; echo ready; "
                    "while :; do sleep 0.05; done"), wanted)


def _until_closed(terminal):
    """Everything that comes out of a pseudo terminal until its other side is closed."""
    text = b""
    while select.select([terminal], [], [], 20)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    return text.decode()


class RuncView(View, NodeCase):
    DELEGATE = "runc"


class CrunView(View, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
