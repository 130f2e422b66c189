# SPDX-License-Identifier: Apache-2.0
"""Docker of this Debian as a client of each class."""
import json
import unittest

from lib import images
from lib.case import NodeCase, require_stockade
from lib.docker import Docker
from lib.node import BIN
from lib.runtime import ALL_CLASSES

NO_CAPS = "0" * 16


class Containers:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""
    # Docker clears its own once a minute; crun keeps compiled filters.
    IGNORED = ("/run/docker/netns", "/run/docker/runtime-runc/moby/.cache")

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *ALL_CLASSES)
        super().setUpClass()
        cls.node.write("/etc/stockade/config.json", json.dumps({"defaultDelegate": cls.DELEGATE}))
        cls.docker = Docker(cls.node)
        cls.addClassCleanup(cls.docker.close)
        for name in ALL_CLASSES:  # what the daemon makes once is no leak
            cls.docker.run(f"stockade-{name}", "true", check=True)

    def test_run(self):
        for name in ALL_CLASSES:
            with self.subTest(name):
                done = self.docker.run(f"stockade-{name}", "probe")
                self.assertEqual(done.returncode, 0, done.stderr)
                facts = json.loads(done.stdout)
                self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
                self.assertEqual(facts["CapBnd"] == NO_CAPS, name != "baseline")
                self.assertEqual(facts["calls"]["write_root"] == "EROFS", name != "baseline")
                self.assertNotEqual(facts["calls"]["socket_vsock"], "ok")

    def test_permissive_is_the_delegate_alone(self):
        mine, theirs = (json.loads(self.docker.run(runtime, "probe", check=True).stdout)
                        for runtime in ("stockade-permissive", "runc"))
        for key in ("NoNewPrivs", "Seccomp", "CapBnd"):
            self.assertEqual(mine[key], theirs[key])

    def test_exit_codes_streams_and_stdin(self):
        done = self.docker.run("stockade-restricted", "sh", "-c", "cat; echo err >&2; exit 11",
                               flags=("--interactive",), data="hello\n")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (11, "hello\n", "err\n"))

    def test_a_container_that_goes_on(self):
        """Detached: exec, top, pause, stats, a volume, stop, start again."""
        docker = self.docker
        self.addCleanup(docker.call, "volume", "rm", "--force", "data")
        self.addCleanup(docker.call, "rm", "--force", "box")
        docker.call("run", "--detach", "--name", "box", "--runtime", "stockade-restricted",
                    "--volume", "data:/data", images.name("busybox"), "sleep", "300", check=True)
        done = docker.call("exec", "--privileged", "--user", "0", "box", "probe", check=True)
        facts = json.loads(done.stdout)
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"], facts["CapBnd"]), ("1", "2", NO_CAPS))
        self.assertEqual(docker.call("exec", "box", "sh", "-c", "exit 6").returncode, 6)
        self.assertIn("sleep 300", docker.call("top", "box", check=True).stdout)
        docker.call("exec", "box", "sh", "-c", "echo kept > /data/note", check=True)
        for verb in ("pause", "unpause", "restart"):
            docker.call(verb, *(("--time", "0") if verb == "restart" else ()), "box", check=True)
        self.assertEqual(docker.call("exec", "box", "cat", "/data/note").stdout, "kept\n")
        self.assertNotEqual(docker.call("exec", "box", "cat", "/proc/self/uid_map").stdout.split()[1], "0")

    def test_stockadectl_finds_every_promise_kept(self):
        for name in ALL_CLASSES:
            with self.subTest(name):
                self.addCleanup(self.docker.call, "rm", "--force", "box")
                box = self.docker.call("run", "--detach", "--name", "box", "--runtime", f"stockade-{name}",
                                       images.name("busybox"), "sleep", "300", check=True).stdout.strip()
                done = self.node.run([f"{BIN}/stockadectl", "inspect", "--json", box])
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.docker.call("rm", "--force", "box", check=True)

    def test_two_containers_talk_over_its_bridge(self):
        docker = self.docker
        for name in ("restricted", "isolated"):
            with self.subTest(name):
                self.addCleanup(docker.call, "rm", "--force", "web")
                docker.call("run", "--detach", "--name", "web", "--runtime", f"stockade-{name}",
                            images.name("busybox"), "sh", "-c", "mkdir /tmp/www; echo hello > /tmp/www/index.html; "
                            "httpd -f -p 8080 -h /tmp/www", check=True)
                address = docker.call("inspect", "--format", "{{.NetworkSettings.IPAddress}}", "web",
                                      check=True).stdout.strip()
                done = docker.run(f"stockade-{name}", "sh", "-c",
                                  f"for i in 1 2 3 4 5; do wget -q -O - http://{address}:8080/ && exit; sleep 0.2; done")
                self.assertEqual(done.stdout, "hello\n", done.stderr)
                devices = docker.call("exec", "web", "ls", "/sys/class/net", check=True).stdout.split()
                self.assertEqual(devices, ["eth0", "lo"])
                docker.call("rm", "--force", "web", check=True)

    def test_an_image_is_built_by_the_default_runtime(self):
        home = self.docker.home / "build"
        home.mkdir(exist_ok=True)
        (home / "Dockerfile").write_text(f"FROM {images.name('busybox')}\n"
                                         "RUN grep -E 'NoNewPrivs|^Seccomp:' /proc/self/status > /made && "
                                         "mkdir /srv && chown 1000:1000 /srv\n", encoding="utf-8")
        self.addCleanup(self.docker.call, "rmi", "--force", "built")
        self.docker.call("build", "--quiet", "--tag", "built", home, check=True)
        done = self.docker.call("run", "--rm", "--runtime", "stockade-restricted", "built", "sh", "-c",
                                "cat /made; stat -c %u:%g /srv", check=True)
        self.assertEqual(done.stdout.split(), ["NoNewPrivs:", "1", "Seccomp:", "2", "1000:1000"])

    def test_its_own_init(self):
        """docker run --init mounts a program of the host's, from a file system that can map ids."""
        program = self.node.run(["readlink", "-f", "/usr/bin/docker-init"], check=True).stdout.strip()
        copy = self.node.work / "init"
        self.node.run(["sh", "-c", f"cp {program} {copy} && mount --bind {copy} {program}"], check=True)
        self.addCleanup(self.node.run, ["sh", "-c", f"umount {program}; rm {copy}"])
        for name in ALL_CLASSES:
            with self.subTest(name):
                done = self.docker.run(f"stockade-{name}", "sh", "-c", "cat /proc/1/comm; exit 9", flags=("--init",))
                self.assertEqual((done.returncode, done.stdout), (9, "docker-init\n"), done.stderr)

    def test_a_terminal(self):
        for name in ALL_CLASSES:
            with self.subTest(name):
                self.assertEqual(self.docker.run(f"stockade-{name}", "tty", flags=("--tty",), check=True).stdout,
                                 "/dev/pts/0\r\n")

    def test_refusals_reach_the_screen(self):
        for flags, word in ((("--privileged",), "privileged"),
                            (("--pid", "host"), "pid"),
                            (("--volume", "/etc:/host:ro"), "/etc"),
                            (("--security-opt", "seccomp=unconfined", "--device", "/dev/kmsg"), "/dev/kmsg")):
            with self.subTest(word):
                done = self.docker.run("stockade-restricted", "true", flags=flags)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("stockade: ", done.stderr)
                self.assertIn(word, done.stderr)


class RemappedContainers(NodeCase):
    """dockerd --userns-remap: the user namespace is the engine's, in every class."""

    IGNORED = ("/run/docker/netns",)

    @classmethod
    def setUpClass(cls):
        require_stockade(*ALL_CLASSES)
        super().setUpClass()
        cls.node.write("/etc/subuid", "dockremap:300000:65536\n")
        cls.node.write("/etc/subgid", "dockremap:300000:65536\n")
        cls.node.run(["useradd", "--system", "dockremap"], check=True)
        cls.docker = Docker(cls.node, "--userns-remap", "dockremap")
        cls.addClassCleanup(cls.docker.close)
        cls.docker.run("stockade-restricted", "true", check=True)

    def test_its_user_namespace_is_kept(self):
        for name in ALL_CLASSES:
            with self.subTest(name):
                done = self.docker.run(
                    f"stockade-{name}", "sh", "-c", "cat /proc/self/uid_map; touch /data/x && stat -c %u /data/x; "
                    "grep NoNewPrivs /proc/self/status", flags=("--volume", "data:/data"), check=True)
                self.assertEqual(done.stdout.split(), ["0", "300000", "65536", "0", "NoNewPrivs:", "1"])
        self.docker.call("volume", "rm", "data", check=True)


class RuncContainers(Containers, NodeCase):
    DELEGATE = "runc"


class CrunContainers(Containers, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
