#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The registrations of integration/: every class, no other, in the form that each engine reads."""
import json
import os
import subprocess
import tempfile
import tomllib
import unittest
from pathlib import Path

import yaml

REPO = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("STOCKADE_BUILD_DIR", REPO / "build/release"))
MADE = BUILD / "integration"
HANDLERS = {f"stockade-{p.stem}" for p in (REPO / "config/classes").glob("*.json")}
BINARIES = {name: f"/usr/bin/{name}" for name in HANDLERS}


def toml(name):
    return tomllib.loads((MADE / name).read_text(encoding="utf-8"))


def dump(config, root=None):
    """What containerd understood: its own `config dump`, parsed."""
    enter = ["chroot", os.fspath(root)] if root else []
    done = subprocess.run([*enter, "containerd", "--config", config, "config", "dump"], text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"containerd refuses {config}: {done.stderr}")
    return tomllib.loads(done.stdout)


def binaries(document, plugin):
    runtimes = document["plugins"][plugin]["containerd"]["runtimes"]
    return {name: table["options"]["BinaryName"] for name, table in runtimes.items()
            if name.startswith("stockade")}


class Containerd(unittest.TestCase):
    V2, V3 = "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"

    def check(self, document, plugin):
        self.assertEqual(binaries(document, plugin), BINARIES)
        for name in HANDLERS:
            table = document["plugins"][plugin]["containerd"]["runtimes"][name]
            self.assertEqual(table["runtime_type"], "io.containerd.runc.v2")
            self.assertEqual(table["pod_annotations"], ["stockade.dev/*"])

    def test_v2_file(self):
        self.check(toml("containerd/config-v2.toml"), self.V2)

    def test_v2_is_understood_when_appended_to_a_configuration(self):
        # As the file's own comment says: after what is there, in containerd 1.6.
        text = (f'version = 2\n[plugins."{self.V2}".containerd.runtimes.runc]\n'
                'runtime_type = "io.containerd.runc.v2"\n')
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
            config.write(text + (MADE / "containerd/config-v2.toml").read_text(encoding="utf-8"))
            config.flush()
            document = dump(config.name)
        self.check(document, self.V2)
        self.assertIn("runc", document["plugins"][self.V2]["containerd"]["runtimes"])

    def test_v3_file(self):
        document = toml("containerd/config-v3.toml")
        self.assertEqual(document["version"], 3)
        self.check(document, self.V3)


class CrioDockerPodman(unittest.TestCase):
    def test_crio(self):
        runtime = toml("crio/50-stockade.conf")["crio"]["runtime"]
        self.assertIs(runtime["drop_infra_ctr"], False)
        runtimes = runtime["runtimes"]
        self.assertEqual({k: v["runtime_path"] for k, v in runtimes.items()}, BINARIES)
        self.assertEqual({v["runtime_type"] for v in runtimes.values()}, {"oci"})

    def test_docker(self):
        document = json.loads((MADE / "docker/daemon.json").read_text(encoding="utf-8"))
        # With runtimeArgs Docker would call a script, and argv[0] would name no class.
        self.assertEqual(document, {"runtimes": {k: {"path": v} for k, v in BINARIES.items()}})

    def test_podman(self):
        engine = toml("podman/containers.conf.d/stockade.conf")["engine"]
        self.assertEqual(engine["runtimes"], {k: [v] for k, v in BINARIES.items()})
        self.assertGreaterEqual(set(engine["runtime_supports_json"]), HANDLERS | {"runc", "crun"})


class Kubernetes(unittest.TestCase):
    FOLDER = REPO / "integration/kubernetes"

    def documents(self, name):
        return list(yaml.safe_load_all((self.FOLDER / name).read_text(encoding="utf-8")))

    def test_runtime_classes(self):
        classes = self.documents("runtimeclasses.yaml")
        self.assertEqual({c["handler"] for c in classes}, HANDLERS)
        for item in classes:
            self.assertEqual((item["apiVersion"], item["kind"]),
                             ("node.k8s.io/v1", "RuntimeClass"))
            self.assertEqual(item["metadata"]["name"], item["handler"])

    def test_a_pod_for_each_class(self):
        used = set()
        for path in self.FOLDER.glob("pod-*.yaml"):
            pod, = self.documents(path.name)
            self.assertEqual((pod["apiVersion"], pod["kind"]), ("v1", "Pod"))
            self.assertEqual(f"stockade-{path.stem.removeprefix('pod-')}",
                             pod["spec"]["runtimeClassName"])
            used.add(pod["spec"]["runtimeClassName"])
            for container in pod["spec"]["containers"]:
                self.assertGreaterEqual(set(container), {"name", "image", "command"})
        self.assertEqual(used, HANDLERS)

    def test_annotations_of_the_examples_are_allowed_by_their_class(self):
        for path in self.FOLDER.glob("pod-*.yaml"):
            pod, = self.documents(path.name)
            keys = [k.removeprefix("stockade.dev/") for k in pod["metadata"].get("annotations", {})]
            may = self.pod_may(pod["spec"]["runtimeClassName"].removeprefix("stockade-"))
            for key in keys:
                self.assertTrue(key in may or any(
                    m.endswith("*") and key.startswith(m[:-1]) for m in may), (path.name, key, may))

    def pod_may(self, name):
        """/annotations/podMay of a class, through what it extends."""
        document = json.loads((REPO / f"config/classes/{name}.json").read_text(encoding="utf-8"))
        may = document.get("annotations", {}).get("podMay")
        return may if may is not None else self.pod_may(document["extends"])


if __name__ == "__main__":
    unittest.main()
