# SPDX-License-Identifier: Apache-2.0
"""stockade-init in real containers: a pod's own seccomp profile stacked on the class's, at create and
at exec; what is left of the stub for the workload; complain mode; what happens without the stub."""
import json
import os
import shutil
import time
import unittest
from pathlib import Path

from lib.bundle import all_caps, plain_spec
from lib.case import NodeCase, require_stockade
from lib.images import BUSYBOX
from lib.node import BIN, host_bin_dir
from lib.runtime import CLASSES, stockade

REPO = Path(__file__).resolve().parents[2]
# A Localhost profile as Kubernetes' documents have it, and its older form.
PREVENT_CHMOD = {"defaultAction": "SCMP_ACT_ALLOW",
                 "syscalls": [{"names": ["chmod", "fchmodat", "chmodat"],
                               "action": "SCMP_ACT_ERRNO"}]}
PREVENT_CHMOD_OLD = {"defaultAction": "SCMP_ACT_ALLOW",
                     "syscalls": [{"name": name, "action": "SCMP_ACT_ERRNO"}
                                  for name in ("chmod", "fchmodat", "chmodat")]}
# What containerd 1.6 writes for RuntimeDefault, and how the names of calls newer than Linux 5.1 begin there.
DEFAULT = REPO / "tests/unit/filters/data/containerd-1.6.20-default.json"
SINCE_LINUX_5_1 = ("clone3", "close_range", "epoll_pwait2", "faccessat2", "futex_waitv", "io_uring",
                   "landlock", "memfd_secret", "mount_setattr", "openat2", "pidfd", "process_m",
                   "quotactl_fd", "set_mempolicy_home")
TRY_CHMOD = "touch /tmp/file && chmod 777 /tmp/file; echo $?; umask 077; mkdir /tmp/x && echo made"


class Init:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *CLASSES)
        super().setUpClass()

    def runtime(self, name, **config):
        return stockade(self.node, name, self.DELEGATE, config)

    def spec(self, args, profile=None):
        spec = plain_spec(args)
        if profile:
            spec["linux"]["seccomp"] = profile
        return spec

    def test_a_pods_own_profile_holds_under_every_class_and_forbids_nothing_else(self):
        for name in CLASSES:
            for profile in (PREVENT_CHMOD, PREVENT_CHMOD_OLD):
                with self.subTest(name, form=next(iter(profile["syscalls"][0]))):
                    box = self.bundle(spec=self.spec(["sh", "-c", TRY_CHMOD], profile))
                    done = self.ok(self.runtime(name).run("box", box))
                    self.assertEqual(done.stdout, "1\nmade\n", done.stderr)
                    self.assertIn("Operation not permitted", done.stderr)

    def test_without_the_profile_the_same_works(self):
        for name in CLASSES:
            done = self.ok(self.runtime(name).run(
                "box", self.bundle(spec=self.spec(["sh", "-c", TRY_CHMOD]))))
            self.assertEqual(done.stdout, "0\nmade\n", done.stderr)

    def test_the_profile_holds_for_every_exec(self):
        for name in CLASSES:
            with self.subTest(name):
                runtime = self.runtime(name)
                self.container(runtime, "box", self.bundle(
                    spec=self.spec(["sleep", "100"], PREVENT_CHMOD)))
                done = runtime.exec("box", "sh", "-c", TRY_CHMOD)
                self.assertEqual(done.stdout, "1\nmade\n", done.stderr)
                process = plain_spec(["sh", "-c", TRY_CHMOD.replace("/tmp/x", "/tmp/y")])["process"]
                self.assertEqual(runtime.exec_process("box", process).stdout, "1\nmade\n")
                self.ok(runtime.delete("box", "--force"))

    def test_a_call_newer_than_the_profile_does_not_exist(self):
        """As runc has it, so that libc falls back; crun alone answers as the profile's default."""
        profile = json.loads(DEFAULT.read_text(encoding="utf-8"))["seccomp"]
        for rule in profile["syscalls"]:
            rule["names"] = [n for n in rule["names"] if not n.startswith(SINCE_LINUX_5_1)]
        profile["syscalls"] = [rule for rule in profile["syscalls"] if rule["names"]]
        calls = ["old:statx:", "refused:add_key:", "newer:faccessat2:", "unknown:9999:",
                 "newer32:i386/faccessat2:", "refused32:i386/add_key:"]
        expected = "refused errno 1\nnewer errno 38\nunknown errno 38\n"
        expected32 = "newer32 errno 38\nrefused32 errno 1\n"
        for name in (*(("permissive",) if self.DELEGATE == "runc" else ()), *CLASSES):
            with self.subTest(name):
                box = self.bundle(spec=self.spec(["floor_probe", *calls], profile))
                shutil.copy(host_bin_dir() / "floor_probe", box.path / "rootfs/bin")
                lines = self.ok(self.runtime(name).run("box", box)).stdout.splitlines(keepends=True)
                self.assertEqual(lines[0], "old errno 14\n")
                self.assertEqual("".join(lines[1:4]), expected)
                if name == "permissive":  # no class opens the 32-bit interface
                    self.assertEqual("".join(lines[4:]), expected32)

    def test_a_profile_that_cannot_be_kept_is_refused(self):
        odd = {"defaultAction": "SCMP_ACT_ALLOW",
               "syscalls": [{"names": ["chmod"], "action": "SCMP_ACT_NOTIFY"}]}
        for name in CLASSES:
            self.refused_create(self.runtime(name), self.bundle(spec=self.spec(["true"], odd)),
                                "seccomp", "listener")

    def test_nobody_in_the_container_can_read_the_stub(self):
        script = "cat /dev/stockade-init; cp /dev/stockade-init /tmp/x; " \
                 "chmod 755 /dev/stockade-init; rm /dev/stockade-init; echo > /dev/stockade-init"
        for name in CLASSES:  # a root of baseline's has CAP_DAC_OVERRIDE on the host
            box = self.bundle(spec=self.spec(["sh", "-c", script]))
            done = self.runtime(name).run(f"box-{name}", box)
            self.assertEqual(done.stdout, "")
            self.assertEqual(len(done.stderr.splitlines()), 5, done.stderr)

    def test_nor_can_the_hosts_root_in_a_user_namespace(self):
        """An engine may map it: Podman's --uidmap 0:0:65536."""
        spec = self.spec(["cat", "/dev/stockade-init"])
        spec["process"]["capabilities"] = all_caps()
        spec["linux"]["namespaces"].append({"type": "user"})
        mapping = [{"containerID": 0, "hostID": 0, "size": 65536}]
        spec["linux"].update(uidMappings=mapping, gidMappings=mapping)
        done = self.runtime("baseline").run("box", self.bundle(spec=spec))
        self.assertIn("Permission denied", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_nothing_of_it_is_left_to_the_workload(self):
        script = "ls -l /proc/self/fd | grep -c stockade; env | grep -c -i stockade; " \
                 "cat /proc/1/comm; true"
        box = self.bundle(spec=self.spec(["sh", "-c", script]))
        done = self.runtime("restricted").run("box", box)
        self.assertEqual(done.stdout, "0\n0\nsh\n")
        self.assertEqual([p.name for p in box.path.rglob("*stockade*")], [])

    def test_a_command_that_is_not_there_fails_the_create_and_the_exec(self):
        runtime = self.runtime("restricted")
        self.refused_create(runtime, self.bundle(["no-such-program"]),
                            "executable file not found in $PATH")
        self.refused_create(runtime, self.bundle(["/no/such"]), "no such file or directory")
        self.container(runtime, "box", self.bundle(["sleep", "100"]))
        self.refused(runtime.exec("box", "no-such-program"), "executable file not found in $PATH")

    def test_a_command_on_a_volume_is_looked_for_by_the_stub(self):
        spec = self.spec(["/data/program"])
        spec["mounts"].append({"destination": "/data", "type": "tmpfs", "source": "tmpfs"})
        done = self.runtime("restricted").run("box", self.bundle(spec=spec))
        self.assertEqual(done.code, 127)
        self.assertIn("/data/program: no such file or directory", done.stderr)

    def test_a_volume_may_bring_the_command_wherever_it_lies(self):
        tools = self.node.work / "tools"
        tools.mkdir()
        self.addCleanup(shutil.rmtree, tools)
        self.node.write(f"{tools}/program", "#!/bin/sh\nexit 9\n", 0o755)
        tools.chmod(0o755)
        for place in ("/etc/tools", "/tmp/tools", "/run/tools", "/runtime", "/var/run/tools"):
            with self.subTest(place):
                spec = self.spec([f"{place}/program"])
                spec["mounts"].append({"destination": place, "type": "bind", "source": str(tools),
                                       "options": ["rbind", "ro"]})
                done = self.runtime("restricted").run("box", self.bundle(spec=spec))
                self.assertEqual(done.code, 9, done.stderr)

    def test_an_exec_is_not_where_the_first_process_has_shut_itself_in(self):
        spec = self.spec(["chroot", "/data", "/busybox", "sleep", "100"], PREVENT_CHMOD)
        for held in spec["process"]["capabilities"].values():
            held.append("CAP_SYS_CHROOT")
        box = self.bundle(spec=spec)
        shutil.copy(BUSYBOX, box.path / "rootfs/data/busybox")
        runtime = self.runtime("baseline")
        self.container(runtime, "box", box)
        pid = runtime.state("box").json()["pid"]
        deadline = time.monotonic() + 10
        while os.readlink(self.node.path(f"/proc/{pid}/root")) == "/" and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(self.ok(runtime.exec("box", "/bin/echo", "out")).stdout, "out\n")
        # The stub says it: nobody else could look.
        self.assertEqual(runtime.exec("box", "no-such-program").code, 127)

    def test_without_the_stub_nothing_starts(self):
        folder = self.node.work / "elsewhere"
        shutil.copytree(host_bin_dir(), folder / "bin", symlinks=True,
                        ignore=lambda _, names: [n for n in names if not n.startswith("stockade")])
        self.addCleanup(shutil.rmtree, folder)
        runtime = self.runtime("restricted")
        runtime.argv[0] = f"{folder}/bin/stockade-restricted"
        box = self.bundle(["true"])
        self.refused_create(runtime, box, "libexec/stockade/stockade-init")
        (folder / "libexec/stockade").mkdir(parents=True)
        stub = folder / "libexec/stockade/stockade-init"
        shutil.copy(host_bin_dir().parent / "libexec/stockade/stockade-init", stub)
        stub.chmod(0o755)
        self.refused_create(runtime, box, "its mode is 0755")
        stub.chmod(0o111)
        self.ok(runtime.run("box", box))

    def test_where_the_stub_cannot_be_hidden_the_delegate_installs_the_filter(self):
        """An overlay cannot map ids. The filter is the same, and explain says who installs it."""
        folder = self.node.work / "overlay"
        for name in ("lower/libexec", "upper", "work", "merged"):
            (folder / name).mkdir(parents=True)
        self.addCleanup(shutil.rmtree, folder)
        shutil.copytree(host_bin_dir(), folder / "lower/bin", symlinks=True,
                        ignore=lambda _, names: [n for n in names if not n.startswith("stockade")])
        shutil.copytree(host_bin_dir().parent / "libexec/stockade", folder / "lower/libexec/stockade")
        tool = folder / "busybox"  # leaves no notes in /run, as mount(8) does
        shutil.copy(BUSYBOX, tool)
        self.addCleanup(self.node.run, [tool, "umount", f"{folder}/merged"])
        self.node.run([tool, "mount", "-t", "overlay", "none", "-o",
                       f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work",
                       f"{folder}/merged"], check=True)
        runtime = self.runtime("baseline")
        box = self.bundle(["sleep", "100"])
        told = self.node.run([f"{folder}/merged/bin/stockadectl", "explain", "--config",
                              runtime.argv[-1], "--class", "baseline", "--bundle", box.path]).stdout
        self.assertIn("the delegate installs the filter, which takes longer", told)
        by_stub = self.probe(runtime.run("box", self.bundle(["probe"])))["calls"]
        runtime.argv[0] = f"{folder}/merged/bin/stockade-baseline"
        self.assertEqual(self.probe(runtime.run("box", self.bundle(["probe"])))["calls"], by_stub)
        self.container(runtime, "box", box)
        self.assertEqual(json.loads(box.config.read_text(encoding="utf-8"))["process"]["args"],
                         ["sleep", "100"])

    def test_complain_mode_logs_and_says_so(self):
        self.node.write("/etc/stockade-e2e/trial/trial.json", json.dumps(
            {"name": "trial", "extends": "restricted", "seccomp": {"complain": True}}))
        runtime = self.runtime("permissive", classDirectories=["/etc/stockade-e2e/trial"])
        config = runtime.argv[-1]
        runtime.argv = [f"{BIN}/stockade", "--stockade-class", "trial", "--stockade-config", config]
        calls = self.probe(runtime.run("box", self.bundle(["probe"])))["calls"]
        self.assertEqual(calls["socket_vsock"], "ok")
        box = self.bundle(["sleep", "100"])
        told = self.node.run([f"{BIN}/stockadectl", "explain", "--config", config, "--class",
                              "trial", "--bundle", box.path]).stdout
        self.assertGreaterEqual(told.count("COMPLAIN MODE"), 2)  # the notice and the weakening
        self.container(runtime, "box", box)
        done = self.node.run([f"{BIN}/stockadectl", "inspect", "--config", config, "box"])
        self.assertIn("COMPLAIN MODE", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_a_filter_that_the_build_did_not_compile_is_compiled_once(self):
        state = self.node.work / "state-cache"
        runtime = self.runtime("baseline", stateDirectory=str(state))
        self.addCleanup(shutil.rmtree, state, True)
        seen = []
        for _ in range(2):
            self.ok(runtime.run("box", self.bundle(spec=self.spec(["true"], PREVENT_CHMOD))))
            seen.append([(p.name, p.stat().st_ino) for p in (state / ".filters").iterdir()])
        self.assertEqual(len(seen[0]), 3, "its program, that it is stricter than the class, and "
                         "that the stub can be nobody's")
        self.assertEqual(seen[0], seen[1])

    def test_an_engines_default_is_compared_with_the_class_once(self):
        state = self.node.work / "state-cache"
        runtime = self.runtime("restricted", stateDirectory=str(state))
        self.addCleanup(shutil.rmtree, state, True)
        profile = json.loads(DEFAULT.read_text(encoding="utf-8"))["seccomp"]
        for _ in range(2):
            self.ok(runtime.run("box", self.bundle(spec=self.spec(["true"], profile))))
            (verdict,) = (state / ".filters").iterdir()
        self.assertTrue(verdict.read_bytes().endswith(b"\0yes"))


class InitOverRunc(Init, NodeCase):
    DELEGATE = "runc"


class InitOverCrun(Init, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
