#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian package: builds it, looks into it, installs it into an empty root, runs what is in it
there, and removes it again.

    tests/package/test_package.py        # on build/release, or on STOCKADE_BUILD_DIR
"""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("STOCKADE_BUILD_DIR", REPO / "build/release"))
CLASSES = sorted(path.stem for path in (REPO / "config/classes").glob("*.json"))


def run(*argv, **kwargs):
    done = subprocess.run([os.fspath(a) for a in argv], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, **kwargs)
    if done.returncode != 0:
        raise AssertionError(f"{argv} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Package(unittest.TestCase):
    """One package and one root for all tests, in the order of their names' first words."""

    @classmethod
    def setUpClass(cls):
        work = Path(tempfile.mkdtemp(prefix="stockade-package-"))
        cls.addClassCleanup(shutil.rmtree, work)
        run("cpack", "-G", "DEB", "-B", work / "deb", "--config", BUILD / "CPackConfig.cmake",
            cwd=work)
        cls.deb, = (work / "deb").glob("*.deb")
        cls.root = work / "root"
        (cls.root / "var/lib/dpkg/info").mkdir(parents=True)
        (cls.root / "var/lib/dpkg/updates").mkdir()
        (cls.root / "var/lib/dpkg/status").touch()
        run("dpkg", f"--root={cls.root}", "--force-script-chrootless", "-i", cls.deb,
            env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"})

    def field(self, name):
        return run("dpkg-deb", "-f", self.deb, name).strip()

    def test_control(self):
        self.assertEqual(self.field("Package"), "stockade")
        self.assertEqual(self.field("Section"), "admin")
        self.assertEqual(self.field("Recommends"), "runc | crun")
        self.assertEqual(self.field("Depends"), "")
        self.assertIn("stands between containerd and runc", self.field("Description"))

    def test_control_has_no_scripts_and_no_conffiles(self):
        with tempfile.TemporaryDirectory() as folder:
            run("dpkg-deb", "-e", self.deb, folder)
            self.assertLessEqual(set(os.listdir(folder)), {"control", "md5sums"})

    def test_contents(self):
        listed = {}
        for line in run("dpkg-deb", "-c", self.deb).splitlines():
            mode, owner, _, _, _, name = line.split(maxsplit=5)
            listed[name.split(" -> ")[0].lstrip(".")] = (mode, owner, name)
        wanted = ["/usr/bin/stockade", "/usr/bin/stockadectl",
                  "/usr/share/man/man8/stockade.8.gz", "/usr/share/man/man8/stockadectl.8.gz",
                  "/usr/share/man/man5/stockade-class.5.gz",
                  "/usr/share/man/man5/stockade-config.5.gz",
                  "/usr/share/bash-completion/completions/stockadectl",
                  "/usr/share/zsh/vendor-completions/_stockadectl",
                  "/usr/share/stockade/schema/class.schema.json",
                  "/usr/share/stockade/schema/node.schema.json",
                  "/usr/share/stockade/integration/containerd/config-v2.toml",
                  "/usr/share/stockade/integration/kubernetes/runtimeclasses.yaml",
                  "/usr/share/doc/stockade/copyright"]
        for folder in ("classes", "profiles"):
            source = {"classes": "config/classes", "profiles": "filters/profiles"}[folder]
            wanted += [f"/usr/share/stockade/{folder}/{p.name}"
                       for p in (REPO / source).glob("*.json")]
        self.assertEqual([name for name in wanted if name not in listed], [])
        self.assertIn("/usr/libexec/stockade/stockade-supervisor", listed)
        # Nobody may read the stub: that is what keeps others from looking into it.
        self.assertEqual(listed["/usr/libexec/stockade/stockade-init"][0], "---x--x--x")
        for name, (mode, owner, _) in listed.items():
            self.assertEqual(owner, "root/root", name)
            self.assertTrue(name.startswith("/usr/") or name in ("/", "/usr/"), name)
            if not mode.startswith("l"):
                self.assertNotIn("w", mode[4:], f"{name} can be written by others")

    def test_links_name_every_class(self):
        links = {p.name: os.readlink(p) for p in (self.root / "usr/bin").iterdir() if p.is_symlink()}
        self.assertEqual(links, {f"stockade-{name}": "stockade" for name in CLASSES})
        self.assertGreaterEqual(set(CLASSES), {"permissive", "baseline", "restricted", "isolated"})

    def test_programs_are_static_and_stripped(self):
        for name in ("stockade", "stockadectl"):
            kind = run("file", "-b", self.root / "usr/bin" / name)
            self.assertRegex(kind, "statically linked|static-pie linked")
            self.assertIn(", stripped", kind)
            ldd = subprocess.run(["ldd", self.root / "usr/bin" / name], capture_output=True,
                                 text=True, check=False)
            self.assertIn("not a dynamic executable", ldd.stdout + ldd.stderr)

    def test_version_names_the_delegate(self):
        text = run(self.root / "usr/bin/stockade", "--version")
        self.assertRegex(text, r"^stockade version \d+\.\d+\.\d+\n")
        self.assertIn("delegate: runc", text)

    def test_classes_are_listed_in_a_root_with_nothing_else(self):
        text = run("chroot", self.root, "/usr/bin/stockadectl", "classes", "list")
        for name in CLASSES:
            self.assertRegex(text, rf"(?m)^\s*{name}\b")

    def test_classes_need_no_files(self):
        hidden = self.root / "usr/share/stockade"
        away = self.root / "hidden"
        hidden.rename(away)
        try:
            text = run("chroot", self.root, "/usr/bin/stockadectl", "classes", "list")
        finally:
            away.rename(hidden)
        for name in CLASSES:
            self.assertIn(name, text)

    def test_zz_removal_leaves_nothing(self):
        run("dpkg", f"--root={self.root}", "--force-script-chrootless", "-P", "stockade",
            env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"})
        left = [str(p.relative_to(self.root)) for p in self.root.rglob("*")
                if not str(p.relative_to(self.root)).startswith("var")]
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
