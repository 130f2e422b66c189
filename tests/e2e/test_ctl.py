# SPDX-License-Identifier: Apache-2.0
"""stockadectl on real containers: what it says must be what happened, and it must change nothing."""
import copy
import hashlib
import json
import os
import re
import unittest

from lib.bundle import greedy_spec, plain_spec
from lib.case import NodeCase, require, require_stockade
from lib.cluster import ClusterCase
from lib.cri import pb
from lib.node import BIN, host_bin_dir
from lib.runtime import CLASSES, Runtime, stockade

CLASS_DIR = "/etc/stockade/classes.d"


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
                at.insert(index, change["to"])
            else:
                at[index] = change["to"]
        elif change["to"] is None:
            at.pop(last)
        else:
            at[last] = change["to"]
    return document


class Ctl:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *CLASSES)
        require((host_bin_dir() / "stockadectl").exists(), "stockadectl is not built")
        super().setUpClass()
        cls.node.write("/etc/stockade/config.json", json.dumps({"defaultDelegate": cls.DELEGATE}))

    def ctl(self, *args, code=0, **kwargs):
        done = self.node.run([f"{BIN}/stockadectl", *args], **kwargs)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return done

    def ctl_json(self, *args, code=0, **kwargs):
        return json.loads(self.ctl(*args, "--json", code=code, **kwargs).stdout)

    def running(self, name, bundle, class_name="restricted"):
        runtime = stockade(self.node, class_name)
        self.container(runtime, name, bundle)
        return runtime

    def broken(self, *args):
        """The layers whose promise `inspect` finds broken; the exit code must say the same."""
        done = self.node.run([f"{BIN}/stockadectl", "inspect", *args, "--json"])
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertTrue(done.stdout, done.stderr)
        found = {p["layer"] for p in json.loads(done.stdout)["promises"] if p["state"] != "ok"}
        self.assertEqual(done.returncode, 1 if found else 0, done.stdout)
        return found

    # explain

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
                        self.assertEqual(apply(before, said["changes"]), box.reload())
                        again = self.ctl_json("explain", "--bundle", box.path)
                        self.assertEqual(again.pop("created"), True)
                        said.pop("created")
                        self.assertEqual(again, said)
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
        self.assertRegex(text, r"/linux/seccomp: nothing -> \d+ rules, default ERRNO\(38\)")
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

    # inspect

    def test_inspect_finds_every_promise_kept_in_a_healthy_container(self):
        for class_name in CLASSES:
            with self.subTest(class_name):
                box = self.bundle(spec=greedy_spec(["sleep", "300"]))
                runtime = self.running(f"box-{class_name}", box, class_name)
                try:
                    said = self.ctl_json("inspect", f"box-{class_name}")
                    self.assertEqual(said["class"], class_name)
                    self.assertEqual({p["state"] for p in said["promises"]}, {"ok"})
                    self.assertLessEqual({"capabilities", "no new privileges", "seccomp floor",
                                          "namespaces", "kernel paths", "devices", "document"},
                                         {p["layer"] for p in said["promises"]})
                    state = runtime.state(f"box-{class_name}").json()
                    self.assertEqual(said["process"]["pid"], state["pid"])
                    self.assertEqual(said["bundle"], str(box.path))
                    self.assertIn("pid", said["process"]["ownNamespaces"])
                finally:
                    runtime.delete(f"box-{class_name}", "--force")

    def test_inspect_finds_a_container_of_plain_runc_behind_a_record(self):
        """The record says restricted, the container was never in it."""
        runtime = self.running("real", self.bundle())
        bare = Runtime(self.node, [self.tool(self.DELEGATE)], runtime.root)
        box = self.bundle(spec=greedy_spec(["sleep", "300"]))
        self.container(bare, "fake", box)
        self.addCleanup(self._drop_record, "fake")
        self._copy_record("real", "fake", box.path)
        self.assertEqual(self.broken("real"), set())
        self.assertLessEqual({"capabilities", "no new privileges", "seccomp floor", "rootfs",
                              "kernel paths", "document"}, self.broken("fake"))

    def _record(self, name):
        [path] = self.node.path("/run/stockade").glob(f"*/{name}")
        return path

    def _copy_record(self, name, copy_name, bundle):
        source = self._record(name)
        target = source.parent / copy_name
        self.node.run(["cp", "-a", f"/run/stockade/{source.parent.name}/{name}",
                       f"/run/stockade/{source.parent.name}/{copy_name}"], check=True)
        record = json.loads((target / "record.json").read_text(encoding="utf-8"))
        record["id"], record["bundle"] = copy_name, str(bundle)
        (target / "record.json").write_text(json.dumps(record), encoding="utf-8")

    def _drop_record(self, name):
        for path in self.node.path("/run/stockade").glob(f"*/{name}"):
            self.node.run(["rm", "-r", f"/run/stockade/{path.parent.name}/{name}"])

    def test_inspect_finds_what_was_changed_from_outside(self):
        runtime = self.running("box", self.bundle())
        pid = runtime.state("box").json()["pid"]
        enter = ["nsenter", f"--target={pid}", "--mount", "--pid", "--"]
        self.node.run([*enter, "/bin/busybox", "mount", "-o", "remount,bind,rw", "/"], check=True)
        self.assertEqual(self.broken("box"), {"rootfs"})
        self.node.run([*enter, "/bin/busybox", "mount", "-o", "remount,bind,ro", "/"], check=True)
        self.node.run([*enter, "/bin/busybox", "mount", "-t", "tmpfs", "none", "/bin"], check=True)
        self.assertEqual(self.broken("box"), {"rootfs", "host mounts"})

    def test_inspect_finds_a_bundle_that_was_written_to(self):
        box = self.bundle()
        self.running("box", box)
        kept = box.config.read_bytes()
        box.config.write_bytes(kept + b" ")
        self.assertEqual(self.broken("box"), {"document"})
        box.config.write_bytes(kept)
        self.assertEqual(self.broken("box"), set())

    def test_inspect_notes_a_class_that_changed(self):
        self._write_class("web", {"extends": "baseline"})
        web = Runtime(self.node, [f"{BIN}/stockade", "--stockade-class", "web"])
        self.container(web, "box", self.bundle())
        self.assertEqual(self.ctl_json("inspect", "box")["notes"], [])
        self._write_class("web", {"extends": "restricted"})
        self.assertIn("changed", self.ctl_json("inspect", "box")["notes"][0])

    def _write_class(self, name, members):
        self.addCleanup(self.node.run, ["rm", "-r", CLASS_DIR])
        self.node.write(f"{CLASS_DIR}/{name}.json", json.dumps({"name": name, **members}, indent=2))

    def test_inspect_wants_a_living_container(self):
        runtime = stockade(self.node, "restricted")
        self.container(runtime, "box", self.bundle(), start=False)
        self.assertIn("is created", self.ctl("inspect", "box", code=1).stderr)
        self.assertIn("no record", self.ctl("inspect", "nosuch", code=1).stderr)

    def test_an_id_under_two_roots_needs_the_root(self):
        one, two = (self.running("same", self._in_group(name), name) for name in CLASSES)
        refused = self.ctl("inspect", "same", code=2)
        self.assertIn(one.root, refused.stderr)
        self.assertIn(two.root, refused.stderr)
        self.assertIn("--root", refused.stderr)
        self.assertEqual(self.ctl_json("inspect", "same", "--root", two.root)["class"], CLASSES[1])

    def _in_group(self, name):
        """runc since 1.2 refuses a cgroup that another container of the same id is in."""
        box = self.bundle()
        box.spec["linux"]["cgroupsPath"] = f"/{name}-same"
        return box.save()

    def test_no_name_of_a_container_reaches_the_terminal_as_it_is(self):
        hostile = "\x1b]0;owned\x07\u202e"
        box = self.bundle()
        (box.path / "rootfs" / f"d{hostile}").mkdir()
        box.spec["mounts"].append({"destination": f"/d{hostile}", "type": "tmpfs", "source": "tmpfs",
                                   "options": ["rw", "nosuid", "noexec", "nodev"]})
        box.save()
        self.running("box", box, "baseline")
        for args in (("inspect", "box"), ("inspect", "box", "--json"), ("list",)):
            done = self.ctl(*args)
            for bad in ("\x1b", "\x07", "\u202e"):
                self.assertNotIn(bad, done.stdout + done.stderr)
        self.assertIn("d\\x1b]0;owned", self.ctl("inspect", "box").stdout)

    def test_permissive_leaves_no_record(self):
        self.running("box", self.bundle(), "permissive")
        self.assertIn("no record", self.ctl("inspect", "box", code=1).stderr)

    # classes, check, list, the command line

    def test_classes_are_listed_and_shown(self):
        classes = {c["name"]: c for c in self.ctl_json("classes", "list")}
        self.assertEqual({"permissive", "baseline", "restricted"}, set(classes))
        self.assertEqual(classes["restricted"]["weakenings"], [])
        self.assertTrue(classes["permissive"]["weakenings"])
        shown = self.ctl_json("classes", "show", "restricted")
        origins = {s["setting"]: s["origin"] for s in shown["settings"]}
        self.assertRegex(origins["/capabilities/ceiling"], r"^built-in restricted\.json:\d+$")
        self.assertEqual({layer["state"] for layer in shown["layers"]} - {"off"}, {"confine", "refuse"})
        self._write_class("web", {"extends": "restricted", "capabilities": {"ceiling": ["CAP_CHOWN"]}})
        shown = self.ctl_json("classes", "show", "web")
        origins = {s["setting"]: s["origin"] for s in shown["settings"]}
        self.assertRegex(origins["/capabilities/ceiling"], rf"^{CLASS_DIR}/web\.json:\d+$")
        self.assertRegex(origins["/noNewPrivileges/mode"], r"^built-in baseline\.json:\d+$")

    def test_a_broken_class_is_shown_with_its_error(self):
        self._write_class("web", {"extends": "restricted", "nosuch": 1})
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
        self.assertEqual(set(checked["classes"]), {"permissive", "baseline", "restricted"})
        self.assertTrue(checked["ok"])
        delegate = [r for r in checked["classes"]["restricted"]["rows"]
                    if r["what"] == f"delegate {self.DELEGATE}"]
        self.assertIn("version", delegate[0]["detail"])
        self.assertTrue(all("backport" in r["wayOut"] for r in delegate[1:]))
        old = "runc version 1.1" in delegate[0]["detail"]
        self.assertEqual("CVE-2025-31133" in str(delegate[1:]), old)
        [containerd] = [r for r in checked["node"] if r["what"] == "containerd"]
        self.assertEqual(containerd["state"], "ok", containerd)

    def test_check_fails_on_the_containerd_that_drops_the_class(self):
        self.node.write("/opt/other/containerd",
                        "#!/bin/sh\necho containerd github.com/containerd/containerd/v2 2.0.3 x\n", 0o755)
        checked = self.ctl_json("check", "--class", "restricted", code=1, env={"PATH": "/opt/other:/usr/bin"})
        [row] = [r for r in checked["node"] if r["state"] == "missing"]
        self.assertEqual(row["what"], "containerd")
        self.assertIn("hostUsers", row["detail"])
        self.assertFalse(checked["classes"]["restricted"]["runs"])

    def test_check_names_a_missing_delegate_and_link(self):
        self._write_class("web", {"extends": "restricted", "delegate": "nosuch"})
        rows = self.ctl_json("check", "--class", "web", code=1)["classes"]["web"]["rows"]
        missing = {r["what"]: r["wayOut"] for r in rows if r["state"] == "missing"}
        self.assertEqual(set(missing), {"program", "delegate nosuch"})
        self.assertEqual(missing["program"], f"ln -sf stockade {BIN}/stockade-web")

    def test_list_shows_what_has_a_record(self):
        self.assertEqual(self.ctl_json("list"), [])
        box = self.bundle()
        runtime = self.running("box", box)
        [entry] = self.ctl_json("list")
        self.assertEqual((entry["id"], entry["class"], entry["alive"], entry["root"], entry["bundle"]),
                         ("box", "restricted", "yes", runtime.root, str(box.path)))
        self.assertIn("box", self.ctl("list").stdout)

    def test_the_command_line(self):
        self.assertRegex(self.ctl("--version").stdout, r"^stockadectl version \d")
        for words in (["--help"], ["help"], ["check", "--help"], ["classes", "show", "-h"]):
            self.assertIn("usage: stockadectl", self.ctl(*words).stdout)
        for words in ([], ["nosuch"], ["classes"], ["list", "x"], ["inspect"], ["check", "--nosuch"],
                      ["explain", "--class", "restricted"], ["explain", "--bundle", "/"],
                      ["classes", "show", "restricted", "--json=1"]):
            done = self.ctl(*words, code=2)
            self.assertEqual(done.stdout, "")
            self.assertTrue(done.stderr)
        done = self.ctl("--config", "/nosuch", "list", code=1)
        self.assertRegex(done.stderr, r"^stockadectl: .*/nosuch")

    def test_colour_is_for_terminals(self):
        def on_terminal(**env):
            done = self.node.run(["script", "-qec", f"{BIN}/stockadectl classes list", "/dev/null"],
                                 env={"TERM": "xterm", **env})
            return re.search("\x1b\\[3", done.stdout) is not None

        self.tool("script")
        self.assertTrue(on_terminal())
        self.assertFalse(on_terminal(NO_COLOR="1"))
        self.assertFalse(on_terminal(TERM="dumb"))


class OnPods(ClusterCase):
    """Containers as kubelet makes them: the pod's sandbox, shared namespaces, host files, volumes."""

    def inspect(self, container):
        done = self.node.run([f"{BIN}/stockadectl", "inspect", container, "--json"])
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)

    def test_every_container_of_a_pod_keeps_its_promises(self):
        for class_name in CLASSES:
            with self.subTest(class_name):
                pod = self.pod(f"stockade-{class_name}")
                folder = f"/var/lib/kubelet/pods/{pod.config.metadata.uid}"
                volume = f"{folder}/volumes/kubernetes.io~empty-dir/data"
                self.node.run(["mkdir", "-p", volume], check=True)
                self.addCleanup(self.node.run, ["rm", "-r", folder])
                app = pod.start("app", ["sleep", "300"], mounts=[
                    pb.Mount(container_path="/data", host_path=volume)])
                sandbox, inside = self.inspect(pod.id), self.inspect(app[:12])
                self.assertEqual((sandbox["role"], inside["role"]), ("pod sandbox", "pod container"))
                self.assertEqual(inside["pod"], sandbox["pod"])
                self.assertEqual(sandbox["process"]["capabilities"]["bounding"], "none")
                self.assertIn("/data", [m["point"] for m in inside["process"]["mounts"]])
                listed = json.loads(self.node.run([f"{BIN}/stockadectl", "list", "--json"]).stdout)
                self.assertEqual({entry["id"] for entry in listed}, {pod.id, app})
                pod.remove()


class OverRunc(Ctl, NodeCase):
    DELEGATE = "runc"


class OverCrun(Ctl, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
