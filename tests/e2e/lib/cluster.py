# SPDX-License-Identifier: Apache-2.0
"""A node with a containerd that has every class as a runtime handler, as a cluster's node would.

    class Pods(ClusterCase):
        DELEGATE = "crun"
        def test_it(self):
            pod = self.pod("stockade-restricted")
"""
import json

from .case import NodeCase, require_stockade
from .containerd import Containerd
from .cri import CriError, Pod
from .runtime import ALL_CLASSES

HANDLERS = ["stockade-permissive"] + [f"stockade-{name}" for name in ALL_CLASSES]


class ClusterCase(NodeCase):
    """One containerd for the class's tests, warmed up by a pod: what it makes once is no leak."""

    DELEGATE = "runc"
    IN_MEMORY = False  # see Containerd
    OTHERS = {}  # further handlers and their binaries
    IGNORED = ("/run/containerd/runc/k8s.io/.cache",)  # crun keeps compiled filters there

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *ALL_CLASSES)
        super().setUpClass()
        delegate = cls.node.which(cls.DELEGATE)
        cls.node.write("/etc/stockade/config.json", json.dumps({"defaultDelegate": cls.DELEGATE}))
        cls.containerd = Containerd(cls.node, delegate, cls.IN_MEMORY, cls.OTHERS)
        cls.addClassCleanup(cls.containerd.close)
        cls.cri = cls.containerd.cri
        for image in ("busybox", "pause"):
            cls.containerd.import_image(image)
        warm = Pod(cls.cri, cls.node, "bare")
        cls.cri.wait_exit(warm.start("app", ["true"]))
        warm.remove()

    def pod(self, handler, **fields):
        """A running pod sandbox that is removed before the leak check."""
        pod = Pod(self.cri, self.node, handler, **fields)
        self.addCleanup(pod.remove)
        return pod

    def pod_refused(self, handler, *words, **fields):
        """Asserts that RunPodSandbox fails with the words in what kubectl describe would show."""
        with self.assertRaises(CriError) as caught:
            Pod(self.cri, self.node, handler, **fields).remove()
        self._assert_words(caught.exception, words)

    def start_refused(self, pod, *words, **fields):
        """Asserts that a container of the pod does not start, with the words in the CRI's error."""
        with self.assertRaises(CriError) as caught:
            pod.start(f"refused{len(pod.containers)}", ["sleep", "300"], **fields)
        self._assert_words(caught.exception, words)

    def _assert_words(self, error, words):
        for word in words:
            self.assertIn(word, str(error))

    def exec_probe(self, container, *command):
        """The facts of the probe, run by ExecSync."""
        code, out, err = self.cri.exec_sync(container, list(command) or ["probe"])
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def status_of(self, pid):
        """/proc/PID/status of a process of the node, as a dictionary."""
        text = self.node.path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
