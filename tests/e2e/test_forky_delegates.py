# SPDX-License-Identifier: Apache-2.0
"""The newer delegates directly: the heart of test_verbs, all of test_layers and test_init."""
import unittest

import test_init
import test_layers
import test_verbs
from lib.case import Forky, NodeCase


class ForkyRuncVerbs(Forky, test_verbs.Verbs, NodeCase):
    DELEGATE = "runc"


class ForkyCrunVerbs(Forky, test_verbs.Verbs, NodeCase):
    DELEGATE = "crun"


class ForkyRuncLayers(Forky, test_layers.Layers, NodeCase):
    DELEGATE = "runc"


class ForkyRuncInit(Forky, test_init.Init, NodeCase):
    DELEGATE = "runc"


class ForkyCrunInit(Forky, test_init.Init, NodeCase):
    DELEGATE = "crun"


class ForkyCrunLayers(Forky, test_layers.Layers, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
