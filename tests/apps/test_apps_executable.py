# SPDX-License-Identifier: Apache-2.0
"""A real image of which nothing but Python runs: the class of stockade-class(5)'s example, on Debian's
folders of links and with its loader."""
import json
import unittest

from app_case import AppCase
from image import NAME
from lib.cri import CriError
from lib.node import REPO

LOADER = "/lib64/ld-linux-x86-64.so.2"
WORK = "import ssl, json, sqlite3, ctypes, hashlib; print(json.dumps(sqlite3.sqlite_version_info[0]))"
# How Python's own process starts others: a shell, a program, a descriptor of one, memory.
ESCAPES = """
import ctypes, os, subprocess
def tried(name, what):
    try:
        what()
        print(name, "ran")
    except (OSError, AttributeError) as error:
        print(name, type(error).__name__)
program = os.open("/usr/bin/git", os.O_RDONLY)
tried("shell", lambda: subprocess.run("true", shell=True))
tried("program", lambda: subprocess.run(["/usr/bin/git", "version"]))
tried("among libraries", lambda: subprocess.run(["/usr/lib/git-core/git", "version"]))
tried("descriptor", lambda: subprocess.run([f"/proc/self/fd/{program}", "version"], pass_fds=[program]))
tried("memory", lambda: os.memfd_create("x"))
"""


class Python(AppCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        policy = json.loads((REPO / "config/classes/isolated.json").read_text(encoding="utf-8"))
        policy["rootfs"] = {"executable": ["/usr/bin/python3", "/usr/lib/python3.11",
                                           "/usr/lib/x86_64-linux-gnu", "/lib64"]}
        cls.node.write("/etc/stockade/classes.d/isolated.json", json.dumps(policy))
        cls.addClassCleanup(cls.node.path("/etc/stockade/classes.d/isolated.json").unlink)

    def test_python_runs_and_starts_nothing(self):
        pod = self.pod("stockade-isolated")
        app = pod.start("app", ["python3", "-c", "import time; time.sleep(300)"], image=NAME)

        def run(*command):
            return self.cri.exec_sync(app, list(command))

        self.assertEqual(run("python3", "-c", WORK)[:2], (0, "3\n"))
        self.assertEqual(run("/bin/python3.11", "-c", WORK)[:2], (0, "3\n"))  # the same file by a link
        code, out, err = run("python3", "-c", ESCAPES)
        self.assertEqual(code, 0, err)
        for name in ("shell", "program", "among libraries", "descriptor"):
            self.assertIn(f"{name} PermissionError\n", out)
        self.assertIn("memory OSError\n", out)
        self.assertNotIn("git version", out)
        code, out, err = run(LOADER, "/usr/bin/git", "version")
        self.assertEqual((code, out), (127, ""))
        self.assertIn("failed to map segment", err)
        for command in ("sh", "/usr/bin/perl"):
            with self.assertRaises(CriError) as caught:
                run(command)
            self.assertIn("rootfs.executable", str(caught.exception))
        pod.remove()


if __name__ == "__main__":
    unittest.main()
