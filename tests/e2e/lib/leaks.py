# SPDX-License-Identifier: Apache-2.0
"""Did a test leave anything on its node? A snapshot before, a comparison after.

    before = Snapshot(node)
    ...
    before.assert_clean(self)     # fails with the list of what is new

Looks at mounts, processes, cgroups, network interfaces and every file under /run, /tmp and
/dev/shm of the node. What goes away by itself within a few seconds (a shim's last reap) is no leak.
"""
import os
import time

WATCHED = ("/run", "/tmp", "/var/run/netns", "/dev/shm", "/etc/stockade")


class Snapshot:
    """What is on a node at one moment. `ignore` are path prefixes that a daemon may fill."""

    def __init__(self, node, ignore=()):
        self._node = node
        self._ignore = tuple(ignore)
        self._before = self._take()

    def _take(self):
        return {
            "mount": self._mounts(),
            "process": self._processes(),
            "cgroup": self._cgroups(),
            "interface": self._interfaces(),
            "file": self._files(),
        }

    def _mounts(self):
        text = self._node.path("/proc/1/mountinfo").read_text(encoding="utf-8")
        found = []
        for line in text.splitlines():
            left, _, right = line.partition(" - ")
            found.append(f"{left.split(' ')[4]} ({right.split(' ')[0]})")
        return found

    def _processes(self):
        found = []
        for entry in self._node.path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                status = (entry / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
            except OSError:
                continue  # gone while we looked
            if status not in "ZX":
                found.append(f"{entry.name} {command[:200]}")
        return found

    def _cgroups(self):
        root = self._node.path("/sys/fs/cgroup")
        found = []
        for controller in root.iterdir():
            if not controller.is_symlink():
                found += [folder[len(str(root)):] for folder, _, _ in os.walk(controller)]
        return found

    def _interfaces(self):
        return [line.split(":")[0].strip() for line in
                self._node.path("/proc/1/net/dev").read_text(encoding="ascii").splitlines()
                if ":" in line]

    def _files(self):
        found = []
        for top in WATCHED:
            base = str(self._node.path(""))
            for folder, folders, files in os.walk(base + top):
                inside = folder[len(base):]
                folders[:] = [f for f in folders if not self._skip(f"{inside}/{f}")]
                found += [f"{inside}/{f}" for f in files + folders
                          if not self._skip(f"{inside}/{f}")]
        return found

    def _skip(self, path):
        # The state directory of each delegate root stays, with its lock; a record may not.
        if path.startswith("/run/stockade") and (path.count("/") <= 3 or path.endswith("/.lock")):
            return True
        # Podman's locks are the node's: made once, kept until the next boot.
        if path in ("/dev/shm/libpod_lock", "/run/stockade/.filters"):
            return True
        return path.startswith(self._ignore) if self._ignore else False

    def leaks(self):
        """What is there now and was not before, as lines `kind: what`."""
        lines = []
        for kind, now in self._take().items():
            before = list(self._before[kind])
            for item in now:
                if item in before:
                    before.remove(item)
                else:
                    lines.append(f"{kind}: {item}")
        return sorted(lines)

    def assert_clean(self, test, patience=10.0):
        """Fails `test` with everything that is still there after `patience` seconds."""
        deadline = time.monotonic() + patience
        while True:
            lines = self.leaks()
            if not lines:
                return
            if time.monotonic() > deadline:
                test.fail("left behind:\n  " + "\n  ".join(lines))
            time.sleep(0.05)
