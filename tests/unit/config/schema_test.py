#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the JSON Schemas against what ships and against documents that must not pass.

Ends with 77 (skipped) where the jsonschema module is missing.
"""
import copy
import json
import pathlib
import sys
import unittest

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("SKIPPED: python3-jsonschema is not installed", file=sys.stderr)
    sys.exit(77)

CONFIG = pathlib.Path(__file__).resolve().parents[3] / "config"


def read(name):
    return json.loads((CONFIG / name).read_text(encoding="utf-8"))


def validator(name):
    schema = read(f"schema/{name}.schema.json")
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


class ClassSchema(unittest.TestCase):
    def setUp(self):
        self.validator = validator("class")
        self.baseline = read("classes/baseline.json")

    def errors(self, document):
        return [f"{list(e.path)}: {e.message}" for e in self.validator.iter_errors(document)]

    def test_built_in_classes_pass(self):
        names = sorted(p.name for p in (CONFIG / "classes").glob("*.json"))
        self.assertEqual(names, ["baseline.json", "isolated.json", "permissive.json", "restricted.json"])
        for name in names:
            self.assertEqual(self.errors(read(f"classes/{name}")), [], name)

    def test_each_section_is_needed_without_extends(self):
        for key in self.baseline:
            document = {k: v for k, v in self.baseline.items() if k != key}
            self.assertNotEqual(self.errors(document), [], key)
            if key != "name":
                document["extends"] = "baseline"
                self.assertEqual(self.errors(document), [], key)

    def test_unknown_keys_fail_everywhere(self):
        def places(value, path=()):
            if isinstance(value, dict):
                yield path
                for key, member in value.items():
                    yield from places(member, path + (key,))
            elif isinstance(value, list):
                for index, element in enumerate(value):
                    yield from places(element, path + (index,))

        found = list(places(self.baseline))
        self.assertGreater(len(found), 20)
        for path in found:
            document = copy.deepcopy(self.baseline)
            target = document
            for step in path:
                target = target[step]
            target["unknownKey"] = 1
            self.assertNotEqual(self.errors(document), [], path)

    def test_bad_values_fail(self):
        tmpfs = {"path": "/x", "kind": "tmpfs", "size": "1Mi", "inodes": 1}
        for path, value in [
            (("name",), "Web"),
            (("capabilities", "mode"), "on"),
            (("capabilities", "ceiling"), ["CAP_NOTHING"]),
            (("capabilities", "ceiling"), ["CAP_KILL", "CAP_KILL"]),
            (("user", "runAsNonRoot"), "confine"),
            (("userNamespace", "mode"), "off"),
            (("userNamespace", "rootfs"), "keep"),
            (("userNamespace", "hostNamespaces"), "confine"),
            (("userNamespace", "devices"), True),
            (("interposition",), {"network": {"mode": "refuse"}}),
            (("interposition",), {"onViolation": "trap"}),
            (("interposition",), {"files": {"opens": "reads"}}),
            (("interposition",), {"files": {"deny": ["etc"]}}),
            (("interposition",), {"network": {"connect": {"deny": ["example.org"]}}}),
            (("denialEvents",), True),
            (("seccomp", "profile"), "none"),
            (("hostMounts", "guarded"), ["etc"]),
            (("hostMounts", "guarded"), ["/etc/../x"]),
            (("hostMounts", "guarded"), ["/etc/"]),
            (("hostMounts", "allowed"), ["etc/*"]),
            (("hostMounts", "readOnly"), "false"),
            (("devices", "allowed"), ["/etc/x"]),
            (("rootfs", "writable"), [{**tmpfs, "size": "1MB"}]),
            (("rootfs", "writable"), [{**tmpfs, "size": 1}]),
            (("rootfs", "writable"), [{**tmpfs, "mode": "9"}]),
            (("rootfs", "writable"), [{**tmpfs, "kind": "volume"}]),
            (("rootfs", "writable"), [{"path": "/x", "kind": "tmpfs"}]),
            (("rootfs", "executable"), ["bin"]),
            (("rootfs", "executable"), ["/bin", "/bin"]),
            (("rootfs", "executable"), "/bin"),
            (("rlimits", "max"), {"RLIMIT_X": 1}),
            (("annotations", "podMay"), ["x"]),
            (("delegate",), "/usr/bin/runc"),
        ]:
            document = copy.deepcopy(self.baseline)
            target = document
            for step in path[:-1]:
                target = target[step]
            target[path[-1]] = value
            self.assertNotEqual(self.errors(document), [], (path, value))

    def test_good_values_pass(self):
        tmpfs = {"path": "/x", "kind": "tmpfs", "size": 4096, "inodes": 1, "mode": "0750"}
        for path, value in [
            (("rootfs", "writable"), [tmpfs, {"path": "/y", "kind": "volume"}]),
            (("rootfs", "executable"), ["/bin", "/usr/lib"]),
            (("userNamespace",), {"mode": "force", "rootfs": "chown", "devices": "keep", "hostNamespaces": "share"}),
            (("interposition",), None),
            (("interposition",), {"network": {"mode": "confine", "metadata": "refuse",
                                              "connect": {"default": "deny", "deny": ["10.0.0.0/8 80"],
                                                          "allow": ["unix:/run/*.sock", "* 53"]}}}),
            (("interposition",), {"files": {"mode": "confine", "opens": "write", "default": "readOnly",
                                            "deny": [], "readOnly": [], "allow": ["/tmp/**"]}}),
            (("denialEvents",), False),
            (("rlimits", "max"), {"RLIMIT_NOFILE": 2**64 - 1}),
            (("hostMounts", "guarded"), ["/", "/..a/b.c"]),
        ]:
            document = copy.deepcopy(self.baseline)
            target = document
            for step in path[:-1]:
                target = target[step]
            target[path[-1]] = value
            self.assertEqual(self.errors(document), [], (path, value))


class NodeSchema(unittest.TestCase):
    def test_documents(self):
        check = validator("node")
        for document, good in [
            ({}, True),
            ({"defaultDelegate": "crun", "delegates": {"crun": "/usr/bin/crun"}}, True),
            ({"classDirectories": ["/a"], "stateDirectory": "/run/x", "apparmorDefaultProfile": ""}, True),
            ({"idPool": {"first": 65536, "count": 4294901759, "comment": "all"}}, True),
            ({"idPool": {"first": 65535, "count": 65536}}, False),
            ({"idPool": {"first": 65536, "count": 65535}}, False),
            ({"idPool": {"first": 65536}}, False),
            ({"idPool": {"first": 65536, "count": 65536, "last": 7}}, False),
            ({"idPool": {"first": 4294901760, "count": 65536}}, False),
            ({"defaultDelegat": "crun"}, False),
            ({"defaultDelegate": "/usr/bin/crun"}, False),
            ({"delegates": {"crun": "crun"}}, False),
            ({"delegates": {"a b": "/x"}}, False),
            ({"stateDirectory": "run"}, False),
            ([], False),
        ]:
            self.assertEqual(check.is_valid(document), good, document)


if __name__ == "__main__":
    unittest.main()
