# SPDX-License-Identifier: Apache-2.0
"""test_regressions.py on Debian forky, but for the page: newer delegates over libseccomp 2.6."""
import test_regressions
from lib.case import Forky, NodeCase


class OverRunc(Forky, test_regressions.Claims, NodeCase):
    DELEGATE = "runc"


class OverCrun(Forky, test_regressions.Claims, NodeCase):
    DELEGATE = "crun"
