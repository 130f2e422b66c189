# SPDX-License-Identifier: Apache-2.0
"""The tests of test_docker on the newer node: Docker 28 and containerd 2.x over runc 1.3 and crun 1.28."""
import unittest

import test_docker
from lib.case import Forky, NodeCase


class ForkyRuncContainers(Forky, test_docker.Containers, NodeCase):
    DELEGATE = "runc"

    def test_this_is_the_newer_docker(self):
        version = self.docker.call("version", "--format", "{{.Server.Version}}", check=True).stdout
        self.assertGreaterEqual(int(version.split(".")[0]), 28)


class ForkyCrunContainers(Forky, test_docker.Containers, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
