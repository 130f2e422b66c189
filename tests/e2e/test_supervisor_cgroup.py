# SPDX-License-Identifier: Apache-2.0
"""Whose cgroup a supervisor is in: its pod's, where there is one, and what that is good for."""
import glob
import os
import subprocess
import time
import unittest
from pathlib import Path

from lib.case import NodeCase, require
from lib.cluster import ClusterCase
from lib.supervisor import Interposed

COUNTING = ("cpu", "cpuacct", "memory", "pids")
UID = "0c5e11f2-9a5b-4c0e-8d5e-0123456789ab"
BOX = f"box-{os.getpid()}"  # other machines of this one have a "box" as well
FLOOD = ["netcalls", "flood", "169.254.169.254", "80"]


def unified():
    """Where cgroup v2 is mounted on this machine, or nothing."""
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        if line.partition(" - ")[2].startswith("cgroup2 "):
            return line.split(" ")[4]
    return None


def groups_of(pid):
    """Of each controller, the cgroup of a process; version 2's is called ""."""
    text = Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii")
    return {line.split(":")[1]: line.split(":", 2)[2] for line in text.splitlines()}


def supervisors(container):
    """The holder and the worker of a container, by its id, which is their argument."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == b"stockade-supervisor" and words[1] == container.encode():
            found.append(int(pid))
    return found


def seconds_of(pids):
    """The time that processes have been on a processor."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Pods:
    """Over containerd, in the cgroups that a kubelet of cgroup v1
    makes; subclasses say over which delegate."""

    def group(self, controller, path):
        return self.node.path(f"/sys/fs/cgroup/{controller}{path}")

    def usage(self, path):
        """What a cgroup and all below it have used, in seconds."""
        return int((self.group("cpuacct", path) / "cpuacct.usage").read_text(encoding="ascii")) / 1e9

    def used_by_flood(self, pod, container, seconds):
        """In about that time: of the pod, of its containers, of the supervisor, and the time."""
        def now():
            own = [self.usage(f"{pod.cgroup}/{name}") for name in (container, pod.id)]
            return self.usage(pod.cgroup), sum(own), seconds_of(supervisors(container)), time.monotonic()

        before = now()
        time.sleep(seconds)
        return [after - was for after, was in zip(now(), before)]

    def test_it_is_in_its_pods_and_gone_with_it(self):
        pod = self.pod("stockade-isolated", parent="/kubepods/besteffort")
        plain = pod.start("plain", ["sleep", "300"])
        pids = supervisors(plain)
        self.assertEqual(len(pids), 2)
        for pid in pids:
            groups = groups_of(pid)
            for name in COUNTING:
                self.assertTrue(groups[name].endswith(pod.cgroup), groups)
            for name in ("freezer", "devices"):
                self.assertNotIn("kubepods", groups[name], "there is what happens to a container")
        # The container's own list is its own still.
        self.assertFalse(set(pids) & set(map(int, (
            self.group("pids", f"{pod.cgroup}/{plain}") / "cgroup.procs").read_text().split())))
        pod.remove()
        self.assertEqual(supervisors(plain), [])
        for name in COUNTING:
            self.assertFalse(self.group(name, pod.cgroup).exists())

    def test_a_flood_costs_the_pod(self):
        pod = self.pod("stockade-isolated", parent="/kubepods/besteffort")
        flood = pod.start("flood", FLOOD)
        of_pod, of_containers, of_supervisor, _ = self.used_by_flood(pod, flood, 1)
        self.assertGreater(of_supervisor, 0.05)
        self.assertGreater(of_pod - of_containers, of_supervisor * 0.8)

    def test_a_pods_quota_holds_for_its_supervisor(self):
        pod = self.pod("stockade-isolated", parent="/kubepods/besteffort")
        for key, value in (("period", 20000), ("quota", 4000)):  # a fifth of a processor
            (self.group("cpu", pod.cgroup) / f"cpu.cfs_{key}_us").write_text(str(value), encoding="ascii")
        flood = pod.start("flood", FLOOD)
        _, of_containers, of_supervisor, seconds = self.used_by_flood(pod, flood, 2)
        self.assertGreater(of_supervisor, 0.02)
        self.assertLess(of_containers + of_supervisor, seconds * 0.2 * 1.25)

    def test_a_cgroup_that_cannot_be_joined_starts_nothing(self):
        pod = self.pod("stockade-isolated", parent="/kubepods/besteffort")
        (self.group("pids", pod.cgroup) / "pids.max").write_text("1", encoding="ascii")
        self.start_refused(pod, "cannot be started in its pod's cgroup: Resource temporarily unavailable")


class Unified(Interposed, NodeCase):
    """Version 2: the same calls in a mount namespace whose /sys/fs/cgroup is the unified hierarchy. The
    classes' two containers have no limits, for its controllers are version 1's here."""

    DELEGATE = "runc"  # crun wants to raise a limit there

    def setUp(self):
        super().setUp()
        self.top = unified()
        require(self.top, "no cgroup v2 hierarchy here")
        self.parent = f"/{self.node.work.name}"
        self.pod = f"{self.parent}/pod{UID}"
        self.addCleanup(self.remove_groups)
        for path in (self.parent, self.pod):
            os.mkdir(self.top + path)

    def remove_groups(self):
        for folder, _, _ in os.walk(self.top + self.parent, topdown=False):
            os.rmdir(folder)

    def runtime(self, **changes):
        made = super().runtime(**changes)
        made.argv = ["unshare", "--mount", "sh", "-c", "busybox umount -l /sys/fs/cgroup && "
                     "busybox mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"", "sh", *made.argv]
        return made

    def pods_box(self, name, kind="container"):
        spec = self.spec("sleep", "300")
        keys = {"container-type": kind, "sandbox-id": "pause", "sandbox-uid": UID}
        spec["annotations"] = {f"io.kubernetes.cri.{key}": value for key, value in keys.items()}
        spec["linux"]["cgroupsPath"] = f"{self.pod}/{name}"
        return self.bundle(spec=spec)

    def children(self):
        return sorted(Path(path).name for path in glob.glob(f"{self.top}{self.pod}/*/"))

    def paused(self):
        """stockade, and a pod's sandbox that it made."""
        runtime = self.runtime()
        self.container(runtime, "pause", self.pods_box("pause", "sandbox"))
        return runtime

    def start_box(self, runtime):
        self.container(runtime, BOX, self.pods_box(BOX))
        self.assertEqual(self.children(), [BOX, "pause", f"stockade-{BOX}"])
        self.assertEqual(len(supervisors(BOX)), 2)
        for pid in supervisors(BOX):
            self.assertTrue(groups_of(pid)[""].endswith(f"{self.pod}/stockade-{BOX}"), groups_of(pid))

    def test_it_has_a_child_of_its_pods_that_goes_with_the_container(self):
        runtime = self.paused()
        self.start_box(runtime)
        self.ok(runtime.exec(BOX, "netcalls", "reach", "127.0.0.1", "9"))
        self.ok(runtime.delete(BOX, "--force"))
        self.assertEqual(self.children(), ["pause"])
        self.assertEqual(supervisors(BOX), [])

    def test_a_failed_create_leaves_none(self):
        runtime = self.paused()
        box = self.pods_box(BOX)
        box.spec["process"]["cwd"] = "/proc/not-there"  # which the delegate finds out
        self.assertIn("/proc/not-there", runtime.create(BOX, box.save()).message())
        self.ok(runtime.delete(BOX, "--force"))
        self.assertEqual(self.children(), ["pause"])
        self.until(lambda: not supervisors(BOX))

    def test_the_next_create_sweeps_what_a_crash_left(self):
        runtime = self.paused()
        self.start_box(runtime)
        state = self.state_of(runtime, BOX)
        self.ok(runtime.kill(BOX))
        runtime.wait_status(BOX, "stopped")
        subprocess.run(["rm", "-r", f"{runtime.root}/{BOX}"], check=True)  # the delegate forgot it
        os.rmdir(f"{self.top}{self.pod}/{BOX}")
        self.assertEqual(self.children(), ["pause", f"stockade-{BOX}"])
        self.container(runtime, "next", self.pods_box("next"))
        self.assertEqual(self.children(), ["next", "pause", "stockade-next"])
        self.assertFalse(state.exists())


class RuncPods(Pods, ClusterCase):
    DELEGATE = "runc"


class CrunPods(Pods, ClusterCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
