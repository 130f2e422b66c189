# SPDX-License-Identifier: Apache-2.0
"""rootfs.executable over the newer delegates, and in pods whose user namespace is the kubelet's."""
import unittest

import test_executable
from lib.case import Forky, NodeCase
from lib.cluster import ClusterCase
from lib.cri import default_context, pb
from test_forky_user_namespaces import kubelets_namespaces


class ForkyRunc(Forky, test_executable.Executable, NodeCase):
    DELEGATE = "runc"


class ForkyCrun(Forky, test_executable.Executable, NodeCase):
    DELEGATE = "crun"


class ForkyPods(test_executable.Pods):
    """The tests of the older node, and one that only this containerd understands."""

    def test_a_pod_of_the_kubelets_ids(self):
        pod = self.pod("stockade-isolated", context=pb.LinuxSandboxSecurityContext(
            namespace_options=kubelets_namespaces()))
        self.holds(pod, context=default_context(namespace_options=kubelets_namespaces()))
        pod.remove()
        self.assertEqual(self.records(), [])


class ForkyRuncPods(Forky, ForkyPods, ClusterCase):
    DELEGATE = "runc"


class ForkyCrunPods(Forky, ForkyPods, ClusterCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
