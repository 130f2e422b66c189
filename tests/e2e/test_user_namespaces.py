# SPDX-License-Identifier: Apache-2.0
"""Every pod of a class that forces one gets a user namespace of its own, whatever the engine knows of
them: who the pod is inside and outside, whose its files are, which network it sees, and that nothing
of it is left."""
import json
import os
import time
import unittest

from lib.cluster import ClusterCase
from lib.cri import default_context, pb
from lib.node import REPO

RANGE = 65536


def give_baseline_user_namespaces(node):
    """An admin's own baseline: everything as shipped, and a forced user namespace."""
    policy = json.loads((REPO / "config/classes/baseline.json").read_text(encoding="utf-8"))
    policy["userNamespace"]["mode"] = "force"
    node.write("/etc/stockade/classes.d/baseline.json", json.dumps(policy))


class Pods:
    """The tests; subclasses say over which delegate and node."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        give_baseline_user_namespaces(cls.node)
        cls.addClassCleanup(cls.node.path("/etc/stockade/classes.d/baseline.json").unlink)

    def sh(self, container, script):
        """The output of a shell script in the container, which must succeed."""
        code, out, err = self.cri.exec_sync(container, ["sh", "-c", script])
        self.assertEqual(code, 0, f"{script}: {out}{err}")
        return out

    def uid_map(self, container):
        inside, first, size = map(int, self.sh(container, "cat /proc/self/uid_map").split())
        self.assertEqual((inside, size), (0, RANGE))
        self.assertEqual(self.sh(container, "cat /proc/self/gid_map").split()[1], str(first))
        return first

    def host_pid(self, container):
        """The container's first process as the host sees it."""
        status = self.cri.call("ContainerStatus", pb.ContainerStatusRequest(
            container_id=container, verbose=True))
        return json.loads(status.info["info"])["pid"]

    def on_host(self, path):
        return self.node.path(path)

    def claims(self):
        folder = self.on_host("/run/stockade/.ids")
        return sorted(int(path.name) for path in folder.glob("*") if path.name.isdigit())

    def test_two_pods_of_two_containers(self):
        for handler in ("stockade-restricted", "stockade-baseline"):
            with self.subTest(handler):
                pods = [self.pod(handler) for _ in range(2)]
                firsts = []
                for pod in pods:
                    apps = [pod.start(name, ["sleep", "300"]) for name in ("one", "two")]
                    maps = {self.uid_map(app) for app in apps}
                    self.assertEqual(len(maps), 1, "containers of one pod have other ids")
                    first = maps.pop()
                    firsts.append(first)
                    for app in apps:
                        self.assertEqual(self.sh(app, "id -u; stat -c %u / /bin /tmp").split(),
                                         ["0", "0", "0", "0"])
                        process = self.node.run(["cat", f"/proc/{self.host_pid(app)}/status"],
                                                check=True).stdout
                        uid = [line for line in process.splitlines() if line.startswith("Uid:")][0]
                        self.assertEqual(uid.split()[1:], [str(first)] * 4)
                    spaces = {self.sh(app, "readlink /proc/self/ns/user") for app in apps}
                    self.assertEqual(len(spaces), 1, "containers of one pod in two namespaces")
                self.assertGreaterEqual(abs(firsts[0] - firsts[1]), RANGE)
                self.assertEqual(self.claims(), sorted(firsts))
                for pod in pods:
                    pod.remove()
                self.assertEqual(self.claims(), [])

    def test_the_network_is_the_pods_and_no_other(self):
        pods = [self.pod("stockade-restricted") for _ in range(2)]
        server = pods[0].start("server", ["nc", "-ll", "-p", "8080", "-e", "echo", "hello"])
        client = pods[1].start("client", ["sleep", "300"])
        for app in (server, client):
            self.assertEqual(sorted(self.sh(app, "ls /sys/class/net").split()), ["eth0", "lo"])
            self.assertNotEqual(self.cri.exec_sync(
                app, ["sh", "-c", "echo 1400 > /sys/class/net/eth0/mtu"])[0], 0)
        self.assertNotEqual(self.sh(server, "readlink /proc/self/ns/net"),
                            self.sh(client, "readlink /proc/self/ns/net"))
        # What exec gets is the pod's network as well, and its first process's.
        self.assertEqual(self.node.run(
            ["readlink", f"/proc/{self.host_pid(client)}/ns/net"], check=True).stdout,
            self.sh(client, "readlink /proc/self/ns/net"))
        address = self.sh(server, "ip -4 -o addr show eth0").split()[3].split("/")[0]
        deadline, said = time.monotonic() + 10, ""
        while said != "hello\n" and time.monotonic() < deadline:
            said = self.cri.exec_sync(client, ["nc", "-w", "2", address, "8080"])[1]
        self.assertEqual(said, "hello\n")

    def test_network_settings_are_the_hosts_to_make(self):
        pod = self.pod("stockade-restricted", sysctls={
            "net.ipv4.ip_unprivileged_port_start": "81", "net.ipv4.ping_group_range": "0 7"})
        app = pod.start("app", ["sleep", "300"])
        self.assertEqual(self.sh(app, "cat /proc/sys/net/ipv4/ip_unprivileged_port_start"), "81\n")
        # As the pod sees it; on the host it is the pod's own groups and nobody else's.
        self.assertEqual(self.sh(app, "cat /proc/sys/net/ipv4/ping_group_range").split(),
                         ["0", "7"])
        first = self.uid_map(app)
        hosts = self.node.run(["nsenter", f"--target={self.host_pid(app)}", "--net", "cat",
                               "/proc/sys/net/ipv4/ping_group_range"], check=True).stdout
        self.assertEqual(hosts.split(), [str(first), str(first + 7)])
        self.assertNotEqual(self.cri.exec_sync(app, ["nc", "-l", "-p", "80"])[0], 0)

    def test_volumes_keep_their_own_ids(self):
        pod = self.pod("stockade-restricted")
        uid = pod.config.metadata.uid
        volume = f"/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~empty-dir/data"
        self.node.run(["mkdir", "-p", volume], check=True)
        self.node.run(["sh", "-c", f"echo old > {volume}/old; chown 1000:1000 {volume}/old"],
                      check=True)
        mount = [pb.Mount(container_path="/data", host_path=volume)]
        one = pod.start("one", ["sleep", "300"], mounts=mount)
        two = pod.start("two", ["sleep", "300"], mounts=mount)
        self.assertEqual(self.sh(one, "stat -c %u:%g /data /data/old").split(),
                         ["0:0", "1000:1000"])
        self.sh(one, "echo new > /data/new")
        self.assertEqual(self.sh(two, "cat /data/new; stat -c %u /data/new").split(), ["new", "0"])
        on_host = self.on_host(volume)
        self.assertEqual(os.stat(on_host / "new").st_uid, 0)
        self.assertEqual(os.stat(on_host / "old").st_uid, 1000)
        # In place of the shared memory, which keeps the pod's ids, it is a volume still.
        three = pod.start("three", ["sleep", "300"], mounts=[
            pb.Mount(container_path="/dev/shm", host_path=volume)])
        self.assertEqual(self.sh(three, "stat -c %u:%g /dev/shm /dev/shm/old").split(),
                         ["0:0", "1000:1000"])
        self.sh(three, "echo shared > /dev/shm/shared")
        self.assertEqual(self.sh(one, "stat -c %u /data/shared").split(), ["0"])
        self.assertEqual(os.stat(on_host / "shared").st_uid, 0)

    def test_shared_memory_and_message_queues_are_the_pods(self):
        pod = self.pod("stockade-restricted")
        one = pod.start("one", ["sleep", "300"])
        two = pod.start("two", ["sleep", "300"])
        self.sh(one, "echo here > /dev/shm/note")
        self.assertEqual(self.sh(two, "cat /dev/shm/note; stat -c %u /dev/shm/note").split(),
                         ["here", "0"])
        self.sh(one, "ls /dev/mqueue; ls -d /dev/pts; ls /sys/fs/cgroup")

    def test_standard_streams_can_be_opened_again(self):
        pod = self.pod("stockade-restricted")
        pod.start("app", ["sh", "-c", "echo again > /dev/stdout; echo wrong > /dev/stderr; "
                          "exec sleep 300"])
        pod.wait_log("app", "wrong", "again")
        self.assertEqual(sorted(pod.log("app")), [("stderr", "wrong"), ("stdout", "again")])
        user = pod.start("user", ["sh", "-c", "echo again > /dev/stdout; exec sleep 300"],
                         default_context(run_as_user=pb.Int64Value(value=1000)))
        pod.wait_log("user", "again")
        self.assertEqual(self.sh(user, "id -u; echo again > /dev/stdout").split(),
                         ["1000", "again"])

    def test_roots_own_means_work_inside(self):
        """With the capabilities of baseline: chown, setgroups, another user, files of the image."""
        pod = self.pod("stockade-baseline")
        app = pod.start("app", ["sleep", "300"])
        self.sh(app, "touch /made; chown 1000:1000 /made; chmod 4755 /made")
        self.assertEqual(self.sh(app, "stat -c '%u %a' /made").split(), ["1000", "4755"])
        self.sh(app, "chown 7:7 /bin/probe; test $(stat -c %u /bin/probe) = 7")
        self.assertEqual(self.sh(app, "su app -c 'id -u; id -G'").split(), ["1000", "1000"])
        self.assertNotEqual(self.cri.exec_sync(app, ["chown", "65536", "/made"])[0], 0)
        # What the image's layers hold is untouched, and what is written is the container's alone.
        other = pod.start("other", ["sleep", "300"])
        self.assertEqual(self.sh(other, "stat -c %u /bin/probe; ls /made 2>/dev/null || echo none")
                         .split(), ["0", "none"])

    def test_a_pod_may_share_its_processes(self):
        """shareProcessNamespace, and what `kubectl debug --target` asks for."""
        for handler in ("stockade-restricted", "stockade-baseline"):
            with self.subTest(handler):
                shared = pb.NamespaceOption(pid=pb.POD)
                pod = self.pod(handler, context=pb.LinuxSandboxSecurityContext(
                    namespace_options=shared))
                apps = [pod.start(name, ["sleep", seconds],
                                  context=default_context(namespace_options=shared))
                        for name, seconds in (("one", "301"), ("two", "302"))]
                for app in apps:
                    listed = self.sh(app, "ps -o args")
                    self.assertIn("sleep 301", listed)
                    self.assertIn("sleep 302", listed)
                pod.remove()
                pod = self.pod(handler)
                app = pod.start("app", ["sleep", "303"])
                debug = pod.start("debug", ["sleep", "304"], context=default_context(
                    namespace_options=pb.NamespaceOption(pid=pb.TARGET, target_id=app)))
                self.assertIn("sleep 303", self.sh(debug, "ps -o args"))
                self.assertEqual(self.uid_map(debug), self.uid_map(app))
                for kind in ("ipc", "net", "uts", "user", "pid"):
                    self.assertEqual(*(self.sh(each, f"readlink /proc/self/ns/{kind}")
                                       for each in (app, debug)), kind)
                pod.remove()

    def test_net_admin_is_refused_with_the_reason(self):
        pod = self.pod("stockade-baseline")
        self.start_refused(pod, "CAP_NET_ADMIN, which has no effect on a pod network",
                           context=default_context(capabilities=pb.Capability(
                               add_capabilities=["NET_ADMIN"])))

    def test_a_volume_that_cannot_map_ids_is_named(self):
        pod = self.pod("stockade-restricted")
        self.node.run(["mkdir", "-p", "/opt/volume"], check=True)  # on the node's own overlay
        self.start_refused(pod, "/volume", "overlay", mounts=[
            pb.Mount(container_path="/volume", host_path="/opt/volume", readonly=True)])


class RuncPods(Pods, ClusterCase):
    DELEGATE = "runc"


class CrunPods(Pods, ClusterCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
