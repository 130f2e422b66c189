# SPDX-License-Identifier: Apache-2.0
"""What the kubelet does, over containerd's CRI socket, with every class as a runtime handler."""
import json
import time
import unittest

from lib.cluster import HANDLERS, ClusterCase
from lib.cri import CriError, default_context, pb
from lib.runtime import ALL_CLASSES

NO_CAPS = "0" * 16


class Pods:
    """The tests; subclasses say over which delegate and node."""

    def test_a_pods_life_in_every_class(self):
        """An init container, two containers, exec, logs on both streams, stats, stop, remove."""
        for handler in HANDLERS:
            with self.subTest(handler):
                pod = self.pod(handler)
                init = pod.start("init", ["sh", "-c", "echo ready; exit 0"])
                self.assertEqual(self.cri.wait_exit(init), 0)
                self.assertEqual(pod.log("init"), [("stdout", "ready")])
                web = pod.start("web", ["sh", "-c", "echo out; echo err >&2; exec sleep 300"])
                side = pod.start("side", ["sh", "-c", "trap 'echo bye; exit 5' TERM; "
                                          "while :; do sleep 0.1; done"])
                pod.wait_log("web", "err", "out")
                self.assertEqual(sorted(pod.log("web")), [("stderr", "err"), ("stdout", "out")])
                done = self.cri.exec_sync(web, ["sh", "-c", "echo a; echo b >&2; exit 7"])
                self.assertEqual(done, (7, "a\n", "b\n"))
                for _ in range(5):  # as a readiness probe does
                    self.assertEqual(self.cri.exec_sync(side, ["true"])[0], 0)
                self.assertGreater(self.cri.stats(web).memory.working_set_bytes.value, 0)
                self.cri.stop(side, 10)
                self.assertEqual(self.cri.status(side).exit_code, 5)
                self.assertIn(("stdout", "bye"), pod.log("side"))
                started = time.monotonic()
                pod.remove()
                self.assertLess(time.monotonic() - started, 8, "something held the logs open")

    def test_the_network_of_the_pod_is_the_pods(self):
        for name in ALL_CLASSES:
            with self.subTest(name):
                pod = self.pod(f"stockade-{name}")
                app = pod.start("app", ["sleep", "300"])
                code, out, _ = self.cri.exec_sync(app, ["ip", "-4", "addr", "show", "eth0"])
                self.assertEqual(code, 0)
                self.assertIn("inet 10.213.0.", out)
                server = pod.start("server", ["nc", "-l", "-p", "8080", "-e", "echo", "hello"])
                self.assertTrue(server)
                deadline = time.monotonic() + 5
                out = ""
                while not out and time.monotonic() < deadline:
                    _, out, _ = self.cri.exec_sync(app, ["nc", "127.0.0.1", "8080"])
                self.assertEqual(out, "hello\n")
                pod.remove()

    def test_a_greedy_container_gets_what_the_class_gives(self):
        def context(**capabilities):
            return default_context(
                capabilities=pb.Capability(add_capabilities=["ALL"], **capabilities),
                seccomp=pb.SecurityProfile(profile_type=pb.SecurityProfile.Unconfined),
                masked_paths=[], readonly_paths=[])

        pod = self.pod("stockade-restricted")
        # In the pod's user namespace it would have no effect, which the pod's owner should know.
        self.start_refused(pod, "CAP_NET_ADMIN, which has no effect on a pod network",
                           context=context())
        greedy = context(drop_capabilities=["NET_ADMIN"])
        app = pod.start("app", ["sh", "-c", "probe; exec sleep 300"], greedy)
        pod.wait_log("app", "}}")
        for title, facts in (("the container", json.loads(pod.log("app")[0][1])),
                             ("an exec", self.exec_probe(app))):
            with self.subTest(title):
                self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
                for caps in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    self.assertEqual(facts[caps], NO_CAPS, caps)
                self.assertEqual(facts["calls"]["write_root"], "EROFS")
                self.assertEqual(facts["calls"]["write_tmp"], "ok")
                self.assertEqual(facts["calls"]["exec_tmp"], "EACCES")
                for family in ("vsock", "vsock_bit32", "alg", "alg_bit32"):
                    self.assertNotEqual(facts["calls"][f"socket_{family}"], "ok")
        pod.remove()
        pod = self.pod("stockade-baseline")
        facts = self.exec_probe(pod.start("app", ["sleep", "300"], greedy))
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"], facts["CapAmb"]),
                         ("1", "2", NO_CAPS))
        self.assertEqual(int(facts["CapEff"], 16) & (1 << 21), 0, "CAP_SYS_ADMIN")
        self.assertEqual(facts["calls"]["write_root"], "ok")
        pod.remove()

    def test_a_container_of_another_user(self):
        pod = self.pod("stockade-restricted")
        app = pod.start("app", ["sleep", "300"], default_context(
            run_as_user=pb.Int64Value(value=1000), run_as_group=pb.Int64Value(value=1000),
            no_new_privs=True))
        facts = self.exec_probe(app, "suprobe")
        self.assertEqual((facts["uid"], facts["euid"], facts["gid"]), (1000, 1000, 1000))
        pod.remove()

    def test_the_runtimes_own_profile_is_replaced_by_the_classes(self):
        """RuntimeDefault is recognised by what it means, not refused as the pod's own."""
        for name in ALL_CLASSES:
            with self.subTest(name):
                pod = self.pod(f"stockade-{name}")
                app = pod.start("app", ["sleep", "300"], default_context(seccomp=pb.SecurityProfile(
                    profile_type=pb.SecurityProfile.RuntimeDefault)))
                facts = self.exec_probe(app)
                self.assertEqual(facts["Seccomp"], "2")
                self.assertNotEqual(facts["calls"]["socket_vsock"], "ok")
                pod.remove()

    def test_the_sandbox_gets_the_tightest_version(self):
        for name in ALL_CLASSES:
            with self.subTest(name):
                pod = self.pod(f"stockade-{name}")
                answer = self.cri.call("PodSandboxStatus", pb.PodSandboxStatusRequest(
                    pod_sandbox_id=pod.id, verbose=True))
                self.assertEqual(answer.status.runtime_handler, f"stockade-{name}")
                pid = json.loads(answer.info["info"])["pid"]
                status = self.status_of(pid)
                self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
                for caps in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    self.assertEqual(status[caps], NO_CAPS, caps)
                root = [line.split()[5] for line in self.node.path(f"/proc/{pid}/mountinfo")
                        .read_text().splitlines() if line.split()[4] == "/"]
                self.assertIn("ro", root[-1].split(","))
                pod.remove()

    def test_volumes(self):
        """A kubelet volume is writable; another host folder is read-only in restricted, and refused in
        isolated."""
        for name in ALL_CLASSES:
            with self.subTest(name):
                pod = self.pod(f"stockade-{name}")
                uid = pod.config.metadata.uid
                volume = f"/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~empty-dir/data"
                elsewhere = f"/srv/{name}"
                for folder in (volume, elsewhere):
                    self.node.run(["mkdir", "-p", "-m", "777", folder], check=True)
                mounts = [pb.Mount(container_path="/volume", host_path=volume),
                          pb.Mount(container_path="/elsewhere", host_path=elsewhere)]
                if name == "isolated":
                    self.start_refused(pod, elsewhere, mounts=mounts)
                    mounts.pop()
                app = pod.start("app", ["sleep", "300"], mounts=mounts)
                self.assertEqual(self.cri.exec_sync(app, ["touch", "/volume/x"])[0], 0)
                code = self.cri.exec_sync(app, ["touch", "/elsewhere/x"])[0]
                self.assertEqual(code, 0 if name == "baseline" else 1)
                pod.remove()

    def test_what_manifests_ask_for(self):
        """runAsUser, runAsGroup, fsGroup, readOnlyRootFilesystem, subPath, env, workingDir, tty."""
        for name in ALL_CLASSES:
            with self.subTest(name):
                pod = self.pod(f"stockade-{name}")
                kubelet = f"/var/lib/kubelet/pods/{pod.config.metadata.uid}"
                data = f"{kubelet}/volumes/kubernetes.io~empty-dir/data"
                file = f"{kubelet}/volume-subpaths/conf/app/0"
                self.node.run(["sh", "-c", f"mkdir -p {data} {kubelet}/volume-subpaths/conf/app && chgrp 3000 {data} && "
                               f"chmod 2775 {data} && echo key=value > {file}"], check=True)
                app = pod.start("app", ["sh", "-c", "tty; exec sleep 300"], default_context(
                    run_as_user=pb.Int64Value(value=1000), run_as_group=pb.Int64Value(value=2000),
                    supplemental_groups=[3000], readonly_rootfs=True), tty=True, working_dir="/tmp",
                    envs=[pb.KeyValue(key="WHO", value="me")], mounts=[
                        pb.Mount(container_path="/data", host_path=data),
                        pb.Mount(container_path="/etc/app.conf", host_path=file, readonly=True)])
                pod.wait_log("app", "/dev/pts/0")
                code, out, err = self.cri.exec_sync(app, [
                    "sh", "-c", "id -u; id -g; id -G; pwd; echo $WHO; cat /etc/app.conf; touch /data/x; "
                    "stat -c %u:%g /data/x; touch /x"])
                self.assertNotEqual(code, 0)
                self.assertIn("Read-only file system", err)
                self.assertEqual(out.splitlines(), ["1000", "2000", "2000 3000", "/tmp", "me", "key=value", "1000:3000"])
                made = self.node.path(f"{data}/x").stat()
                self.assertEqual((made.st_uid, made.st_gid), (1000, 3000))
                pod.remove()

    def test_mounts_of_the_host_reach_a_volume_that_asks_for_them(self):
        """mountPropagation: HostToContainer, as drivers of volumes use it."""
        for name in ("baseline", "restricted"):
            with self.subTest(name):
                pod = self.pod(f"stockade-{name}")
                data = f"/var/lib/kubelet/pods/{pod.config.metadata.uid}/volumes/kubernetes.io~csi/data"
                self.node.run(["sh", "-c", f"mkdir -p {data} && mount -n -t tmpfs data {data} && "
                               f"mount -n --make-shared {data} && mkdir {data}/later"], check=True)
                self.addCleanup(self.node.run, ["umount", "-n", "--recursive", data])
                app = pod.start("app", ["sleep", "300"], mounts=[pb.Mount(
                    container_path="/data", host_path=data, propagation=pb.PROPAGATION_HOST_TO_CONTAINER)])
                self.node.run(["sh", "-c", f"mount -n -t tmpfs later {data}/later && echo here > {data}/later/note"],
                              check=True)
                self.assertEqual(self.cri.exec_sync(app, ["cat", "/data/later/note"])[1], "here\n")
                pod.remove()
                self.node.run(["umount", "-n", "--recursive", data], check=True)

    def test_pods_of_other_pods_volumes_are_refused(self):
        pod = self.pod("stockade-baseline")
        other = "/var/lib/kubelet/pods/11111111-0000/volumes/kubernetes.io~secret/token"
        self.node.run(["mkdir", "-p", other], check=True)
        self.start_refused(pod, "/var/lib/kubelet", mounts=[
            pb.Mount(container_path="/x", host_path=other)])
        pod.remove()

    def test_a_refusal_reaches_whoever_asked(self):
        """The reason is in the CRI's error, from where kubectl describe shows it."""
        for name in ALL_CLASSES:
            handler = f"stockade-{name}"
            with self.subTest(f"{name}: host network"):
                self.pod_refused(handler, "network", context=pb.LinuxSandboxSecurityContext(
                    namespace_options=pb.NamespaceOption(network=pb.NODE)))
            with self.subTest(f"{name}: host pid"):
                self.pod_refused(handler, "pid", context=pb.LinuxSandboxSecurityContext(
                    namespace_options=pb.NamespaceOption(pid=pb.NODE)))
            with self.subTest(f"{name}: a dangerous sysctl"):
                self.pod_refused(handler, "kernel.msgmax", sysctls={"kernel.msgmax": "65536"})
            pod = self.pod(handler)
            with self.subTest(f"{name}: the host's /etc"):
                self.start_refused(pod, "/etc", mounts=[
                    pb.Mount(container_path="/host", host_path="/etc", readonly=True)])
            with self.subTest(f"{name}: a device"):
                self.start_refused(pod, "/dev/kmsg", devices=[pb.Device(
                    container_path="/dev/kmsg", host_path="/dev/kmsg", permissions="rwm")])
            with self.subTest(f"{name}: a sibling after the refusals"):
                app = pod.start("app", ["sleep", "300"])
                self.assertEqual(self.cri.exec_sync(app, ["true"])[0], 0)
            pod.remove()

    def test_a_localhost_profile_is_stacked_on_the_class(self):
        """As kubelet sends seccompProfile.type: Localhost; containerd reads the file."""
        script = "touch /tmp/file; chmod 777 /tmp/file; echo $?; mkdir /tmp/folder && echo made"
        path = "/etc/stockade-e2e/prevent-chmod.json"
        self.node.write(path, json.dumps({
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [{"names": ["chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO"}]}))
        for name in ALL_CLASSES:
            with self.subTest(name):
                pod = self.pod(f"stockade-{name}")
                app = pod.start("app", ["sleep", "300"], context=default_context(
                    seccomp=pb.SecurityProfile(profile_type=pb.SecurityProfile.Localhost,
                                               localhost_ref=path)))
                code, out, _ = self.cri.exec_sync(app, ["sh", "-c", script])
                self.assertEqual((code, out), (0, "1\nmade\n"))
                pod.remove()

    def test_a_privileged_container_is_refused(self):
        for name in ALL_CLASSES:
            with self.subTest(name):
                try:
                    pod = self.pod(f"stockade-{name}", context=pb.LinuxSandboxSecurityContext(
                        privileged=True, namespace_options=pb.NamespaceOption(pid=pb.CONTAINER)))
                except CriError as error:  # or its sandbox is refused already
                    self.assertIn("privileged", str(error))
                    continue
                self.start_refused(pod, "privileged", context=default_context(privileged=True))
                pod.remove()

    def test_an_exec_of_what_is_not_there_is_an_error(self):
        pod = self.pod("stockade-restricted")
        app = pod.start("app", ["sleep", "300"])
        with self.assertRaises(CriError) as caught:
            self.cri.exec_sync(app, ["/no/such/program"])
        self.assertIn("no such file", str(caught.exception).lower())
        self.assertEqual(self.cri.exec_sync(app, ["true"])[0], 0)
        pod.remove()

    def test_a_program_that_ends_by_itself_and_one_that_is_killed(self):
        pod = self.pod("stockade-restricted")
        ends = pod.start("ends", ["sh", "-c", "exit 42"])
        dies = pod.start("dies", ["sh", "-c", "kill -9 $$"])
        self.assertEqual(self.cri.wait_exit(ends), 42)
        self.assertIn(self.cri.wait_exit(dies), (137, 0))
        pod.remove()


class RuncPods(Pods, ClusterCase):
    DELEGATE = "runc"


class CrunPods(Pods, ClusterCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
