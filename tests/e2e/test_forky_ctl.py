# SPDX-License-Identifier: Apache-2.0
"""stockadectl on containers of the newer delegates, runc 1.3 and crun 1.28."""
import unittest

from lib.case import Forky, NodeCase
from lib.cluster import ClusterCase
from test_ctl import CommandLine
from test_ctl_check import Check
from test_ctl_explain import Explain
from test_ctl_inspect import Inspect
from test_ctl_pods import Listing, OnPods
from test_ctl_profile import Profile


class EveryVerb(Forky, CommandLine, Check, Explain, Inspect, Listing, Profile):
    """All of them on one node a delegate."""


class ForkyOverRunc(EveryVerb, NodeCase):
    DELEGATE = "runc"


class ForkyOverCrun(EveryVerb, NodeCase):
    DELEGATE = "crun"


class ForkyPodsOverRunc(Forky, OnPods, ClusterCase):
    DELEGATE = "runc"


class ForkyPodsOverCrun(Forky, OnPods, ClusterCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
