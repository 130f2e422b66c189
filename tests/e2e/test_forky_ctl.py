# SPDX-License-Identifier: Apache-2.0
"""stockadectl on containers of the newer delegates, runc 1.3 and crun 1.28."""
import unittest

import test_ctl
from lib.case import Forky, NodeCase


class ForkyOverRunc(Forky, test_ctl.Ctl, NodeCase):
    DELEGATE = "runc"


class ForkyOverCrun(Forky, test_ctl.Ctl, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
