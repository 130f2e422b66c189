# SPDX-License-Identifier: Apache-2.0
"""Pods as CRI-O makes them, which Debian does not have: their annotations, and the namespaces of the pod
made and pinned before any container; over runc and crun directly."""
import unittest

from lib.bundle import plain_spec
from lib.case import NodeCase, require_stockade
from lib.runtime import stockade

FIRST_ID = 300000


class CrioPods:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("baseline", "restricted", "isolated")
        super().setUpClass()

    def pin(self, *kinds):
        """Paths of new namespaces that live without a process, as CRI-O's pinns makes them."""
        paths = {kind: f"/run/pinned/{'net' if kind == 'network' else kind}" for kind in kinds}
        names = " ".join(path.rsplit("/", 1)[1] for path in paths.values())
        ids = f"0 {FIRST_ID} 65536" if "user" in kinds else ""
        self.addCleanup(self.node.run, ["sh", "-c", "umount -n /run/pinned/* /run/pinned; rm -r /run/pinned"])
        self.node.run(["bash", "-ec", """
            mkdir /run/pinned; mount -n -t tmpfs --make-private none /run/pinned
            unshare $(printf -- '--%s ' $1) sleep 60 & pid=$!
            for kind in $1; do
                while [ /proc/$pid/ns/$kind -ef /proc/self/ns/$kind ]; do sleep 0.01; done
            done
            if [ "$2" ]; then echo "$2" > /proc/$pid/uid_map; echo "$2" > /proc/$pid/gid_map; fi
            for kind in $1; do touch /run/pinned/$kind; mount -n --bind /proc/$pid/ns/$kind /run/pinned/$kind; done
            kill $pid; wait $pid || true""", "bash", names, ids], check=True)
        return paths

    def box(self, role, sandbox, paths, args=("sleep", "300")):
        box = self.bundle(spec=plain_spec(list(args)))
        box.spec["annotations"] = {"io.kubernetes.cri-o.ContainerType": role,
                                   "io.kubernetes.cri-o.SandboxID": sandbox,
                                   "io.kubernetes.pod.uid": "11-22"}
        linux = box.spec["linux"]
        linux["namespaces"] = [each for each in linux["namespaces"] if each["type"] not in paths]
        linux["namespaces"] += [{"type": kind, "path": path} for kind, path in paths.items()]
        if "user" in paths:
            for list_name in ("uidMappings", "gidMappings"):
                linux[list_name] = [{"containerID": 0, "hostID": FIRST_ID, "size": 65536}]
            self.node.run(["sh", "-c", f"chmod o+x {self.node.work} {box.path}; "
                           f"chown -R {FIRST_ID}:{FIRST_ID} {box.path}/rootfs"], check=True)
        return box.save()

    def pod(self, name, *kinds):
        """The runtime of a class, and the namespaces of a pod whose sandbox "infra" runs."""
        runtime, paths = stockade(self.node, name, self.DELEGATE), self.pin(*kinds)
        self.container(runtime, "infra", self.box("sandbox", "infra", paths))
        return runtime, paths

    def test_a_pod_of_baseline(self):
        runtime, paths = self.pod("baseline", "network", "ipc", "uts")
        app = self.probe(runtime.run("app", self.box("container", "infra", paths, ["probe"])))
        self.assertEqual((app["NoNewPrivs"], app["Seccomp"]), ("1", "2"))
        self.assertEqual(app["CapEff"], app["CapBnd"])
        infra = self.probe(runtime.exec("infra", "/bin/probe"))
        self.assertEqual(int(infra["CapBnd"], 16), 0)

    def test_namespaces_without_a_user_namespace_are_refused_where_one_is_forced(self):
        paths = self.pin("network", "ipc", "uts")
        for name in ("restricted", "isolated"):
            with self.subTest(name):
                runtime = stockade(self.node, name, self.DELEGATE)
                self.refused(runtime.create("infra", self.box("sandbox", "infra", paths)), "hostUsers: false")

    def keeps_the_user_namespace(self, name):
        runtime, paths = self.pod(name, "user", "network", "ipc", "uts")
        script = "cat /proc/self/uid_map; stat -c %u /bin/sh; ls /sys/class/net; touch /tmp/x; touch /x"
        done = runtime.run("app", self.box("container", "infra", paths, ["sh", "-c", script]))
        self.assertEqual(done.stdout.split(), ["0", str(FIRST_ID), "65536", "0", "lo"], done.stderr)
        self.assertIn("/x: Read-only file system", done.stderr)

    def test_a_pod_of_restricted_keeps_the_user_namespace_that_it_has(self):
        self.keeps_the_user_namespace("restricted")

    def test_a_pod_of_isolated_keeps_the_user_namespace_that_it_has(self):
        self.keeps_the_user_namespace("isolated")

    def test_a_pod_without_its_sandbox_is_refused_with_the_setting(self):
        runtime, paths = stockade(self.node, "baseline", self.DELEGATE), self.pin("network", "ipc", "uts")
        self.refused(runtime.create("app", self.box("container", "infra", paths)), "drop_infra_ctr = false")


class RuncCrioPods(CrioPods, NodeCase):
    DELEGATE = "runc"


class CrunCrioPods(CrioPods, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
