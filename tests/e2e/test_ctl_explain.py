# SPDX-License-Identifier: Apache-2.0
"""explain: what it says must be what happens, and it must change nothing."""
import copy
import hashlib
import json
import os
import re
import unittest

from lib.bundle import greedy_spec, plain_spec
from lib.case import NodeCase
from lib.ctl import Ctl
from lib.node import BIN
from lib.runtime import CLASSES, stockade
from test_floor import CALLS


def apply(document, changes):
    """The document after a list of changes, as JSON pointers; knows nothing of stockade's code."""
    document = copy.deepcopy(document)
    for change in changes:
        *path, last = [t.replace("~1", "/").replace("~0", "~") for t in change["what"].split("/")[1:]]
        at = document
        for token in path:
            at = at[int(token)] if isinstance(at, list) else at.setdefault(token, {})
        if isinstance(at, list):
            index = int(last)
            if change["to"] is None:
                at.pop(index)
            elif change["from"] is None:
                at.insert(index, copy.deepcopy(change["to"]))
            else:
                at[index] = copy.deepcopy(change["to"])
        elif change["to"] is None:
            at.pop(last)
        else:
            at[last] = copy.deepcopy(change["to"])
    return document


def of_any_pod(document):
    """The document with the same ids for every pod."""
    return json.loads(re.sub(r'"hostID": [0-9]+', '"hostID": 65536', json.dumps(document)))


class Explain(Ctl):
    """Of bundles, and of system calls."""

    def test_explain_says_what_create_then_does(self):
        for class_name in CLASSES:
            for spec in (plain_spec(["sleep", "60"]), greedy_spec(["sleep", "60"])):
                with self.subTest(class_name, greedy=not spec["process"]["noNewPrivileges"]):
                    box = self.bundle(spec=spec)
                    before = box.reload()
                    said = self.ctl_json("explain", "--class", class_name, "--bundle", box.path,
                                         "--id", "box")
                    self.assertTrue(said["changes"])
                    runtime = stockade(self.node, class_name)
                    try:
                        self.ok(runtime.create("box", box))
                        # Nothing is claimed to explain: create takes other ids than were shown.
                        self.assertEqual(of_any_pod(apply(before, said["changes"])),
                                         of_any_pod(box.reload()))
                        again = self.ctl_json("explain", "--bundle", box.path)
                        self.assertEqual(again.pop("created"), True)
                        said.pop("created")
                        self.assertEqual(of_any_pod(again), of_any_pod(said))
                    finally:
                        runtime.delete("box", "--force")

    def test_explain_writes_nothing(self):
        box = self.bundle(spec=greedy_spec(["true"]))

        def state():
            found = {}
            for top in (str(box.path), str(self.node.path("/run")), str(self.node.path("/etc/stockade"))):
                for folder, _, files in os.walk(top):
                    found[folder] = os.stat(folder).st_mtime_ns
                    for name in files:
                        path = os.path.join(folder, name)
                        info = os.lstat(path)
                        found[path] = (info.st_mtime_ns, info.st_ino, info.st_size)
            found["config"] = hashlib.sha256(box.config.read_bytes()).hexdigest()
            return found

        before = state()
        self.ctl("explain", "--class", "restricted", "--bundle", box.path)
        self.assertEqual(state(), before)

    def test_explain_reads_well(self):
        box = self.bundle(spec=greedy_spec(["true"]))
        text = self.ctl("explain", "--class", "restricted", "--bundle", box.path).stdout
        self.assertRegex(text, r"/linux/seccomp: nothing -> \d+ rules, default ALLOW\n"
                               r" +what the class refuses whatever the arguments is refused before")
        self.assertRegex(text, r"/process/args: \[true\] -> \[/dev/stockade-init, ")
        self.assertRegex(text, r"\(built-in restricted.json:\d+\)")
        self.assertNotIn("\x1b", text)

    def test_explain_shows_a_refusal_with_its_way_out(self):
        spec = plain_spec(["true"])
        spec["linux"]["namespaces"] = [n for n in spec["linux"]["namespaces"] if n["type"] != "pid"]
        box = self.bundle(spec=spec)
        done = self.ctl("explain", "--class", "restricted", "--bundle", box.path, "--json", code=1)
        refused = json.loads(done.stdout)["refused"]
        self.assertIn("pid", refused["message"])
        self.assertIn(refused["message"], done.stderr)
        self.assertTrue(done.stderr.startswith("stockadectl: "), done.stderr)
        created = stockade(self.node, "restricted").create("box", box)
        self.assertIn(refused["message"], self.refused(created))

    def test_explain_says_of_a_call_what_the_kernel_then_does(self):
        """The answers that test_floor.py sees inside containers."""
        wrong = {}
        for label, call in CALLS.items():
            if not isinstance(call.number, int) or call.number > 1000:
                continue
            for class_name in ("baseline", "restricted"):
                expected = call.expected[class_name]
                done = self.node.run([f"{BIN}/stockadectl", "explain", "--json", "--class", class_name,
                                      "--capabilities", "none", "--syscall",
                                      f"{call.number}({', '.join(str(a) for a in call.args)})"])
                said = json.loads(done.stdout)
                self.assertEqual(done.returncode, 0 if said["allowed"] else 1)
                if said.get("errno", "reached") != expected:
                    wrong[label, class_name] = said["answer"]
        self.assertEqual(wrong, {})

    def test_explain_names_what_would_open_a_call(self):
        raw = self.ctl("explain", "--class", "baseline", "--syscall",
                       "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)", code=1).stdout
        for words in ("ERRNO EPERM", "socket-raw", "ping uses a ping socket", "CAP_NET_RAW"):
            self.assertIn(words, raw)
        self.ctl("explain", "--class", "baseline", "--capabilities", "net_raw", "--syscall",
                 "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)")
        wrong = self.ctl("explain", "--class", "baseline", "--syscall", "socket(AF_INETT)", code=2)
        self.assertIn("did you mean AF_INET?", wrong.stderr)
        self.ctl("explain", "--class", "permissive", "--syscall", "read", code=1)


class OverRunc(Explain, NodeCase):
    DELEGATE = "runc"


class OverCrun(Explain, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
