# SPDX-License-Identifier: Apache-2.0
"""The tests of test_cri on the newer node: containerd 2.x over runc 1.3 and crun 1.28."""
import unittest

import test_cri
from lib.case import Forky
from lib.cluster import ClusterCase


class ForkyRuncPods(Forky, test_cri.Pods, ClusterCase):
    DELEGATE = "runc"

    def test_this_is_the_newer_containerd(self):
        self.assertEqual(self.containerd.major, 2)


class ForkyCrunPods(Forky, test_cri.Pods, ClusterCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
