# SPDX-License-Identifier: Apache-2.0
"""The supervisor over a newer delegate."""
import unittest

import test_supervisor
import test_supervisor_cgroup
from lib.case import Forky, NodeCase
from lib.cluster import ClusterCase


class ForkyCrunSupervisor(Forky, test_supervisor.Supervisor, NodeCase):
    DELEGATE = "crun"


class ForkyRuncPods(Forky, test_supervisor_cgroup.Pods, ClusterCase):
    DELEGATE = "runc"


if __name__ == "__main__":
    unittest.main()
