# SPDX-License-Identifier: Apache-2.0
"""list and pods: what has a record; and stockadectl on containers as kubelet makes them."""
import json
import unittest

from lib.case import NodeCase
from lib.cluster import ClusterCase
from lib.cri import default_context, pb
from lib.ctl import Ctl
from lib.node import BIN
from lib.runtime import ALL_CLASSES, CLASSES


def first_id(node, pid):
    """The id on the host that root of the process's user namespace has."""
    text = node.path(f"/proc/{pid}/uid_map").read_text(encoding="utf-8")
    inside, first, count = (int(word) for word in text.split())
    return first if (inside, count) == (0, 65536) else None


class Listing(Ctl):
    """Of containers outside Kubernetes."""

    def test_list_shows_what_has_a_record(self):
        self.assertEqual(self.ctl_json("list"), [])
        box = self.bundle()
        runtime = self.running("box", box)
        [entry] = self.ctl_json("list")
        self.assertEqual((entry["id"], entry["class"], entry["alive"], entry["root"], entry["bundle"]),
                         ("box", "restricted", "yes", runtime.root, str(box.path)))
        self.assertIn("box", self.ctl("list").stdout)

    def test_a_container_outside_kubernetes_is_a_pod(self):
        self.assertEqual(self.ctl_json("pods"), [])
        runtimes = {name: self.running(f"box-{name}", self.bundle(), name) for name in CLASSES}
        pods = {pod["id"]: pod for pod in self.ctl_json("pods")}
        self.assertEqual(set(pods), {f"box-{name}" for name in CLASSES})
        for name, runtime in runtimes.items():
            pod = pods[f"box-{name}"]
            self.assertEqual((pod["class"], pod["alive"], pod["containers"], pod["problems"]),
                             (name, "yes", [], []))
            self.assertEqual((pod["root"], pod["pod"]), (runtime.root, ""))
            self.assertEqual(pod["delegate"].rsplit("/", 1)[1], self.DELEGATE)
        self.assertIsNone(pods["box-baseline"]["ids"])
        ids = pods["box-restricted"]["ids"]
        self.assertEqual((ids["by"], ids["count"]), ("stockade", 65536))
        state = runtimes["restricted"].state("box-restricted").json()
        self.assertEqual(first_id(self.node, state["pid"]), ids["first"])
        self.assertIn(f"{ids['first']}-{ids['first'] + 65535}", self.ctl("pods").stdout)

    def test_ids_are_given_back_and_a_lost_claim_is_a_problem(self):
        runtime = self.running("box", self.bundle())
        [claim] = self._claims()
        self.node.run(["mv", f"/run/stockade/.ids/{claim.name}", "/run/stockade/.ids/kept"], check=True)
        [pod] = self.ctl_json("pods", code=1)
        self.assertIn("not reserved", pod["problems"][0])
        self.node.run(["mv", "/run/stockade/.ids/kept", f"/run/stockade/.ids/{claim.name}"], check=True)
        self.ctl("pods")
        self.ok(runtime.delete("box", "--force"))
        self.assertEqual(self._claims(), [])
        self.assertEqual(self.ctl_json("pods"), [])

    def test_a_pool_that_is_used_up_is_an_error_that_says_so(self):
        settings = {"defaultDelegate": self.DELEGATE, "idPool": {"first": 100000000, "count": 65536}}
        self.node.write("/etc/stockade/config.json", json.dumps(settings))
        self.addCleanup(self.node.write, "/etc/stockade/config.json",
                        json.dumps({"defaultDelegate": self.DELEGATE}))
        runtime = self.running("box", self.bundle())
        self.assertEqual(self.ctl_json("pods")[0]["ids"]["first"], 100000000)
        self.refused_create(runtime, self.bundle(), "all 1 ranges of 65536 are taken", "idPool")
        self.node.write("/etc/subuid", "alice:100065535:1\n")
        self.addCleanup(self.node.run, ["rm", "/etc/subuid"])
        self.refused_create(runtime, self.bundle(), "/etc/stockade/config.json:1", "alice",
                            "/etc/subuid:1")

    def test_the_ids_of_a_killed_create_are_swept(self):
        """What is left by a SIGKILL between the claim and the record."""
        self.running("box", self.bundle())
        [claim] = self._claims()
        owner = claim.readlink().as_posix().split("/")[0]
        self.node.run(["ln", "-s", f"{owner}/killed/4194304/1", "/run/stockade/.ids/300000000"],
                      check=True)
        [problem] = [pod["problems"] for pod in self.ctl_json("pods", code=1) if pod["id"] == "killed"]
        self.assertIn("has ids and no record", problem[0])
        self.running("other", self.bundle())
        self.assertEqual({pod["id"] for pod in self.ctl_json("pods")}, {"box", "other"})
        self.assertEqual(len(self._claims()), 2)

    def _claims(self):
        return sorted(self.node.path("/run/stockade/.ids").iterdir())


class OnPods:
    """Containers as kubelet makes them: the pod's sandbox, shared namespaces, host files, volumes."""

    def inspect(self, container):
        done = self.node.run([f"{BIN}/stockadectl", "inspect", container, "--json"])
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)

    def test_every_container_of_a_pod_keeps_its_promises(self):
        for class_name in ALL_CLASSES:
            with self.subTest(class_name):
                pod = self.pod(f"stockade-{class_name}")
                folder = f"/var/lib/kubelet/pods/{pod.config.metadata.uid}"
                volume = f"{folder}/volumes/kubernetes.io~empty-dir/data"
                self.node.run(["mkdir", "-p", volume], check=True)
                self.addCleanup(self.node.run, ["rm", "-r", folder])
                app = pod.start("app", ["sleep", "300"], mounts=[
                    pb.Mount(container_path="/data", host_path=volume)])
                sandbox, inside = self.inspect(pod.id), self.inspect(app[:12])
                self.assertEqual((sandbox["role"], inside["role"]), ("pod sandbox", "pod container"))
                self.assertEqual(inside["pod"], sandbox["pod"])
                self.assertEqual(sandbox["process"]["capabilities"]["bounding"], "none")
                self.assertIn("/data", [m["point"] for m in inside["process"]["mounts"]])
                listed = self._said("list")
                self.assertEqual({entry["id"] for entry in listed}, {pod.id, app})
                debug = pod.start("debug", ["sleep", "300"], context=default_context(
                    namespace_options=pb.NamespaceOption(pid=pb.TARGET, target_id=app)))
                self.inspect(debug)
                pod.remove()

    def test_pods_of_two_containers_are_told_apart(self):
        pods = [self.pod("stockade-restricted") for _ in range(2)]
        apps = [{pod.start(name, ["sleep", "300"]) for name in ("one", "two")} for pod in pods]
        said = {each["id"]: each for each in self._said("pods")}
        self.assertEqual(set(said), {pod.id for pod in pods})
        firsts = []
        for pod, containers in zip(pods, apps):
            mine = said[pod.id]
            self.assertEqual({each["id"] for each in mine["containers"]}, containers)
            self.assertEqual({each["alive"] for each in mine["containers"]}, {"yes"})
            self.assertEqual((mine["pod"], mine["podUid"]),
                             (pod.config.metadata.name, pod.config.metadata.uid))
            self.assertEqual(mine["problems"], [])
            firsts.append(mine["ids"]["first"])
        self.assertGreaterEqual(abs(firsts[0] - firsts[1]), 65536)
        pods[0].remove()
        self.assertEqual([each["id"] for each in self._said("pods")], [pods[1].id])

    def _said(self, verb):
        done = self.node.run([f"{BIN}/stockadectl", verb, "--json"])
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)


class PodsOverRunc(OnPods, ClusterCase):
    DELEGATE = "runc"


class PodsOverCrun(OnPods, ClusterCase):
    DELEGATE = "crun"


class OverRunc(Listing, NodeCase):
    DELEGATE = "runc"


class OverCrun(Listing, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
