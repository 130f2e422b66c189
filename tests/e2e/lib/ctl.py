# SPDX-License-Identifier: Apache-2.0
"""stockadectl on a node, and the beginning of every test of its verbs.

    class Listing(Ctl):
        def test_it(self):
            self.running("box", self.bundle())
            [entry] = self.ctl_json("list")

    class OverRunc(Listing, NodeCase):
        DELEGATE = "runc"
"""
import json

from .case import require, require_stockade
from .node import BIN, host_bin_dir
from .runtime import CLASSES, stockade

CLASS_DIR = "/etc/stockade/classes.d"


class Ctl:
    """Put before NodeCase; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *CLASSES)
        require((host_bin_dir() / "stockadectl").exists(), "stockadectl is not built")
        super().setUpClass()
        cls.node.write("/etc/stockade/config.json", json.dumps({"defaultDelegate": cls.DELEGATE}))

    def ctl(self, *args, code=0, **kwargs):
        done = self.node.run([f"{BIN}/stockadectl", *args], **kwargs)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return done

    def ctl_json(self, *args, code=0, **kwargs):
        return json.loads(self.ctl(*args, "--json", code=code, **kwargs).stdout)

    def running(self, name, bundle, class_name="restricted"):
        runtime = stockade(self.node, class_name)
        self.container(runtime, name, bundle)
        return runtime

    def write_class(self, name, members):
        self.addCleanup(self.node.run, ["rm", "-r", CLASS_DIR])
        self.node.write(f"{CLASS_DIR}/{name}.json", json.dumps({"name": name, **members}, indent=2))
