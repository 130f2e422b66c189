# SPDX-License-Identifier: Apache-2.0
"""The class `isolated`: programs of the image only, no host paths but the pod's, the metadata addresses out
of reach; and each of these gone where the class does not ask for it, so that the tests could fail."""
import json
import shutil
import unittest
from pathlib import Path

from lib.bundle import greedy_spec, plain_spec
from lib.case import NodeCase, require_stockade
from lib.node import BIN
from lib.runtime import stockade

LOADER = Path("/lib64/ld-linux-x86-64.so.2")
LIBC = Path("/lib/x86_64-linux-gnu/libc.so.6")
PROGRAM = Path("/bin/true")
# Every way to run a file, and the errno on a mount that runs none.
REFUSED = ["map: EPERM", "protect: EACCES", "descriptor: EACCES", "/proc/self/fd: EACCES", "path: EACCES"]
# All that root can write in a container whose root is read-only.
WRITABLE = ("/tmp/x", "/run/x", "/dev/x", "/dev/shm/x")
ANSWERS = {"memory": "memfd_create: ENOSYS", "sealed-memory": "memfd_create: ENOSYS"}


class Isolated:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("isolated", "restricted")
        super().setUpClass()

    def runtime(self, name="isolated"):
        return stockade(self.node, name, self.tool(self.DELEGATE))

    def runtime_of(self, document):
        """stockade with an admin's class."""
        self.node.write(f"/etc/stockade-e2e/isolated/{document['name']}.json", json.dumps(document))
        made = stockade(self.node, "isolated", self.tool(self.DELEGATE),
                        {"classDirectories": ["/etc/stockade-e2e/isolated"]})
        made.argv = [f"{BIN}/stockade", "--stockade-class", document["name"], *made.argv[1:]]
        return made

    def lines(self, box, *args, name="isolated", code=0):
        box.spec["process"]["args"] = list(args)
        done = self.runtime(name).run("box", box.save())
        self.assertEqual(done.code, code, f"{done.stdout}{done.stderr}{done.log_text}")
        return (done.stdout + done.stderr).splitlines()

    def with_volume(self):
        """A bundle with a named volume, as Docker makes them: /data."""
        box = self.bundle(spec=greedy_spec([]))
        volume = "/var/lib/docker/volumes/isolated"
        self.addCleanup(self.node.run, ["sh", "-c", f"umount {volume}; rm -r {volume} /run/mount"])
        self.node.run(["sh", "-c", f"mkdir -p {volume} && mount -t tmpfs data {volume} && "
                       f"mkdir -m 777 {volume}/_data"], check=True)  # what ids can be mapped on
        box.spec["mounts"].append({"destination": "/data", "type": "bind", "source": f"{volume}/_data",
                                   "options": ["rbind", "rw", "exec"]})
        return box

    def test_nothing_that_can_be_written_runs(self):
        for path in WRITABLE:
            with self.subTest(path):
                self.assertEqual(self.lines(self.bundle(spec=greedy_spec([])), "runs", path), REFUSED)
        plain = self.lines(self.bundle(spec=greedy_spec([])), "runs", "/dev/x", name="restricted")
        self.assertEqual(plain, ["ran"])  # so the test would notice

    def test_a_volume_does_not_run(self):
        box = self.with_volume()
        for kind in ("rbind", "bind"):
            with self.subTest(kind):
                box.spec["mounts"][-1]["options"][0] = kind
                self.assertEqual(self.lines(box, "runs", "/data/x", name="restricted"), ["ran"])
                self.assertEqual(self.lines(box, "runs", "/data/x"), REFUSED)

    def test_memory_does_not_run(self):
        box = self.bundle(spec=plain_spec([]))
        for way, answer in ANSWERS.items():
            self.assertEqual(self.lines(box, "runs", way), [answer])
        self.assertEqual(self.lines(box, "runs", "memory", name="restricted"), ["mapped", "ran"])
        # What made a refusal of unsealed ones alone too little.
        self.assertEqual(self.lines(box, "runs", "sealed-memory", name="restricted"),
                         ["mapped", "descriptor: EACCES"])

    def test_the_loader_does_not_run_it_either(self):
        box = self.bundle(spec=greedy_spec([]))
        for path, name in ((LOADER, LOADER), (LIBC, LIBC), (PROGRAM, "/bin/dynamic")):
            target = box.path / "rootfs" / str(name).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        load = f"{LOADER} --library-path {LIBC.parent}"
        said = self.lines(box, "sh", "-c", f"cp /bin/dynamic /tmp/x && {load} /tmp/x", code=127)
        self.assertIn("failed to map segment", "\n".join(said))
        self.lines(box, "sh", "-c", f"{load} /bin/dynamic")  # but the image's own does

    def test_scripts_are_not_stopped(self):
        """An interpreter of the image reads what it likes: SECURITY.md says so."""
        script = "printf 'echo read' > /tmp/x; sh /tmp/x"
        self.assertEqual(self.lines(self.bundle(spec=plain_spec([])), "sh", "-c", script), ["read"])

    def test_an_exec_runs_nothing_else(self):
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle(spec=plain_spec(["sleep", "300"])))
        self.assertEqual(self.ok(runtime.exec("box", "runs", "/tmp/x")).stdout.splitlines(), REFUSED)

    def test_host_paths_but_the_pods_are_refused(self):
        box = self.bundle(spec=plain_spec(["true"]))
        folder = self.node.work / "data"
        folder.mkdir()
        self.addCleanup(shutil.rmtree, folder)
        box.spec["mounts"].append({"destination": "/data", "type": "bind", "source": str(folder),
                                   "options": ["rbind", "ro"]})
        self.refused_create(self.runtime(), box.save(), str(folder), "/hostMounts/onlyAllowed")
        self.ok(self.runtime("restricted").run("box", box))

    def test_no_capability_and_no_metadata(self):
        spec = greedy_spec(["sleep", "300"])
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle(spec=spec))
        status = self.ok(runtime.exec("box", "cat", "/proc/self/status")).stdout
        for line in ("CapPrm", "CapEff", "CapBnd", "CapAmb", "CapInh"):
            self.assertIn(f"{line}:\t{'0' * 16}\n", status)
        reach = self.ok(runtime.exec("box", "netcalls", "reach", "169.254.169.254", "80")).stdout
        self.assertEqual(reach.count("Permission denied"), 6, reach)

    def test_what_an_attack_calls_is_refused_on_the_record(self):
        without = self.runtime_of({"name": "without", "extends": "isolated", "interposition": None})
        runtime = self.runtime()
        box = self.bundle(spec=plain_spec(["systemcalls"]))
        native = self.ok(without.run("box", box)).stdout
        self.container(runtime, "box", self.bundle(spec=plain_spec(["sleep", "300"])))
        self.assertEqual(self.ok(runtime.exec("box", "systemcalls")).stdout, native)
        state = self.node.path("/run/stockade") / str(runtime.root).replace("/", "%2F")
        lines = (state / "box/events.jsonl").read_text(encoding="utf-8").splitlines()
        events = [json.loads(line) for line in lines]
        self.assertLessEqual({"ptrace", "bpf", "keyctl", "mount", "umount2", "io_uring_setup",
                              "unshare", "setns", "clone", "mknod"}, {event["call"] for event in events})
        self.assertEqual({event["answer"] for event in events}, {"refused"})


class OverRunc(Isolated, NodeCase):
    DELEGATE = "runc"


class OverCrun(Isolated, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
