# SPDX-License-Identifier: Apache-2.0
"""User namespaces on the newer node, where containerd can make them itself: ours for pods that did not
ask, and the kubelet's, which are kept as they are."""
import os
import unittest

import test_user_namespaces
from lib.case import Forky
from lib.cluster import ClusterCase
from lib.cri import default_context, pb

FIRST = 9 * 65536  # of the kubelet's own range


def kubelets_ids():
    return [pb.IDMapping(host_id=FIRST, container_id=0, length=65536)]


def kubelets_namespaces():
    """What the kubelet says for a pod with hostUsers: false."""
    return pb.NamespaceOption(pid=pb.CONTAINER, userns_options=pb.UserNamespace(
        mode=pb.POD, uids=kubelets_ids(), gids=kubelets_ids()))


class ForkyPods(test_user_namespaces.Pods):
    """The tests of the older node, and one that only this containerd understands."""

    def test_a_user_namespace_of_the_kubelets_is_kept(self):
        for handler in ("stockade-restricted", "stockade-baseline"):
            with self.subTest(handler):
                pod = self.pod(handler, context=pb.LinuxSandboxSecurityContext(
                    namespace_options=kubelets_namespaces()))
                volume = ("/var/lib/kubelet/pods/" + pod.config.metadata.uid +
                          "/volumes/kubernetes.io~empty-dir/data")
                self.node.run(["mkdir", "-p", volume], check=True)
                app = pod.start(
                    "app", ["sleep", "300"],
                    default_context(namespace_options=kubelets_namespaces()),
                    mounts=[pb.Mount(container_path="/data", host_path=volume,
                                     uidMappings=kubelets_ids(), gidMappings=kubelets_ids())])
                self.assertEqual(self.uid_map(app), FIRST)
                self.assertEqual(self.claims(), [], "ids of ours beside the kubelet's")
                self.assertEqual(self.sh(app, "id -u; stat -c %u / /data").split(), ["0"] * 3)
                self.sh(app, "touch /data/new")
                self.assertEqual(os.stat(self.on_host(volume) / "new").st_uid, 0)
                pod.remove()


class ForkyRuncPods(Forky, ForkyPods, ClusterCase):
    DELEGATE = "runc"


class ForkyCrunPods(Forky, ForkyPods, ClusterCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
