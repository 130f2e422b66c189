# SPDX-License-Identifier: Apache-2.0
"""rootfs.executable: of the image what the class lists runs, and nothing else of it in any way; and all of
it where the class has no list, so that the tests could fail."""
import json
import os
import shutil
import unittest

from lib.bundle import plain_spec
from lib.case import NodeCase
from lib.cluster import ClusterCase
from lib.cri import CriError
from lib.ctl import Ctl
from lib.node import REPO
from lib.supervisor import Interposed
from test_isolated import LIBC, LOADER, PROGRAM, REFUSED

LIBRARIES = ("/lib", "/lib64")
LISTED = ("/bin", "/tools", "/opt/one/runs", *LIBRARIES, "/usr/lost")
FIRST = 9 * 65536  # of a range that some engine gave


def fill(root):
    """Programs in and out of the list, and links to them, in the image below `root`."""
    for folder in ("opt/tools", "opt/other", "opt/one"):
        (root / folder).mkdir(parents=True)
        for name in ("busybox", "runs"):
            shutil.copy(root / "bin" / name, root / folder / name)
        for name, shell in (("good", "/bin/sh"), ("bad", "/opt/other/busybox sh")):
            (root / folder / name).write_text(f"#!{shell}\necho read\n", encoding="utf-8")
            (root / folder / name).chmod(0o755)
        shutil.copy(PROGRAM, root / folder / "dynamic")
    (root / "tools").symlink_to("opt/tools")
    for path in (LOADER, LIBC):
        target = root / str(path).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    shutil.copy(LIBC, root / "opt/other/libc.so")


class Executable(Interposed):
    """The tests; subclasses say over which delegate."""

    def runtime(self, *listed):
        rootfs = {"executable": list(listed)} if listed else {}
        return self.of_class("listed", {"extends": "isolated", "rootfs": rootfs})

    def box(self, *args):
        made = self.bundle(spec=plain_spec(args or ("sleep", "300")))
        fill(made.path / "rootfs")
        return made

    def running(self, *listed):
        runtime = self.runtime(*listed)
        self.container(runtime, "box", self.box())
        return runtime

    def said(self, runtime, *command, code=0):
        done = runtime.exec("box", *command)
        self.assertEqual(done.code, code, f"{command}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def tries(self, runtime, path):
        return self.said(runtime, "runs", "image", path).splitlines()

    def test_what_is_listed_runs_and_nothing_else(self):
        runtime = self.running(*LISTED)
        for path in ("/bin/runs", "/opt/tools/runs", "/tools/runs", "/opt/one/runs"):
            self.assertEqual(self.tries(runtime, path), ["ran"], path)
        for path in ("/opt/other/runs", "/tools/../other/runs", "/proc/self/root/opt/other/runs",
                     "/proc/1/root/opt/other/runs"):
            self.assertEqual(self.tries(runtime, path), REFUSED, path)
        self.assertIn("Permission denied", self.said(runtime, "sh", "-c", "/opt/one/busybox true", code=126))

    def test_without_a_list_all_of_it_runs(self):
        self.assertEqual(self.tries(self.running(), "/opt/other/runs"), ["ran"])

    def test_a_scripts_interpreter_has_to_be_listed(self):
        runtime = self.running(*LISTED)
        self.assertEqual(self.said(runtime, "/tools/good"), "read\n")
        self.assertIn("Permission denied", self.said(runtime, "sh", "-c", "/tools/bad", code=126))
        self.assertIn("Permission denied", self.said(runtime, "sh", "-c", "/opt/other/good", code=126))
        self.assertEqual(self.said(runtime, "sh", "/opt/other/good"), "read\n")  # SECURITY.md says so

    def test_the_loader_maps_nothing_else(self):
        runtime = self.running(*LISTED)
        load = [str(LOADER), "--library-path", str(LIBC.parent)]
        self.said(runtime, *load, "/tools/dynamic")
        unmapped = "failed to map segment"
        self.assertIn(unmapped, self.said(runtime, *load, "/opt/other/dynamic", code=127))
        self.assertIn(unmapped, self.said(runtime, *load, "--preload", "/opt/other/libc.so", "/tools/dynamic"))
        runtime.delete("box", "--force")
        alone = self.running("/bin", "/tools")  # a program whose loader is not listed
        self.assertIn("Permission denied", self.said(alone, "sh", "-c", "/tools/dynamic", code=126))

    def test_nobody_in_the_container_can_change_it(self):
        runtime = self.running(*LISTED)
        for script in ("echo > /bin/new", "echo > /tools/new", "rm /bin/sh", "mount -o remount,bind,exec /",
                       "umount /bin", "mv /bin /away"):
            self.said(runtime, "sh", "-c", script, code=1)
        mounts = self.said(runtime, "cat", "/proc/self/mountinfo").splitlines()
        flags = {line.split()[4]: line.split()[5].split(",") for line in mounts}
        self.assertTrue({"ro", "noexec"} <= set(flags["/"]), flags["/"])
        for point in ("/bin", "/opt/tools", "/opt/one/runs", *LIBRARIES):
            self.assertIn("ro", flags[point])
            self.assertNotIn("noexec", flags[point])

    def test_an_exec_of_something_else_says_why(self):
        runtime = self.running(*LISTED)
        for command in ("/opt/other/busybox", "/tools/../other/busybox"):
            self.refused(runtime.exec("box", command, "true"), command, "permission denied",
                         "rootfs.executable")
        spec = plain_spec(["busybox", "true"])["process"]
        spec["env"] = ["PATH=/usr/bin:/opt/other"]
        self.refused(runtime.exec_process("box", spec), "rootfs.executable")
        spec["env"] = ["PATH=/opt/other:/bin"]
        self.ok(runtime.exec_process("box", spec))

    def test_a_create_of_something_else_says_why(self):
        runtime = self.runtime(*LISTED)
        self.refused_create(runtime, self.box("/opt/other/busybox", "true"), "/opt/other/busybox",
                            "permission denied", "rootfs.executable")
        self.ok(runtime.run("box", self.box("/tools/busybox", "true")))

    def test_links_of_the_image_stay_in_it(self):
        runtime = self.runtime("/bin", "/out", "/loop", "/bin/sh/below")
        box = self.box("cat", "/proc/self/mountinfo")
        (box.path / "rootfs/out").symlink_to("../../../../../../../usr/bin")  # which the host has
        (box.path / "rootfs/loop").symlink_to("loop")
        mounts = self.ok(runtime.run("box", box)).stdout
        self.assertNotIn(" /usr", mounts)
        (box.path / "rootfs/usr/bin").mkdir(parents=True)
        self.assertIn(" /usr/bin ro,", self.ok(runtime.run("box", box)).stdout)

    def test_what_cannot_be_held_is_refused(self):
        runtime = self.runtime("/bin", "/all")
        for target, text in (("../../../../../../..", "all would run"), ("/", "all would run"),
                             ("dev/pipe", "neither a file nor a folder")):
            box = self.box()
            os.mkfifo(box.path / "rootfs/dev/pipe")
            (box.path / "rootfs/all").symlink_to(target)
            self.refused_create(runtime, box, "rootfs.executable", text)
            self.assertEqual(runtime.ids(), [])

    def test_names_within_and_beside_each_other(self):
        for listed in (("/tools", "/opt/tools", "/opt", "/opt/one/runs"), ("/opt", "/opt/tools", "/tools")):
            runtime = self.running("/bin", *listed)
            for path in ("/tools/runs", "/opt/other/runs", "/opt/one/runs"):
                self.assertEqual(self.tries(runtime, path), ["ran"], path)
            runtime.delete("box", "--force")

    def test_a_user_namespace_of_the_engines_is_held_as_well(self):
        runtime = self.runtime(*LISTED)
        box = self.box()
        mapping = [{"containerID": 0, "hostID": FIRST, "size": 65536}]
        box.spec["linux"].update(uidMappings=mapping, gidMappings=mapping)
        box.spec["linux"]["namespaces"].append({"type": "user"})
        self.node.run(["chown", "-Rh", f"{FIRST}:{FIRST}", box.path / "rootfs"], check=True)
        self.container(runtime, "box", box.save())
        self.assertEqual(self.said(runtime, "cat", "/proc/self/uid_map").split()[1], str(FIRST))
        self.assertEqual(self.tries(runtime, "/tools/runs"), ["ran"])
        self.assertEqual(self.tries(runtime, "/opt/other/runs"), REFUSED)


class OverRunc(Executable, NodeCase):
    DELEGATE = "runc"


class OverCrun(Executable, NodeCase):
    DELEGATE = "crun"


class Told(Ctl, NodeCase):
    """What stockadectl says of it."""

    DELEGATE = "runc"

    def test_explain_and_inspect(self):
        self.write_class("isolated", {"extends": "isolated", "rootfs": {"executable": ["/bin", "/lost"]}})
        box = self.bundle()
        said = self.ctl("explain", "--class", "isolated", "--bundle", box.path).stdout
        self.assertIn("of the image only these paths run programs: /bin, /lost", said)
        self.assertIn("isolated.json:", said)
        self.assertIn("/rootfs/executable", self.ctl("classes", "show", "isolated").stdout)
        self.running("box", box, "isolated")
        self.assertIn("2 listed paths run programs", self.ctl("inspect", "box").stdout)


class Pods:
    """Pods of an isolated class with a list, as a kubelet asks for them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        policy = json.loads((REPO / "config/classes/isolated.json").read_text(encoding="utf-8"))
        policy["rootfs"] = {"executable": ["/bin/busybox", "/usr/lib"]}
        cls.node.write("/etc/stockade/classes.d/isolated.json", json.dumps(policy))
        cls.addClassCleanup(cls.node.path("/etc/stockade/classes.d/isolated.json").unlink)

    def holds(self, pod, **fields):
        app = pod.start("app", ["sleep", "300"], **fields)
        self.assertEqual(self.cri.exec_sync(app, ["sh", "-c", "echo here"])[:2], (0, "here\n"))
        code, _, err = self.cri.exec_sync(app, ["sh", "-c", "probe"])
        self.assertEqual(code, 126, err)
        with self.assertRaises(CriError) as caught:
            pod.start("other", ["probe"], **fields)
        self.assertIn("permission denied: the class lets nothing run there", str(caught.exception))

    def test_a_pod(self):
        pod = self.pod("stockade-isolated")
        self.holds(pod)
        pod.remove()
        self.assertEqual(self.records(), [])


class PodsOverRunc(Pods, ClusterCase):
    DELEGATE = "runc"


class PodsOverCrun(Pods, ClusterCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
