# SPDX-License-Identifier: Apache-2.0
"""The example pods of integration/kubernetes really run, as a kubelet would start them, and their
annotations reach the class."""
import re
import unittest

import yaml
from lib.cluster import ClusterCase
from lib.cri import default_context, pb
from lib.node import REPO

MANIFESTS = REPO / "integration/kubernetes"
# What the Kubernetes API accepts as an annotation key: PREFIX/NAME, with one slash.
KEY = re.compile(r"^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")


def documents(name):
    with open(MANIFESTS / name, encoding="utf-8") as stream:
        return list(yaml.safe_load_all(stream))


class Manifests(ClusterCase):
    DELEGATE = "runc"

    def start(self, manifest):
        """RunPodSandbox and StartContainer as a kubelet derives them from the manifest."""
        meta, spec = manifest["metadata"], manifest["spec"]
        pod = self.pod(spec["runtimeClassName"], annotations=meta.get("annotations", {}))
        home = f"/var/lib/kubelet/pods/{pod.config.metadata.uid}/volumes"
        volumes = {}
        for volume in spec.get("volumes", []):
            self.assertIn("emptyDir", volume)
            volumes[volume["name"]] = f"{home}/kubernetes.io~empty-dir/{volume['name']}"
            self.node.run(["mkdir", "-p", "-m", "777", volumes[volume["name"]]], check=True)
        for app in spec["containers"]:
            security = {**spec.get("securityContext", {}), **app.get("securityContext", {})}
            fields = {}
            if "runAsUser" in security:
                fields["run_as_user"] = pb.Int64Value(value=security["runAsUser"])
            pod.start(app["name"], app["command"], default_context(**fields), mounts=[
                pb.Mount(container_path=m["mountPath"], host_path=volumes[m["name"]])
                for m in app.get("volumeMounts", [])])
        return pod

    def pods(self):
        for path in sorted(MANIFESTS.glob("*.yaml")):
            for document in documents(path.name):
                if document["kind"] == "Pod":
                    yield path.name, document

    def test_annotation_keys_are_such_as_kubernetes_accepts(self):
        for name, manifest in self.pods():
            for key in manifest["metadata"].get("annotations", {}):
                with self.subTest(f"{name}: {key}"):
                    self.assertRegex(key, KEY)

    def test_every_example_pod_runs(self):
        seen = 0
        for name, manifest in self.pods():
            with self.subTest(name):
                seen += 1
                pod = self.start(manifest)
                for container in pod.containers:
                    self.assertEqual(self.cri.exec_sync(container, ["true"])[0], 0)
                    self.assertEqual(self.cri.status(container).state, pb.CONTAINER_RUNNING)
                pod.remove()
        self.assertGreaterEqual(seen, 3)

    def test_every_runtime_class_has_a_handler(self):
        classes = [d for d in documents("runtimeclasses.yaml") if d["kind"] == "RuntimeClass"]
        self.assertGreaterEqual(len(classes), 3)
        for document in classes:
            with self.subTest(document["handler"]):
                self.pod(document["handler"]).remove()

    def test_the_restricted_example_has_the_small_tmpfs_that_it_asks_for(self):
        manifest = documents("pod-restricted.yaml")[0]
        wanted = [v for k, v in manifest["metadata"]["annotations"].items() if "tmpfs-size" in k]
        self.assertEqual(wanted, ["8Mi"])
        pod = self.start(manifest)
        _, out, _ = self.cri.exec_sync(pod.containers[0], ["df", "-k", "/tmp"])
        self.assertIn(" 8192 ", out)
        pod.remove()

    def test_an_annotation_that_would_loosen_is_refused(self):
        self.pod_refused("stockade-restricted", "stockade.dev/capabilities",
                         annotations={"stockade.dev/capabilities": "SYS_ADMIN"})
        self.pod_refused("stockade-restricted", "stockade.dev/nosuchkey",
                         annotations={"stockade.dev/nosuchkey": "1"})


if __name__ == "__main__":
    unittest.main()
