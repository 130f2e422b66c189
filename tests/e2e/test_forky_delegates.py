# SPDX-License-Identifier: Apache-2.0
"""The newer delegates directly: the heart of test_verbs and all of test_layers."""
import unittest

import test_layers
import test_verbs
from lib.case import Forky, NodeCase


class ForkyRuncVerbs(Forky, test_verbs.Verbs, NodeCase):
    DELEGATE = "runc"


class ForkyCrunVerbs(Forky, test_verbs.Verbs, NodeCase):
    DELEGATE = "crun"


class ForkyRuncLayers(Forky, test_layers.Layers, NodeCase):
    DELEGATE = "runc"


class ForkyCrunLayers(Forky, test_layers.Layers, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
