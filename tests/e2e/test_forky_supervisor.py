# SPDX-License-Identifier: Apache-2.0
"""The supervisor over a newer delegate."""
import unittest

import test_supervisor
from lib.case import Forky, NodeCase


class ForkyCrunSupervisor(Forky, test_supervisor.Supervisor, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
