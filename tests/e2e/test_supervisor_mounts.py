# SPDX-License-Identifier: Apache-2.0
"""mount and umount2 of a container whose class has tmpfs mounted by its supervisor, or refused."""
import json
import os
import re
import signal
import unittest
from pathlib import Path

from lib.bundle import plain_spec
from lib.case import NodeCase
from lib.supervisor import Interposed

MEMORY = 64 << 20
USERS = ("keep", "force")  # a user namespace of the pod's own

# What `mountcalls table` says, line by line; a line of a mount as mountinfo has it.
TABLE = """
plain: ok
  1777 0:0 /data/a rw,nosuid,nodev,noexec,relatime - tmpfs mine rw,size=32768k,nr_inodes=8192
flags: ok
  1777 0:0 /data/a ro,nosuid,nodev,noexec,noatime,nodiratime - tmpfs mine ro,size=32768k,nr_inodes=8192
options: ok
  750 7:8 /data/a rw,nosuid,nodev,noexec,relatime - tmpfs mine rw,size=1024k,nr_inodes=10,mode=750
beyond: ok
  1777 0:0 /data/a rw,nosuid,nodev,noexec,relatime - tmpfs mine rw,size=32768k,nr_inodes=8192
endless: ok
  1777 0:0 /data/a rw,nosuid,nodev,noexec,relatime - tmpfs mine rw,size=32768k,nr_inodes=8192
huge=always: Invalid argument
size: Invalid argument
size=x: Invalid argument
uid=-1: Invalid argument
mode=9: Invalid argument
usrquota: Invalid argument
ro: Invalid argument
no source: ok
  1777 0:0 /data/a rw,nosuid,nodev,noexec,relatime - tmpfs none rw,size=32768k,nr_inodes=8192
unmount: ok
a source with an escape: Invalid argument
no type: Invalid argument
a type nowhere: Bad address
options nowhere: Bad address
no target: Bad address
an empty target: No such file or directory
a target that is not there: No such file or directory
a target below a file: Not a directory
a file: Not a directory
a loop: Too many levels of symbolic links
ramfs: Operation not permitted
proc: Operation not permitted
sysfs: Operation not permitted
overlay: Operation not permitted
bind: Operation not permitted
move: Operation not permitted
shared: Operation not permitted
private: Operation not permitted
remount: Operation not permitted
over the root: Operation not permitted
over /dev: Operation not permitted
over /proc: Operation not permitted
in /proc: Operation not permitted
in /proc/sys: Operation not permitted
in /sys: Operation not permitted
over a mount of the engine's: Operation not permitted
unmount /proc: Operation not permitted
unmount /proc: Operation not permitted
unmount /dev: Operation not permitted
unmount /dev: Operation not permitted
unmount /dev/shm: Operation not permitted
unmount /dev/shm: Operation not permitted
unmount /sys: Operation not permitted
unmount /sys: Operation not permitted
unmount /: Operation not permitted
unmount /: Operation not permitted
unmount /dev/stockade-init: Operation not permitted
unmount /dev/stockade-init: Operation not permitted
unmount what is none: Invalid argument
unmount what is not there: No such file or directory
unmount with unknown flags: Invalid argument
unmount with MNT_EXPIRE: Operation not permitted
a link: ok
one in it: ok
one on it: ok
unmount with one in it: Device or resource busy
unmount with one in it, lazily: Device or resource busy
unmount the one on it: ok
unmount the one in it: ok
unmount a link, not followed: Invalid argument
unmount while in use: Device or resource busy
unmount while in use, lazily: ok
what is in use goes on: ok
over an own one: ok
unmount the working directory: Device or resource busy
unmount it by a dot: ok
unmount the one below: ok
unmount once more: Invalid argument
"""


class Mounts(Interposed):
    """The tests; subclasses say over which delegate."""

    def runtime(self, users="keep", mounts="tmpfs", **section):
        section = {"network": {"mode": "off"}, "refused": [], "onViolation": "errno", "complain": False,
                   "mounts": mounts, **section}
        return self.of_class("mounts", {
            "extends": "restricted", "userNamespace": {"mode": users}, "rootfs": {"mode": "off"},
            "interposition": section})

    def spec(self, *args):
        spec = plain_spec(args)
        spec["linux"]["resources"]["memory"] = {"limit": MEMORY}
        return spec

    def lines(self, runtime, *args, name="one"):
        return self.ok(runtime.run(name, self.bundle(spec=self.spec(*args)))).stdout.splitlines()

    def box(self, runtime):
        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))

    def inside(self, runtime, script):
        return self.ok(runtime.exec("box", "sh", "-c", script)).stdout

    def test_what_is_made_and_what_is_not(self):
        for users in USERS:
            with self.subTest(users):
                runtime = self.runtime(users)
                found = [re.sub(r",(inode64|noswap|huge=\w+|[ug]id=\d+)", "", line)
                         for line in self.lines(runtime, "mountcalls", "table", "/data")]
                self.assertEqual("\n".join(found), TABLE.strip())

    def test_refusals_are_recorded(self):
        runtime = self.runtime()
        self.box(runtime)
        self.inside(runtime, "mountcalls table /data")
        events = [(event["call"], event["rule"]) for event in self.events(runtime)]
        for wanted in (("mount", "mounts"), ("mount", "mounts: place"), ("umount2", "mounts"),
                       ("umount2", "mounts: not made here")):
            self.assertIn(wanted, events)
        texts = [event["arguments"] for event in self.events(runtime)]
        for wanted in (r'flags=0, data=0x[0-9a-f]+, "ramfs"', r"flags=MS_BIND, ", r'"/dev/shm"$', r"flags=MNT_EXPIRE$"):
            self.assertTrue(any(re.search(wanted, text) for text in texts), wanted)
        self.assertEqual({event["answer"] for event in self.events(runtime)}, {"refused"})

    def test_tmpfs_of_busybox(self):
        for users in USERS:
            with self.subTest(users):
                runtime = self.runtime(users)
                self.box(runtime)
                said = self.inside(runtime, """
                    mkdir /data/a && mount -t tmpfs -o size=2m,mode=755 mine /data/a && df -k /data/a | tail -n 1
                    echo x > /data/a/x && cat /data/a/x; mountcalls fill /data/a
                    cp /bin/busybox /tmp/echo; rm /data/a/filled; cp /bin/busybox /data/a/echo; /data/a/echo ran; echo $?
                    umount /data/a && ls /data/a | wc -l; grep -c mine /proc/mounts; true""").splitlines()
                self.assertRegex(said[0], r"^mine +2048 +0 +2048 +0% /data/a$")
                self.assertEqual(said[1], "x")
                self.assertRegex(said[2], r"^20\d{5}: No space left on device$")
                self.assertEqual(said[3:], ["126", "0", "0"])
                runtime.delete("box", "--force")

    def test_no_more_than_a_number_of_them(self):
        for users in USERS:
            with self.subTest(users):
                runtime = self.runtime(users)
                self.box(runtime)
                said = self.inside(runtime, """
                    mountcalls many /data 70
                    umount /data/m3 && umount /data/m4 && mountcalls many /data/m5 70""")
                self.assertEqual(said.splitlines(), ["64: No space left on device", "2: No space left on device"])
                # One that is detached in use may live on, and keeps its place.
                said = self.inside(runtime, """
                    exec 3> /data/m6/held; umount -l /data/m6; exec 3>&-
                    umount -l /data/m7; mountcalls many /data/m8 70""")
                self.assertEqual(said, "1: No space left on device\n")
                runtime.delete("box", "--force")

    def test_only_the_containers_root(self):
        for users in USERS:
            with self.subTest(users):
                runtime = self.runtime(users)
                self.box(runtime)
                self.inside(runtime, "mkdir -m 777 /data/a && mount -t tmpfs none /data/a")
                for script in ("mount -t tmpfs none /home/app", "umount /data/a"):
                    done = runtime.exec("box", "sh", "-c", script, flags=("--user", "1000:1000"))
                    self.assertIn("ermi", done.stderr)
                    self.assertNotEqual(done.code, 0)
                self.assertEqual({event["rule"] for event in self.events(runtime)}, {"mounts: caller"})
                runtime.delete("box", "--force")

    def test_a_worker_that_dies_in_between(self):
        for users in USERS:
            with self.subTest(users):
                runtime = self.runtime(users)
                self.box(runtime)
                self.inside(runtime, "mkdir /data/a /data/b && mount -t tmpfs -o size=1m mine /data/a")
                _, worker = self.supervisors()
                os.kill(worker, signal.SIGKILL)
                self.until(lambda: len(self.supervisors()) == 2 and worker not in self.supervisors())
                self.assertEqual(self.inside(runtime, """
                    mount -t tmpfs -o size=1m mine /data/b; grep -c mine /proc/mounts
                    umount /data/a; umount /data/b; grep -c mine /proc/mounts; true"""), "2\n0\n")
                runtime.delete("box", "--force")

    def test_without_the_holder_nothing_is_mounted(self):
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle(spec=self.spec(
            "sh", "-c", "while ! test -e /tmp/go; do sleep 0.1; done; mkdir /data/a; "
                        "mount -t tmpfs none /data/a; echo $? > /tmp/said; sleep 300")))
        os.kill(self.supervisors()[0], signal.SIGKILL)
        root = Path(f"/proc/{json.loads(runtime.state('box').stdout)['pid']}/root/tmp")
        self.node.run(["touch", root / "go"], check=True)
        self.until(lambda: self.node.run(["test", "-s", root / "said"], check=False).returncode == 0)
        self.assertNotEqual(self.node.run(["cat", root / "said"], check=True).stdout.strip(), "0")
        runtime.delete("box", "--force")

    def test_links_that_turn(self):
        for users in USERS:
            with self.subTest(users):
                runtime = self.runtime(users)
                self.box(runtime)
                result = json.loads(self.inside(runtime, "mountcalls race /data 1500"))
                self.assertEqual(result["wrong"], 0, result)
                self.assertGreater(min(result["mounted"], result["refused"], result["unmounted"]), 50, result)
                runtime.delete("box", "--force")

    def test_it_stays_small_and_leaves_nothing(self):
        runtime = self.runtime()
        before = self.node.run(["cat", "/proc/self/mountinfo"], check=True).stdout
        self.box(runtime)
        self.inside(runtime, "mkdir /data/a; for i in $(seq 100); do mount -t tmpfs none /data/a; umount /data/a; done;"
                             " mount -t tmpfs none /data/a")
        self.assertEqual(len(self.supervisors()), 2)
        private = 0
        for pid in self.supervisors():
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            private += sum(int(size) for size in re.findall(r"^Private_\w+: +(\d+) kB", text, re.M))
            self.assertLess(len(os.listdir(f"/proc/{pid}/fd")), 40)
        self.assertLess(private, 1024)
        runtime.delete("box", "--force")
        self.until(lambda: not self.supervisors())
        self.assertEqual(self.node.run(["cat", "/proc/self/mountinfo"], check=True).stdout, before)

    def test_the_worker_has_no_part_in_it(self):
        runtime = self.runtime()
        self.box(runtime)
        self.inside(runtime, "umount /nowhere; true")  # a worker that has answered is confined
        admin = 1 << 21
        held = {}
        for pid in self.supervisors():
            text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            held[pid] = [int(mask, 16) & admin for mask in re.findall(r"^Cap(?:Prm|Eff):\t(\w+)", text, re.M)]
        holder, worker = self.supervisors()
        self.assertEqual(held, {holder: [admin, 0], worker: [0, 0]})
        runtime.delete("box", "--force")
        runtime = self.runtime(mounts="refuse")
        self.box(runtime)
        self.inside(runtime, "umount /nowhere; true")
        for pid in self.supervisors():
            text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            self.assertEqual(int(re.search(r"^CapPrm:\t(\w+)", text, re.M)[1], 16) & admin, 0)

    def test_refused_and_recorded(self):
        runtime = self.runtime(mounts="refuse")
        self.box(runtime)
        self.inside(runtime, "mkdir /data/a; ! mount -t tmpfs none /data/a && ! umount /proc")
        events = self.events(runtime)
        self.assertEqual({(event["call"], event["rule"], event["answer"]) for event in events},
                         {("mount", "mounts", "refused"), ("umount2", "mounts", "refused")})

    def test_complain_mode_mounts_nothing(self):
        runtime = self.runtime(complain=True)
        self.box(runtime)
        self.inside(runtime, "mkdir /data/a; ! mount -t tmpfs none /data/a && ! umount /proc")

    def test_a_killed_caller(self):
        runtime = self.runtime(onViolation="kill")
        self.assertEqual(runtime.run("one", self.bundle(spec=self.spec("mount", "-t", "proc", "proc", "/data"))).code,
                         137)


class MountsOverRunc(Mounts, NodeCase):
    DELEGATE = "runc"


class MountsOverCrun(Mounts, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
