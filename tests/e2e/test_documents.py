# SPDX-License-Identifier: Apache-2.0
"""Malformed, huge, deep and hostile config.json and process.json: refused at once with a reason,
nothing left behind, never a container with a layer missing."""
import json
import time
import unittest

from lib.bundle import plain_spec
from lib.case import NodeCase, require_stockade
from lib.runtime import stockade

DEEP = 100_000
BIG = 64 << 20


def good_text(**changes):
    return json.dumps({**plain_spec(["sleep", "100"]), **changes})


def with_tail(tail):
    return good_text()[:-1] + "," + tail + "}"


def process_with(**changes):
    return {**plain_spec(["sleep", "100"])["process"], **changes}


def linux_with(**changes):
    return {**plain_spec([])["linux"], **changes}


BROKEN_DOCUMENTS = {
    "empty": "",
    "blanks": " \n\t ",
    "half an object": good_text()[:200],
    "an array": "[]",
    "null": "null",
    "a string": '"config"',
    "two documents": good_text() + good_text(),
    "a NUL byte": good_text() + "\0",
    "an escaped NUL": good_text(hostname="a\0b"),
    "bytes that are not UTF-8": good_text().encode()[:-1] + b',"x":"\xff\xfe"}',
    "a byte order mark": "\ufeff" + good_text(),
    "a comment": "// hello\n" + good_text(),
    "a trailing comma": good_text()[:-1] + ",}",
    "deep arrays": "[" * DEEP,
    "deep objects": with_tail('"x":' + '{"a":' * DEEP + "1" + "}" * DEEP),
    "a huge string": with_tail('"x":"' + "a" * BIG + '"'),
    "a million keys": with_tail(",".join(f'"k{i}":0' for i in range(1_000_000))),
    "a fraction": with_tail('"x":1.5'),
    "an integer beyond 64 bits": with_tail('"x":18446744073709551616'),
    "an exponent": with_tail('"x":1e99'),
    "NaN": with_tail('"x":NaN'),
    "a duplicate key": with_tail('"process":{}'),
    "a process that is an array": good_text(process=[]),
    "a linux that is a number": good_text(linux=5),
    "capabilities that are a list": good_text(process=process_with(capabilities=["CAP_CHOWN"])),
    "capabilities that are numbers":
        good_text(process=process_with(capabilities={"effective": [21]})),
    "noNewPrivileges that is a string": good_text(process=process_with(noNewPrivileges="false")),
    "mounts that are an object": good_text(mounts={"destination": "/x"}),
    "a mount that is a string": good_text(mounts=["/etc:/etc"]),
    "namespaces that are an object": good_text(linux=linux_with(namespaces={"type": "pid"})),
    "a namespace without a type": good_text(linux=linux_with(namespaces=[{"path": "/x"}])),
    "devices that are an object": good_text(linux=linux_with(devices={"path": "/dev/sda"})),
    "masked paths that are a string": good_text(linux=linux_with(maskedPaths="/proc/kcore")),
    "a root that is a string": good_text(root="rootfs"),
    "hooks that are a list": good_text(hooks=[{"path": "/bin/true"}]),
    "annotations that are a list": good_text(annotations=["run.oci.x"]),
}


class Documents:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", "restricted")
        super().setUpClass()

    def runtime(self, **config):
        return stockade(self.node, "restricted", self.DELEGATE, config)

    def assert_nothing_of(self, runtime, bundle, before):
        """No container, no record, and the bundle as it was."""
        self.assertEqual(runtime.ids(), [])
        self.assertEqual(self.records(), [])
        self.assertEqual(sorted(p.name for p in bundle.path.iterdir()), before)

    def test_broken_documents_are_refused(self):
        runtime = self.runtime()
        box = self.bundle()
        before = sorted(p.name for p in box.path.iterdir())
        for title, text in BROKEN_DOCUMENTS.items():
            with self.subTest(title):
                box.save_text(text)
                started = time.monotonic()
                message = self.refused_create(runtime, box)
                self.assertRegex(message, r"config\.json|/linux/|/process/|/mounts")
                self.assertLess(time.monotonic() - started, 10)
                self.assert_nothing_of(runtime, box, before)

    def test_what_is_not_a_file_is_refused_at_once(self):
        runtime = self.runtime()
        box = self.bundle()
        for title, command in (("missing", "rm config.json"),
                               ("a folder", "mkdir config.json"),
                               ("a fifo", "mkfifo config.json"),
                               ("an endless device", "ln -s /dev/zero config.json"),
                               ("a dangling link", "ln -s nowhere config.json"),
                               ("a loop", "ln -s config.json config.json")):
            with self.subTest(title):
                self.node.run(["sh", "-c", f"rm -rf config.json; touch config.json; "
                               f"rm config.json; {command}" if title != "missing" else command],
                              cwd=box.path, check=True)
                before = sorted(p.name for p in box.path.iterdir())
                self.refused_create(runtime, box, "config.json")
                self.assert_nothing_of(runtime, box, before)

    def test_what_the_delegate_refuses_is_undone(self):
        """Its create fails after we became it: the next call of ours removes what we had made."""
        runtime = self.runtime()
        box = self.bundle()
        del box.spec["process"]
        box.save()
        original = box.config.read_bytes()
        self.assertEqual(runtime.create("box", box).code, 1)
        self.ok(runtime.delete("box", "--force"))
        self.assert_nothing_of(runtime, box, ["config.json", "rootfs"])
        self.assertEqual(box.config.read_bytes(), original)

    def test_a_missing_bundle_is_refused(self):
        runtime = self.runtime()
        done = runtime.call("create", "--bundle", "/no/such/bundle", "box")
        self.refused(done, "/no/such/bundle")
        self.assertEqual(self.records(), [])

    def test_broken_process_documents_are_refused(self):
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle())
        process = json.dumps(process_with(args=["id"]))
        for title, text in (("empty", ""), ("half", process[:30]), ("an array", "[]"),
                            ("a NUL byte", process + "\0"), ("deep", "[" * DEEP),
                            ("huge", process[:-1] + ',"x":"' + "a" * BIG + '"}'),
                            ("a duplicate key", process[:-1] + ',"args":["id"]}'),
                            ("capabilities as a list", process[:-1] + ',"CAPABILITIES":[]}'),
                            ("a fraction", process[:-1] + ',"x":0.5}')):
            with self.subTest(title):
                self.refused(runtime.exec_process("box", text))
        with self.subTest("missing"):
            self.refused(runtime.call("exec", "--process", "/no/such/file", "box"), "/no/such/file")
        self.assertEqual(self.probe(runtime.exec("box", "/bin/probe"))["Seccomp"], "2")
        self.ok(runtime.delete("box", "--force"))


class RuncDocuments(Documents, NodeCase):
    DELEGATE = "runc"


class CrunDocuments(Documents, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
