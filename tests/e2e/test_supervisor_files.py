# SPDX-License-Identifier: Apache-2.0
"""Opens that a supervisor decides and performs (interposition.files)."""
import contextlib
import ctypes
import json
import os
import signal
import threading
import unittest
from pathlib import Path

from lib.bundle import plain_spec
from lib.case import NodeCase
from lib.supervisor import RACE_CALLS, Interposed


def files(opens="write", default="allow", deny=(), read_only=(), allow=()):
    return {"mode": "confine", "opens": opens, "default": default, "deny": list(deny),
            "readOnly": list(read_only), "allow": list(allow)}


@contextlib.contextmanager
def traced(thread):
    """Keeps one thread of another process from going on."""
    seize, interrupt, detach, any_thread = 0x4206, 0x4207, 17, 0x40000000
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if ptrace(seize, thread, None, None) != 0 or ptrace(interrupt, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    os.waitpid(thread, any_thread)
    try:
        yield
    finally:
        ptrace(detach, thread, None, None)


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

    def test_a_thread_that_hangs_keeps_no_processor_busy(self):
        """One that nothing frees (a lost NFS server; here it is traced) outlives its caller."""
        runtime = self.runtime(files())
        self.container(runtime, "box", self.bundle(spec=plain_spec(("sleep", "300"))))
        self.ok(runtime.exec("box", "mkfifo", "/tmp/fifo"))
        worker = Path(f"/proc/{self.supervisors()[1]}/task")
        waits = threading.Thread(target=lambda: runtime.exec("box", "sh", "-c", "echo > /tmp/fifo"), daemon=True)
        waits.start()

        def hanging():
            found = []
            for task in worker.iterdir():
                with contextlib.suppress(OSError):  # one of the exec before, which ends
                    if (task / "wchan").read_text(encoding="ascii") == "wait_for_partner":
                        found.append(int(task.name))
            return found

        self.until(hanging)
        with traced(hanging()[0]):
            listeners = self.listeners(worker.parent)
            os.kill(self.caller(b"sh\0-c\0echo > /tmp/fifo\0"), signal.SIGKILL)
            waits.join()
            self.until(lambda: self.states(worker / worker.parent.name, 20) == {"S"})
            self.assertEqual(self.listeners(worker.parent), listeners)
        self.until(lambda: self.listeners(worker.parent) < listeners)

    @staticmethod
    def caller(line):
        """The process of that command line."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "cmdline").read_bytes() == line:
                    return int(process.name)
        raise LookupError(line)

    @staticmethod
    def listeners(process):
        """How many it has; each has a thread."""
        count = 0
        for link in (process / "fd").iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                count += os.readlink(link) == "anon_inode:seccomp notify"
        return count

    @staticmethod
    def states(task, looks):
        return {(task / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
                for _ in range(looks)}


class FilesOverRunc(Files, NodeCase):
    DELEGATE = "runc"


class FilesOverCrun(Files, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
