# SPDX-License-Identifier: Apache-2.0
"""A private Docker daemon on a node, and its client; its bridge leads nowhere but between containers.

    with Docker(node) as docker:
        docker.run("stockade-restricted", "probe").stdout

The classes are registered by the product's own file, integration/docker/daemon.json.in.
"""
import subprocess
import time

from . import images
from .node import BIN, REPO

REGISTRATION = REPO / "integration/docker/daemon.json.in"


class Docker:
    """One daemon with files, socket and containerd of its own; `flags` are further ones of dockerd's."""

    def __init__(self, node, *flags):
        self.node = node
        self.home = node.work / "docker"
        (self.home / "data").mkdir(parents=True)
        # Where Docker keeps its files, but on a file system that can hold the upper layer of an overlay.
        node.run(["sh", "-c", f"mkdir -p /var/lib/docker && mount --bind {self.home}/data /var/lib/docker"],
                 check=True)
        self._socket = f"unix://{self.home}/docker.sock"
        config = self.home / "daemon.json"
        config.write_text(REGISTRATION.read_text(encoding="utf-8").replace("@STOCKADE_BINDIR@", BIN),
                          encoding="utf-8")
        self._log = self.home / "dockerd.log"
        with open(self._log, "wb") as log:
            self._daemon = node.popen(
                ["dockerd", "--config-file", config, "--host", self._socket,
                 "--default-runtime", "stockade-baseline",
                 "--iptables=false", "--ip6tables=false", "--storage-driver", "overlay2", *flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            self._wait_ready()
            archive = self.home / "image.tar"
            subprocess.run(["skopeo", "copy", "--quiet", f"oci:{images.layout('busybox')}:latest",
                            f"docker-archive:{archive}:{images.name('busybox')}"], check=True)
            self.call("load", "--quiet", "--input", archive, check=True)
        except BaseException:
            self.close()
            raise

    def _wait_ready(self, seconds=30):
        deadline = time.monotonic() + seconds
        while (done := self.call("info")).returncode != 0:
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                log = self._log.read_text(encoding="utf-8", errors="replace")
                raise AssertionError(f"dockerd is not ready: {done.stderr}\n{log[-3000:]}")
            time.sleep(0.1)

    def call(self, *args, **kwargs):
        return self.node.run(["/usr/bin/docker", "--host", self._socket, *args], **kwargs)

    def run(self, runtime, *command, flags=(), **kwargs):
        """docker run --rm; the command's own output and exit code."""
        return self.call("run", "--rm", "--runtime", runtime, *flags, images.name("busybox"), *command, **kwargs)

    def close(self):
        """Stops the daemon, and with it its containerd."""
        self.node.terminate(self._daemon)
