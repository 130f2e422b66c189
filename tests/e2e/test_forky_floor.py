# SPDX-License-Identifier: Apache-2.0
"""test_floor.py on Debian forky: runc 1.3 and crun 1.28 over libseccomp 2.6, containerd 2.1."""
import test_floor
from lib.case import require
from lib.node import forky_root


class OnForky:
    """Moves a test class to the other root."""

    @classmethod
    def setUpClass(cls):
        require(forky_root(), "no forky root: run tests/e2e/forky_root.sh")
        cls.ROOT = forky_root()
        super().setUpClass()


class Floor(OnForky, test_floor.Floor):
    pass


class Compat(OnForky, test_floor.Compat):
    pass


class EngineDefaults(OnForky, test_floor.EngineDefaults):
    test_podman = None  # forky's root has none
