# SPDX-License-Identifier: Apache-2.0
"""sysinfo, uname, device nodes, namespaces and refused calls of a container with a supervisor."""
import json
import os
import unittest

from lib.bundle import plain_spec
from lib.case import NodeCase
from lib.runtime import stockade
from lib.supervisor import RACE_CALLS, Interposed

REFUSED = ["ptrace", "bpf", "keyctl", "mount", "umount2", "fsopen", "io_uring_setup"]
MEMORY = 64 << 20


class System(Interposed):
    """The tests; subclasses say over which delegate."""

    def runtime(self, users="keep", writable=False, **section):
        """stockade with a class that extends `restricted` and has this interposition section."""
        section = {"network": {"mode": "off"}, "refused": [], "onViolation": "errno", "complain": False,
                   **section}
        return self.of_class("system", {
            "extends": "restricted", "userNamespace": {"mode": users},
            "rootfs": {"mode": "off" if writable else "confine"}, "interposition": section})

    def lines(self, runtime, *args, **kwargs):
        return self.ok(runtime.run("one", self.bundle(spec=plain_spec(args)), **kwargs)).stdout.splitlines()

    def machine(self, runtime, spec):
        return json.loads(self.ok(runtime.run("one", self.bundle(spec=spec))).stdout)

    def test_calls_end_as_without_a_supervisor(self):
        native = self.lines(stockade(self.node, "restricted", self.DELEGATE), "systemcalls")
        self.assertGreater(len(native), 60)
        for section in (
                {"refused": REFUSED, "namespaces": "refuse", "deviceNodes": "refuse"},
                {"systemInfo": {"memory": "cgroup", "kernel": "neutral"}, "deviceNodes": "harmless"},
                {"refused": REFUSED, "namespaces": "refuse", "complain": True}):
            with self.subTest(str(section)):
                self.assertEqual(self.lines(self.runtime(**section), "systemcalls"), native)

    def test_calls_end_so_in_a_user_namespace_of_the_pods_own(self):
        native = self.lines(stockade(self.node, "restricted", self.DELEGATE), "systemcalls")
        own = self.lines(self.runtime(
            users="force", refused=REFUSED, namespaces="refuse", deviceNodes="harmless",
            systemInfo={"memory": "cgroup", "kernel": "neutral"}), "systemcalls")
        self.assertEqual(own, native)

    def test_refusals_are_recorded_with_decoded_arguments(self):
        runtime = self.runtime(refused=REFUSED, namespaces="refuse", deviceNodes="refuse")
        self.container(runtime, "box", self.bundle(spec=plain_spec(["sleep", "300"])))
        self.ok(runtime.exec("box", "systemcalls"))
        events = self.events(runtime)
        found = {(event["call"], event["arguments"].split(", addr=")[0], event["rule"]) for event in events}
        for wanted in (
                ("unshare", "flags=CLONE_NEWUSER", "namespaces"),
                ("unshare", "flags=CLONE_NEWTIME", "namespaces"),
                ("unshare", "flags=CLONE_NEWNS|CLONE_FILES", "namespaces"),
                ("setns", "fd=-1, nstype=CLONE_NEWNET", "namespaces"),
                ("ptrace", "request=PTRACE_TRACEME, pid=0", "ptrace")):
            self.assertIn(wanted, found)
        texts = {event["call"]: event["arguments"] for event in events}
        self.assertRegex(texts["clone"], "flags=CLONE_NEWUSER.*CLONE_FILES")
        self.assertRegex(texts["mount"], "flags=MS_NOSUID,")
        self.assertRegex(texts["umount2"], "flags=MNT_DETACH")
        self.assertRegex(texts["bpf"], "cmd=BPF_PROG_LOAD")
        self.assertRegex(texts["keyctl"], "operation=KEYCTL_GET_KEYRING_ID")
        self.assertIn("io_uring_setup", texts)
        self.assertRegex(texts["mknodat"], "^dirfd=-100, path=0x[0-9a-f]+, mode=020600, dev=257:65539$")
        self.assertRegex(texts["mknod"], "^path=0x[0-9a-f]+, mode=020600, dev=1:1$")
        devices = {event["arguments"].split("dev=")[1] for event in events if event["rule"] == "deviceNodes"}
        self.assertEqual(devices, {"8:0", "0:0", "1:1", "257:65539"})
        self.assertEqual({event["answer"] for event in events}, {"refused"})

    def test_a_killed_caller(self):
        runtime = self.runtime(namespaces="refuse", onViolation="kill")
        self.assertEqual(runtime.run("one", self.bundle(spec=plain_spec(["unshare", "-U", "true"]))).code, 137)

    def test_sysinfo_tells_the_memory_of_the_cgroup(self):
        spec = plain_spec(["systemcalls", "machine"])
        spec["linux"]["resources"]["memory"] = {"limit": MEMORY}
        host = self.machine(stockade(self.node, "restricted", self.DELEGATE), spec)
        self.assertGreater(host["total"] * host["unit"], MEMORY)
        for users in ("keep", "force"):
            with self.subTest(users):
                runtime = self.runtime(users, systemInfo={"memory": "cgroup", "kernel": "host"})
                told = self.machine(runtime, spec)
                self.assertEqual((told["total"], told["unit"]), (MEMORY, 1))
                self.assertLess(0, told["free"])
                self.assertLess(told["free"], MEMORY)
                self.assertEqual(told["names"], host["names"])
        with self.subTest("no limit"):
            told = self.machine(runtime, plain_spec(["systemcalls", "machine"]))
            self.assertLessEqual(told["total"], host["total"] * host["unit"])
            self.assertGreater(told["total"], MEMORY)

    def test_uname_tells_no_build(self):
        spec = plain_spec(["systemcalls", "machine"])
        spec["hostname"] = "a-name-of-its-own"
        host = os.uname()
        for users in ("keep", "force"):
            with self.subTest(users):
                runtime = self.runtime(users, systemInfo={"memory": "host", "kernel": "neutral"})
                told = self.machine(runtime, spec)
                short = ".".join(host.release.split(".")[:2]) + ".0"
                self.assertEqual(told["names"], ["Linux", "a-name-of-its-own", short, "#1 SMP",
                                                 host.machine, told["names"][5]])

    def test_memory_that_goes_away_meanwhile(self):
        runtime = self.runtime(systemInfo={"memory": "cgroup", "kernel": "neutral"})
        result = json.loads(self.lines(runtime, "systemcalls", "flip", RACE_CALLS, timeout=3600)[0])
        self.assertEqual(result["other"], 0, result)
        self.assertGreater(min(result["ok"], result["fault"]), 100, result)

    def test_harmless_devices_are_made_and_no_other(self):
        def lines(runtime, folder):
            box = self.bundle(spec=plain_spec(["systemcalls", "nodes", folder]))
            said = self.ok(runtime.run("one", box)).stdout.splitlines()
            path = f"{box.path}/rootfs{folder}"
            return said, sorted(os.listdir(path)) if os.path.isdir(path) else []

        runtime = self.runtime(writable=True, deviceNodes="harmless")
        made, left = lines(runtime, "/data")
        for name, device in (("null", "1:3"), ("zero", "1:5"), ("full", "1:7"), ("random", "1:8"),
                             ("urandom", "1:9"), ("tty", "5:0")):
            with self.subTest(name):
                at = made.index(f"{name}: ok")
                self.assertIn(f"mode 20644 owner 0 device {device} open ", made[at + 1])
        for name in ("mem", "kmsg", "console", "disk", "null-like"):
            self.assertIn(f"{name}: Operation not permitted", made)
        end = made[made.index("again: File exists"):]
        self.assertEqual(end, [
            "again: File exists", "below nothing: No such file or directory",
            "a name with a slash behind: No such file or directory", "no name: No such file or directory",
            "the root: File exists", "dots: File exists", "a link: ok", "over a link: File exists",
            "no path: Bad address", "no folder: Bad file descriptor", "a long path: File name too long",
            "a long name: File name too long"])
        self.assertEqual(left, ["full", "link", "null", "random", "tty", "urandom", "zero"])
        with self.subTest("where no device can be opened"):
            refused, _ = lines(runtime, "/dev/shm")
            self.assertIn("null: Operation not permitted", refused)
            self.assertIn("a link: ok", refused)
        with self.subTest("in a user namespace of the pod's own"):
            refused, left = lines(self.runtime("force", True, deviceNodes="harmless"), "/data")
            self.assertIn("null: Operation not permitted", refused)
            self.assertEqual(left, ["link"])

    def test_a_class_that_does_not_ask_gets_the_kernel(self):
        runtime = self.runtime(refused=["getpriority"])
        told = self.machine(runtime, plain_spec(["systemcalls", "machine"]))
        self.assertEqual(told["names"][2], os.uname().release)


class SystemOverRunc(System, NodeCase):
    DELEGATE = "runc"


class SystemOverCrun(System, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
