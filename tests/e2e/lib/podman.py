# SPDX-License-Identifier: Apache-2.0
"""Podman on a node as a client of a runtime, with storage of its own and no network to set up.

    podman = Podman(node, "stockade-restricted")
    podman.run("probe").stdout

The classes are registered by the product's own file, integration/podman/containers.conf.d.
"""
import shutil
import time

from . import images
from .node import BIN, REPO

REGISTRATION = REPO / "integration/podman/containers.conf.d/stockade.conf.in"


class Podman:
    """One private storage; `runtime` is what goes to --runtime: a name or a path."""

    _count = 0

    def __init__(self, node, runtime):
        Podman._count += 1
        self.node = node
        home = node.work / f"podman{Podman._count}"
        home.mkdir()
        self._storage = home / "root/overlay"
        node.write("/etc/containers/containers.conf.d/stockade.conf",
                   REGISTRATION.read_text(encoding="utf-8").replace("@STOCKADE_BINDIR@", BIN))
        # The distribution's own defaults, but for what needs systemd.
        self._flags = ["--root", home / "root", "--runroot", home / "run", "--tmpdir", home / "tmp",
                       "--storage-driver", "overlay", "--cgroup-manager", "cgroupfs",
                       "--events-backend", "file", "--runtime", runtime]
        # Podman makes a name of the path: it must look like one.
        shutil.copytree(images.layout("busybox"), node.path("/opt/image"), dirs_exist_ok=True)
        done = self.call("pull", "--quiet", "oci:/opt/image:latest", check=True)
        self.call("tag", done.stdout.strip(), images.name("busybox"), check=True)

    def settle(self, patience=10.0):
        """Waits for the clean-up that Podman leaves running behind its back, and unmounts its storage: a
        clean-up that comes when its container is gone leaves that mounted, as a failed start does. What a
        container left mounted is below it, and keeps it there for the leak check to find."""
        deadline = time.monotonic() + patience
        while self.node.run(["pgrep", "-x", "podman"]).returncode == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.node.run(["umount", "--no-mtab", self._storage])

    def call(self, *args, **kwargs):
        return self.node.run(["podman", *self._flags, *args], **kwargs)

    def run(self, *command, flags=(), **kwargs):
        """podman run --rm without a network; the command's own output and exit code."""
        return self.call("run", "--rm", "--network", "none", *flags, images.name("busybox"),
                         *command, **kwargs)
