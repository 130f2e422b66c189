# SPDX-License-Identifier: Apache-2.0
"""A private containerd on a node, and `ctr` against it.

    with Containerd(node, "/usr/sbin/runc") as daemon:
        daemon.import_image("busybox")
        daemon.ctr("run", "--rm", images.name("busybox"), "c1", "probe")
        daemon.cri.exec_sync(...)

The classes are registered by the product's own files, integration/containerd/config-v*.toml.in; a
further handler, `bare`, is the delegate itself. Root, state, socket and CNI folders are below
node.work, nothing is shared with another containerd.
"""
import json
import shutil
import subprocess

from . import images
from .cri import Cri
from .node import BIN, REPO

CNI_BIN = "/usr/lib/cni"
TEMPLATES = REPO / "integration/containerd"


class Containerd:
    """One daemon. `bare` is the binary of the handler of that name, `others` are binaries of further
    ones; with `in_memory`, images and containers' files are kept on a memory file system, which large
    ones are faster on."""

    _count = 0

    def __init__(self, node, bare, in_memory=False, others=None):
        Containerd._count += 1
        self.node = node
        self.home = node.work / f"containerd{Containerd._count}"
        self.home.mkdir()
        self.socket = self.home / "containerd.sock"
        self.major = 2 if " v2." in self._version() or "/v2 " in self._version() else 1
        self._write_cni()
        if in_memory:
            (self.home / "root").mkdir()
            node.run(["mount", "-t", "tmpfs", "images", self.home / "root"], check=True)
        config = self.home / "config.toml"
        config.write_text(self._config({"bare": bare, **(others or {})}), encoding="utf-8")
        self.log_path = self.home / "containerd.log"
        with open(self.log_path, "wb") as log:
            self._daemon = node.popen(["containerd", "--config", config, "--log-level", "info"],
                                      stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                      start_new_session=True)
        self.cri = Cri(self.socket)
        try:
            self.cri.wait_ready()
        except AssertionError:
            self.close()
            raise AssertionError(f"containerd did not start:\n{self.log()[-3000:]}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _version(self):
        return self.node.run(["containerd", "--version"], check=True).stdout

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def _write_cni(self):
        (self.home / "cni").mkdir()
        (self.home / "cni/10-e2e.conflist").write_text(json.dumps({
            "cniVersion": "0.4.0", "name": "e2e", "plugins": [
                {"type": "ptp", "ipMasq": False, "ipam": {
                    "type": "host-local", "subnet": "10.213.0.0/24",
                    "dataDir": str(self.home / "cni-data")}}]}), encoding="utf-8")

    def _registration(self, version):
        """The product's own registration of its classes, as an admin would have it."""
        text = (TEMPLATES / f"config-v{version}.toml.in").read_text(encoding="utf-8")
        return text.replace("@STOCKADE_BINDIR@", BIN)

    def _config(self, binaries):
        home = self.home
        cri = "io.containerd.grpc.v1.cri" if self.major == 1 else "io.containerd.cri.v1.runtime"
        handlers = "\n".join(f'''[plugins."{cri}".containerd.runtimes.{handler}]
  runtime_type = "io.containerd.runc.v2"
[plugins."{cri}".containerd.runtimes.{handler}.options]
  BinaryName = "{binary}"''' for handler, binary in binaries.items())
        if self.major == 1:
            version, imports, appended = 2, "", self._registration(2)
            sandbox = f'sandbox_image = "{images.name("pause")}"'
            extra = ""
        else:
            version = 3
            (home / "stockade.toml").write_text(self._registration(3), encoding="utf-8")
            imports, appended = f'imports = ["{home}/stockade.toml"]', ""
            sandbox = ""
            extra = f"""
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "{images.name("pause")}"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
"""
        return f"""version = {version}
root = "{home}/root"
state = "{home}/state"
{imports}
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile", "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "{self.socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{home}/opt"
[plugins."{cri}"]
  {sandbox}
  restrict_oom_score_adj = true
[plugins."{cri}".cni]
  bin_dir = "{CNI_BIN}"
  conf_dir = "{home}/cni"
[plugins."{cri}".containerd]
  default_runtime_name = "bare"
{handlers}
{extra}
{appended}"""

    def ctr(self, *args, **kwargs):
        """`ctr` in the namespace that the CRI uses."""
        return self.node.run(["ctr", "--address", self.socket, "--namespace", "k8s.io", *args],
                             **kwargs)

    def import_image(self, image):
        """Imports `busybox` or `pause` and waits until the CRI sees it."""
        archive = shutil.copy(images.archive(image), self.home)
        self.ctr("images", "import", archive, check=True)
        self.cri.wait_image(images.name(image))

    def close(self):
        """Stops the daemon. Shims that a test left running die with the node."""
        self.cri.close()
        self.node.terminate(self._daemon)
