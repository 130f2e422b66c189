# SPDX-License-Identifier: Apache-2.0
"""Podman of this Debian as a client of each class, without a network (a node has none to offer)."""
import json
import unittest

from lib import images
from lib.case import NodeCase, require_stockade
from lib.podman import Podman
from lib.runtime import ALL_CLASSES

NO_CAPS = "0" * 16


class Containers:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *ALL_CLASSES)
        super().setUpClass()
        cls.node.write("/etc/stockade/config.json", json.dumps({"defaultDelegate": cls.DELEGATE}))
        cls.podman = {name: Podman(cls.node, f"stockade-{name}")
                      for name in ("permissive", *ALL_CLASSES)}
        for podman in cls.podman.values():  # what each storage makes once is no leak
            podman.run("true")

    def _assert_clean(self):
        for podman in self.podman.values():
            podman.settle()
        super()._assert_clean()

    def test_run(self):
        for name in ALL_CLASSES:
            with self.subTest(name):
                done = self.podman[name].run("probe")
                self.assertEqual(done.returncode, 0, done.stderr)
                facts = json.loads(done.stdout)
                self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
                self.assertEqual(facts["CapBnd"] == NO_CAPS, name != "baseline")
                self.assertEqual(facts["calls"]["write_root"],
                                 "ok" if name == "baseline" else "EROFS")
                self.assertNotEqual(facts["calls"]["socket_vsock"], "ok")

    def test_exit_codes_streams_and_stdin(self):
        done = self.podman["restricted"].run("sh", "-c", "cat; echo err >&2; exit 11",
                                             flags=("--interactive",), data="hello\n")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (11, "hello\n", "err\n"))

    def test_exec_asks_in_vain(self):
        podman = self.podman["restricted"]
        podman.call("run", "--detach", "--name", "box", "--network", "none", images.name("busybox"),
                    "sleep", "300", check=True)
        try:
            done = podman.call("exec", "--privileged", "--user", "0", "box", "probe")
            facts = json.loads(done.stdout)
            self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"], facts["CapBnd"]),
                             ("1", "2", NO_CAPS))
            self.assertEqual(podman.call("exec", "box", "sh", "-c", "exit 6").returncode, 6)
            self.assertIn("running", podman.call("inspect", "box").stdout)
            self.assertIn("sleep 300", podman.call("top", "box").stdout)
        finally:
            podman.call("rm", "--force", "--time", "0", "box")

    def test_refusals_reach_the_screen(self):
        for flags, word in ((("--privileged",), "privileged"),
                            (("--pid", "host"), "pid"),
                            (("--volume", "/etc:/host:ro"), "/etc"),
                            (("--device", "/dev/kmsg"), "/dev/kmsg")):
            with self.subTest(word):
                done = self.podman["restricted"].run("true", flags=flags)
                self.assertEqual(done.returncode, 126, done.stderr)
                self.assertIn(word, done.stderr)

    def test_a_volume_keeps_its_flags_in_podmans_own_user_namespace(self):
        self.node.run(["sh", "-c", "mkdir /opt/vol; cp /bin/busybox /opt/vol/true"], check=True)
        self.addCleanup(self.node.run, ["rm", "-r", "/opt/vol"])
        for name in ("baseline", "restricted"):
            # Without "ro", with which crun 1.8 would set the others too; restricted adds it.
            for volume in ("/opt/vol:/data", "/opt/vol/true:/data/true"):
                for flag, code in (("noexec", 126), ("exec", 0)):
                    with self.subTest(f"{name} {volume}:{flag}"):
                        done = self.podman[name].run("/data/true", flags=(
                            "--uidmap", "0:200000:65536", "--volume", f"{volume}:{flag}"))
                        self.assertEqual(done.returncode, code, done.stderr)

    def test_an_image_is_no_sandbox_of_a_pod(self):
        """Podman hands the annotations of an image to the runtime."""
        podman = self.podman["restricted"]
        for prefix in ("io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"):
            with self.subTest(prefix):
                self.node.run(["umoci", "config", "--image", "/opt/image:latest", "--tag", "forged",
                               "--clear=manifest.annotations",
                               f"--manifest.annotation={prefix}=sandbox"], check=True)
                image = podman.call("pull", "--quiet", "oci:/opt/image:forged", check=True).stdout.strip()
                done = podman.call("run", "--rm", "--network", "none", image, "true")
                self.assertEqual(done.returncode, 126, done.stderr)
                self.assertIn("has no record", done.stderr)


class RuncContainers(Containers, NodeCase):
    DELEGATE = "runc"


class CrunContainers(Containers, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
