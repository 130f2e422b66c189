# SPDX-License-Identifier: Apache-2.0
"""What a class refuses: always with the reason on stderr and in --log, with exit code 1, and with
nothing left; over runc and crun."""
import json
import unittest

from lib.bundle import all_caps, plain_spec
from lib.case import NodeCase, require_stockade
from lib.runtime import CLASSES, stockade

# One that reads what it is told: crun fails if a hook ends without.
HOOK = {"path": "/bin/sh", "args": ["sh", "-c", "cat > /dev/null"]}


class Refusals:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *CLASSES)
        super().setUpClass()

    def runtime(self, name, **config):
        return stockade(self.node, name, self.DELEGATE, config)

    # (title, what the pod does to its spec, words of the reason)

    REFUSED = [
        ("privileged", lambda s: (
            s["process"].update(capabilities=all_caps()), s["linux"].pop("maskedPaths"),
            s["linux"].pop("readonlyPaths"),
            s["linux"]["resources"].update(devices=[{"allow": True, "access": "rwm"}])),
         ["privileged"]),
        ("host network", lambda s: drop_namespace(s, "network"), ["network"]),
        ("host pid", lambda s: drop_namespace(s, "pid"), ["pid"]),
        ("host ipc", lambda s: drop_namespace(s, "ipc"), ["ipc"]),
        ("the namespace of process 1", lambda s: set_namespace(s, "network", "/proc/1/ns/net"),
         ["network"]),
        ("the root of the host", lambda s: bind(s, "/", "/host"), ["/"]),
        ("/etc", lambda s: bind(s, "/etc", "/host"), ["/etc"]),
        ("/proc", lambda s: bind(s, "/proc", "/host"), ["/proc"]),
        ("a file of /etc", lambda s: bind(s, "/etc/passwd", "/x"), ["/etc"]),
        ("/etc by a detour", lambda s: bind(s, "/usr/../etc", "/host"), ["/etc"]),
        ("the container runtime's folder", lambda s: bind(s, "/run/containerd", "/host"),
         ["/run/containerd"]),
        ("a symbolic link to /etc", lambda s: bind(s, "/tmp/e2e-link/x", "/host"), ["/etc"]),
        ("a dangerous sysctl", lambda s: s["linux"].update(
            sysctl={"kernel.core_pattern": "|/bin/sh"}), ["kernel.core_pattern"]),
        ("a hook", lambda s: s.update(hooks={"prestart": [HOOK]}), ["/bin/sh"]),
        ("a poststop hook", lambda s: s.update(hooks={"poststop": [HOOK]}), ["/bin/sh"]),
        ("a block device", lambda s: s["linux"].update(devices=[
            {"path": "/dev/sda", "type": "b", "major": 8, "minor": 0}]), ["/dev/sda"]),
    ]

    def test_refusals_say_why_and_leave_nothing(self):
        self.node.run(["sh", "-c", "mkdir -p /run/containerd; ln -s / /tmp/e2e-link; "
                       "ln -s /etc /run/containerd/x"], check=True)
        self.node.run(["sh", "-c", "rm /tmp/e2e-link; mkdir /tmp/e2e-link; "
                       "ln -s /etc /tmp/e2e-link/x"], check=True)
        self.addCleanup(self.node.run, ["rm", "-rf", "/run/containerd", "/tmp/e2e-link"])
        for name in CLASSES:
            runtime = self.runtime(name)
            for title, edit, words in self.REFUSED:
                with self.subTest(f"{name}: {title}"):
                    spec = plain_spec(["sleep", "1"])
                    edit(spec)
                    box = self.bundle(spec=spec)
                    before = box.config.read_bytes()
                    self.refused_create(runtime, box, *words)
                    self.assertEqual(runtime.ids(), [])
                    self.assertEqual(box.config.read_bytes(), before)

    def test_a_guarded_path_that_is_mounted_a_second_time_is_refused(self):
        self.node.run(["mkdir", "-p", "/srv/e2e/again"], check=True)
        self.addCleanup(self.node.run, ["rm", "-rf", "/srv/e2e", "/run/mount"])
        self.node.run(["mount", "--bind", "/etc", "/srv/e2e/again"], check=True)
        self.addCleanup(self.node.run, ["umount", "/srv/e2e/again"])
        for name in CLASSES:
            for source in ("/srv/e2e/again", "/srv/e2e/again/ssl", "/srv/e2e"):
                with self.subTest(name, source=source):
                    spec = plain_spec(["sleep", "1"])
                    bind(spec, source, "/host")
                    self.refused_create(self.runtime(name), self.bundle(spec=spec),
                                        f"shows the host's {source}, which reaches /etc")
        self.node.run(["umount", "/srv/e2e/again"], check=True)
        spec = plain_spec(["ls", "-R", "/host"])
        bind(spec, "/srv/e2e", "/host")
        done = self.ok(self.runtime("baseline").run("box", self.bundle(spec=spec)))
        self.assertEqual(done.stdout.split(), ["/host:", "again", "/host/again:"])

    def test_a_namespace_of_another_container_is_refused_with_the_way_out(self):
        """As `docker run --ipc container:x` and `--pid container:x` ask for one."""
        runtime = self.runtime("restricted")
        self.container(runtime, "neighbour", self.bundle())
        pid = runtime.state("neighbour").json()["pid"]
        for kind in ("ipc", "pid", "uts"):
            with self.subTest(kind):
                spec = plain_spec(["sleep", "1"])
                set_namespace(spec, kind, f"/proc/{pid}/ns/{kind}")
                self.refused_create(runtime, self.bundle(spec=spec),
                                    f"the {kind} namespace /proc/{pid}/ns/{kind} is another",
                                    f"give the container a {kind} namespace of its own")
        self.assertEqual(runtime.ids(), ["neighbour"])

    def test_a_user_namespace_with_the_hosts_ids_is_refused(self):
        """As `podman run --userns ns:PATH` asks for one, whatever the document says of its ids."""
        spec = plain_spec(["sleep", "100"])
        spec["linux"]["namespaces"].append({"type": "user"})
        mapping = [{"containerID": 0, "hostID": 0, "size": 65536}]
        spec["linux"].update(uidMappings=mapping, gidMappings=mapping)
        holder = self.runtime("permissive")
        self.container(holder, "holder", self.bundle(spec=spec))
        path = f"/proc/{holder.state('holder').json()['pid']}/ns/user"
        for mapping in ([], [{"containerID": 0, "hostID": 1 << 20, "size": 65536}]):
            with self.subTest(mapping):
                spec = plain_spec(["cat", "/proc/self/uid_map"])
                set_namespace(spec, "user", path)
                if mapping:
                    spec["linux"].update(uidMappings=mapping, gidMappings=mapping)
                self.refused_create(self.runtime("restricted"), self.bundle(spec=spec),
                                    f"the container's user namespace {path} maps 0 to 0")

    def test_permissive_refuses_none_of_these(self):
        """Else the refusals above could be the delegate's."""
        self.node.run(["mkdir", "-p", "/run/containerd"])
        self.addCleanup(self.node.run, ["rm", "-rf", "/run/containerd"])
        runtime = self.runtime("permissive")
        for title, edit, _ in self.REFUSED:
            if title in ("a dangerous sysctl", "a symbolic link to /etc", "a block device",
                         "host pid", "host ipc", "a file of /etc"):
                continue  # the delegate or the machine has its own opinion
            with self.subTest(title):
                spec = plain_spec(["true"])
                edit(spec)
                done = runtime.create("box", self.bundle(spec=spec))
                runtime.delete("box", "--force")
                self.assertEqual(done.code, 0, done.stderr)

    def test_a_key_that_folds_onto_a_known_one_is_refused(self):
        tails = ['"LINUX":{"seccomp":null}', '"Linux":{}', '"proce\\u017f\\u017f":{}',
                 '"proce\u017f\u017f":{}', '"PROCESS":null', '"linu\\u0078":{}']
        for name in CLASSES:
            runtime = self.runtime(name)
            for tail in tails:
                with self.subTest(f"{name}: {tail}"):
                    box = self.bundle()
                    box.save_text(json.dumps(box.spec)[:-1] + "," + tail + "}")
                    self.refused_create(runtime, box)

    def test_a_folded_key_deep_inside_is_refused(self):
        runtime = self.runtime("restricted")
        for pointer, key, value in ((("process",), "NoNewPrivileges", False),
                                    (("process", "capabilities"), "Effective", ["CAP_SYS_ADMIN"]),
                                    (("root",), "ReadOnly", False),
                                    (("linux",), "SECCOMP", None),
                                    (("linux",), "mas\u212aedPaths", [])):
            with self.subTest(key):
                box = self.bundle()
                place = box.spec
                for part in pointer:
                    place = place[part]
                place[key] = value
                box.save()
                self.refused_create(runtime, box, json.dumps(key).strip('"'))

    def test_annotations_that_steer_the_delegate_are_removed(self):
        steering = {"run.oci.keep_original_groups": "1", "run.oci.seccomp.receiver": "/run/x",
                    "run.oci.hooks.stdout": "/tmp/x", "org.criu.config": "/etc/x",
                    "org.systemd.property.TimeoutStopUSec": "1"}
        for name in CLASSES:
            with self.subTest(name):
                runtime = self.runtime(name)
                box = self.bundle()
                box.spec["annotations"] = {**steering, "example.com/kept": "yes"}
                box.save()
                self.container(runtime, "box", box)
                self.assertEqual(box.reload()["annotations"].get("example.com/kept"), "yes")
                for key in steering:
                    self.assertNotIn(key, box.reload()["annotations"])
                self.ok(runtime.delete("box", "--force"))

    def test_the_class_must_be_named(self):
        for argv in (["/opt/stockade/bin/stockade"],
                     ["/opt/stockade/bin/stockade", "--stockade-class", "nosuchclass"]):
            runtime = self.runtime("restricted")
            runtime.argv = argv
            self.refused_create(runtime, self.bundle(), "class")


def drop_namespace(spec, kind):
    spec["linux"]["namespaces"] = [n for n in spec["linux"]["namespaces"] if n["type"] != kind]


def set_namespace(spec, kind, path):
    drop_namespace(spec, kind)
    spec["linux"]["namespaces"].append({"type": kind, "path": path})


def bind(spec, source, target):
    spec["mounts"].append({"destination": target, "source": source, "type": "bind",
                           "options": ["rbind", "ro"]})


class RuncRefusals(Refusals, NodeCase):
    DELEGATE = "runc"


class CrunRefusals(Refusals, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
