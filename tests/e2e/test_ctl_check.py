# SPDX-License-Identifier: Apache-2.0
"""classes and check: what this node has, and what it can run."""
import json
import unittest

from lib.case import NodeCase
from lib.ctl import CLASS_DIR, Ctl
from lib.node import BIN


class Check(Ctl):
    """Of the classes and of the node."""

    def test_classes_are_listed_and_shown(self):
        classes = {c["name"]: c for c in self.ctl_json("classes", "list")}
        self.assertEqual({"permissive", "baseline", "restricted", "isolated"}, set(classes))
        self.assertEqual(classes["restricted"]["weakenings"], [])
        self.assertTrue(classes["permissive"]["weakenings"])
        shown = self.ctl_json("classes", "show", "restricted")
        origins = {s["setting"]: s["origin"] for s in shown["settings"]}
        self.assertRegex(origins["/capabilities/ceiling"], r"^built-in restricted\.json:\d+$")
        self.assertEqual({layer["state"] for layer in shown["layers"]} - {"off"}, {"confine", "refuse"})
        self.write_class("web", {"extends": "restricted", "capabilities": {"ceiling": ["CAP_CHOWN"]}})
        shown = self.ctl_json("classes", "show", "web")
        origins = {s["setting"]: s["origin"] for s in shown["settings"]}
        self.assertRegex(origins["/capabilities/ceiling"], rf"^{CLASS_DIR}/web\.json:\d+$")
        self.assertRegex(origins["/noNewPrivileges/mode"], r"^built-in baseline\.json:\d+$")

    def test_a_broken_class_is_shown_with_its_error(self):
        self.write_class("web", {"extends": "restricted", "nosuch": 1})
        listed = {c["name"]: c for c in self.ctl_json("classes", "list", code=1)}
        self.assertIn("nosuch", listed["web"]["error"])
        self.assertNotIn("error", listed["restricted"])
        self.assertIn(f"{CLASS_DIR}/web.json:", self.ctl("classes", "list", code=1).stdout)
        self.assertIn("nosuch", self.ctl("classes", "show", "web", code=1).stderr)
        checked = self.ctl_json("check", code=1)
        self.assertEqual((checked["classes"]["web"]["runs"], checked["classes"]["restricted"]["runs"]),
                         (False, True))

    def test_this_node_can_run_the_built_in_classes(self):
        checked = self.ctl_json("check")
        self.assertEqual(set(checked["classes"]), {"permissive", "baseline", "restricted", "isolated"})
        self.assertTrue(checked["ok"])
        delegate = [r for r in checked["classes"]["restricted"]["rows"]
                    if r["what"] == f"delegate {self.DELEGATE}"]
        self.assertIn("version", delegate[0]["detail"])
        self.assertTrue(all("backport" in r["wayOut"] for r in delegate[1:]))
        old = "runc version 1.1" in delegate[0]["detail"]
        self.assertEqual("CVE-2025-31133" in str(delegate[1:]), old)
        [containerd] = [r for r in checked["node"] if r["what"] == "containerd"]
        self.assertEqual(containerd["state"], "ok", containerd)

    def test_check_looks_at_the_ids_and_tries_idmapped_mounts(self):
        rows = {row["what"]: row for row in self.ctl_json("check")["node"]}
        self.assertEqual(rows["ids for pods"]["detail"],
                         "2245 ranges of 65536 from 2000224256 on, 0 taken")
        self.assertEqual((rows["idmap overlay"]["state"], rows["idmap overlay"]["detail"]), ("ok", "works"))
        self.node.write("/etc/subuid", "alice:100000:65536\nstockade:10000000:131072\n")
        self.node.write("/etc/subgid", "stockade:10000000:131072\n")
        self.addCleanup(self.node.run, ["rm", "/etc/subuid", "/etc/subgid"])
        [row] = [row for row in self.ctl_json("check")["node"] if row["what"] == "ids for pods"]
        self.assertEqual(row["detail"], "2 ranges of 65536 from 10000000 on, 0 taken")
        self.node.write("/etc/subgid", "bob:10131071:1\nstockade:10000000:131072\n")
        checked = self.ctl_json("check", code=1)
        [row] = [row for row in checked["node"] if row["what"] == "ids for pods"]
        for words in ("/etc/subuid:2 and /etc/subgid:2", "bob", "/etc/subgid:1"):
            self.assertIn(words, row["detail"])
        self.assertEqual({name: each["runs"] for name, each in checked["classes"].items()},
                         {"permissive": True, "baseline": True, "restricted": False, "isolated": False})

    def test_check_fails_on_the_containerd_that_drops_the_class(self):
        self.node.write("/opt/other/containerd",
                        "#!/bin/sh\necho containerd github.com/containerd/containerd/v2 2.0.3 x\n", 0o755)
        checked = self.ctl_json("check", "--class", "restricted", code=1, env={"PATH": "/opt/other:/usr/bin"})
        [row] = [r for r in checked["node"] if r["state"] == "missing"]
        self.assertEqual(row["what"], "containerd")
        self.assertIn("hostUsers", row["detail"])
        self.assertFalse(checked["classes"]["restricted"]["runs"])

    def test_check_names_a_missing_delegate_and_link(self):
        self.write_class("web", {"extends": "restricted", "delegate": "nosuch"})
        rows = self.ctl_json("check", "--class", "web", code=1)["classes"]["web"]["rows"]
        missing = {r["what"]: r["wayOut"] for r in rows if r["state"] == "missing"}
        self.assertEqual(set(missing), {"program", "delegate nosuch"})
        self.assertEqual(missing["program"], f"ln -sf stockade {BIN}/stockade-web")


class OverRunc(Check, NodeCase):
    DELEGATE = "runc"


class OverCrun(Check, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
