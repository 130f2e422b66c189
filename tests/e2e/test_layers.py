# SPDX-License-Identifier: Apache-2.0
"""What a container is inside each class, whatever its spec asked for, and how an exec fares; over
runc and crun directly. What is so is read inside the container by the probe (tests/images)."""
import unittest

from lib.bundle import ALL_CAPS, greedy_spec, plain_spec
from lib.case import NodeCase, require_stockade
from lib.runtime import CLASSES, stockade

NO_CAPS = "0" * 16
# Docker's default set less NET_RAW, MKNOD, AUDIT_WRITE and SETFCAP.
BASELINE_CAPS = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
                 "NET_BIND_SERVICE", "SYS_CHROOT"}
CAP_NUMBERS = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6,
               "SETUID": 7, "SETPCAP": 8, "NET_BIND_SERVICE": 10, "SYS_CHROOT": 18}
# Calls that every class but permissive answers itself; the probe alone would reach them all.
CLOSED = ("socket_vsock", "socket_vsock_bit32", "socket_alg", "socket_alg_bit32", "socket_packet",
          "mount", "umount", "pivot_root", "unshare_user", "unshare_mount", "clone_user", "setns",
          "bpf", "perf_event_open", "add_key", "keyctl", "io_uring_setup", "userfaultfd",
          "open_by_handle_at", "process_vm_readv", "kcmp", "init_module", "fsopen", "open_tree",
          "tiocsti", "tiocsti_bit32", "clone3", "x32_getpid")
# What an ordinary program needs and every class leaves open.
OPEN = ("socket_unix", "socket_inet", "socket_inet6", "write_tmp", "write_shm", "kill_self")
REFUSALS = ("EPERM", "ENOSYS", "EACCES", "EAFNOSUPPORT")
# The delegates end a process that calls by another architecture's door.
KILLED = ("x32_getpid",)
# Calls that this machine's kernel does not have, so that a refusal proves nothing.
ABSENT = ("socket_alg", "socket_alg_bit32", "x32_getpid", "init_module")


def cap_mask(names):
    return sum(1 << CAP_NUMBERS[name] for name in names)


class Layers:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", *CLASSES)
        super().setUpClass()

    def runtime(self, name, **config):
        return stockade(self.node, name, self.DELEGATE, config)

    def run_probe(self, name, spec, program="probe"):
        spec["process"]["args"] = [program]
        return self.probe(self.runtime(name).run("box", self.bundle(spec=spec)))

    # What a greedy container gets.

    def test_restricted_takes_everything_from_a_greedy_container(self):
        facts = self.run_probe("restricted", greedy_spec(["probe"]))
        self.assertEqual(facts["NoNewPrivs"], "1")
        self.assertEqual(facts["Seccomp"], "2")
        for caps in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(facts[caps], NO_CAPS, caps)
        calls = facts["calls"]
        self.assertEqual((calls["write_root"], calls["write_etc"]), ("EROFS", "EROFS"))
        self.assertEqual((calls["write_tmp"], calls["exec_tmp"]), ("ok", "EACCES"))
        self.assertNotEqual(calls["ptrace"], "ok")

    def test_baseline_takes_what_its_table_says(self):
        facts = self.run_probe("baseline", greedy_spec(["probe"]))
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
        for caps in ("CapPrm", "CapEff", "CapBnd"):
            self.assertEqual(int(facts[caps], 16), cap_mask(BASELINE_CAPS), caps)
        self.assertEqual((facts["CapInh"], facts["CapAmb"]), (NO_CAPS, NO_CAPS))
        self.assertEqual(facts["calls"]["write_root"], "ok")

    def test_permissive_takes_nothing(self):
        facts = self.run_probe("permissive", greedy_spec(["probe"]))
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("0", "0"))
        self.assertEqual(facts["calls"]["socket_vsock"], "ok")
        self.assertEqual(facts["calls"]["write_root"], "ok")

    def test_every_class_closes_the_dangerous_calls_and_keeps_the_ordinary_ones(self):
        open_calls = self.run_probe("permissive", greedy_spec(["probe"]))["calls"]
        for name in CLASSES:
            calls = self.run_probe(name, greedy_spec(["probe"]))["calls"]
            for call in CLOSED:
                with self.subTest(f"{name} {call}"):
                    self.assertIn(calls[call], REFUSALS + (("SYS",) if call in KILLED else ()))
                    if call not in ABSENT:
                        self.assertNotEqual(calls[call], open_calls[call])
            for call in OPEN:
                with self.subTest(f"{name} {call}"):
                    self.assertEqual(calls[call], "ok")

    def test_sockets_are_refused_with_a_high_bit_too(self):
        for name in CLASSES:
            calls = self.run_probe(name, greedy_spec(["probe"]))["calls"]
            for family in ("vsock", "alg"):
                self.assertEqual(calls[f"socket_{family}_bit32"], calls[f"socket_{family}"])
                self.assertIn(calls[f"socket_{family}"], ("EPERM", "EAFNOSUPPORT", "EACCES"))

    def test_a_setuid_program_gains_nothing(self):
        for name, euid in (("permissive", 0), *((c, 1000) for c in CLASSES)):
            spec = greedy_spec(["suprobe"])
            spec["process"]["user"] = {"uid": 1000, "gid": 1000}
            facts = self.run_probe(name, spec, "suprobe")
            self.assertEqual((facts["uid"], facts["euid"]), (1000, euid), name)
            if name != "permissive":
                self.assertEqual((facts["CapEff"], facts["CapAmb"]), (NO_CAPS, NO_CAPS), name)

    def test_net_bind_service_on_request_only(self):
        spec = plain_spec(["probe"])
        wanted = ["CAP_NET_BIND_SERVICE"]
        spec["process"]["capabilities"] = {key: wanted for key in
                                           ("bounding", "effective", "permitted", "ambient")}
        facts = self.run_probe("restricted", spec)
        self.assertEqual(int(facts["CapEff"], 16), cap_mask({"NET_BIND_SERVICE"}))
        self.assertEqual((facts["CapInh"], facts["CapAmb"]), (NO_CAPS, NO_CAPS))

    def test_kernel_paths_are_masked_and_read_only_even_if_the_spec_forgot(self):
        script = ("for f in /proc/kcore /proc/keys /proc/timer_list; do "
                  "echo $f $(head -c 1 $f 2>/dev/null | wc -c); done; "
                  "for f in /proc/sys/kernel/hostname /proc/sys/kernel/domainname; do "
                  "(echo x > $f) 2>/dev/null && echo $f writable; done; "
                  "ls /sys/firmware | sed 's/$/ shows/'; true")
        open_lines = self.kernel_paths("permissive", script)
        self.assertIn("/proc/sys/kernel/hostname writable", open_lines)
        self.assertIn("/proc/timer_list 1", open_lines)
        for name in CLASSES:
            self.assertEqual(self.kernel_paths(name, script),
                             ["/proc/kcore 0", "/proc/keys 0", "/proc/timer_list 0"], name)

    def kernel_paths(self, name, script):
        box = self.bundle(spec=greedy_spec(["sh", "-c", script]))
        return self.ok(self.runtime(name).run("box", box)).stdout.splitlines()

    def test_writable_paths_are_tmpfs_with_limits(self):
        done = self.ok(self.runtime("restricted").run("box", self.bundle(
            spec=greedy_spec(["sh", "-c", "grep ' /tmp ' /proc/mounts; stat -c %a /tmp"]))))
        mount, mode = done.stdout.splitlines()
        for option in ("tmpfs", "rw", "nosuid", "nodev", "noexec", "size=", "nr_inodes="):
            self.assertIn(option, mount)
        self.assertEqual(mode, "1777")

    def volume(self):
        """The path of a named volume, as Docker makes them, with another file system on its /below."""
        volume = "/var/lib/docker/volumes/layers/_data"
        self.addCleanup(self.node.run, ["sh", "-c", f"umount {volume}/below {volume}/..; "
                                        f"rm -r {volume}/.. /run/mount"])
        self.node.run(["sh", "-c", f"mkdir -p {volume}/.. && mount -t tmpfs data {volume}/.. && "
                       f"mkdir -p {volume}/below && mount -t tmpfs below {volume}/below"], check=True)
        return volume

    def sh(self, name, script, *mounts):
        """The output and exit code of a script in a container of a class with `mounts` more."""
        box = self.bundle(spec=greedy_spec(["sh", "-c", script]))
        box.spec["mounts"] += mounts
        done = self.runtime(name).run("box", box.save())
        return done.stdout + done.stderr, done.code

    def test_a_volume_on_tmp_runs_nothing_nor_what_is_mounted_below(self):
        volume = self.volume()
        for kind in ("bind", "rbind"):
            for path, code in (("/tmp", 126), ("/data", 0)):
                mount = {"destination": path, "type": "bind", "source": volume, "options": [kind, "rw", "rexec"]}
                for place in ("", "/below"):
                    with self.subTest(f"{kind} {path}{place}"):
                        script = f"cp /bin/busybox {path}{place}/true && {path}{place}/true"
                        said = self.sh("restricted", script, mount)
                        self.assertEqual(said[1], code, said[0])

    def test_the_flags_of_a_volume_hold(self):
        volume = self.volume()
        for name in CLASSES:
            for kind in ("bind", "rbind"):
                for words in (["ro"], ["noexec"], ["nosuid", "nodev"], ["ro", "noexec"]):
                    with self.subTest(f"{name} {kind} {words}"):
                        said = self.sh(name, "grep ' /data ' /proc/mounts", {
                            "destination": "/data", "type": "bind", "source": volume, "options": [kind, *words]})
                        options = said[0].split()[3].split(",")
                        self.assertEqual({"rw", "ro", "noexec", "nosuid", "nodev"} & set(options),
                                         {*words, *(() if "ro" in words else ("rw",))})

    def test_rlimits_are_bounded(self):
        spec = greedy_spec(["sh", "-c", "ulimit -c; ulimit -Hc"])
        spec["process"]["rlimits"] = []
        done = self.ok(self.runtime("restricted").run("box", self.bundle(spec=spec)))
        self.assertNotIn("unlimited", done.stdout)

    # exec

    def greedy_process(self):
        process = greedy_spec(["probe"])["process"]
        process["user"] = {"uid": 0, "gid": 0}
        process["selinuxLabel"] = ""
        return process

    def test_an_exec_that_asks_for_everything_gets_nothing(self):
        expected = {"restricted": 0, "baseline": cap_mask(BASELINE_CAPS)}
        for name in CLASSES:
            runtime = self.runtime(name)
            self.container(runtime, "box", self.bundle(spec=greedy_spec(["sleep", "100"])))
            ways = {
                "--process": runtime.exec_process("box", self.greedy_process()),
                "--process without anything":
                    runtime.exec_process("box", {"args": ["probe"], "cwd": "/",
                                                 "env": ["PATH=/bin"],
                                                 "user": {"uid": 0, "gid": 0}}),
                "flags": runtime.exec("box", "probe", flags=(
                    "--cap", "CAP_SYS_ADMIN", "--user", "0", "--env", "PATH=/bin")),
                "--cap ALL": runtime.exec("box", "probe", flags=(
                    *(f for cap in ALL_CAPS for f in ("--cap", cap)), "--env", "PATH=/bin")),
                "plain": runtime.exec("box", "probe", flags=("--env", "PATH=/bin")),
            }
            if self.DELEGATE == "runc":  # crun's flag takes no value
                ways["--no-new-privs=false"] = runtime.exec(
                    "box", "probe", flags=("--no-new-privs=false", "--env", "PATH=/bin"))
            for title, done in ways.items():
                with self.subTest(f"{name} {title}"):
                    facts = self.probe(done)
                    self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
                    for caps in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                        self.assertEqual(int(facts[caps], 16) & ~expected[name], 0, caps)
                    self.assertNotEqual(facts["calls"]["socket_vsock"], "ok")
                    self.assertNotEqual(facts["calls"]["mount"], "ENODEV")
            self.ok(runtime.delete("box", "--force"))

    def test_an_exec_uses_the_policy_of_its_create(self):
        """A class that is loosened later does not reach into a container that lives."""
        self.node.write("/etc/stockade/classes.d/web.json",
                        '{"name":"web","extends":"restricted","description":"A web server."}')
        self.addCleanup(self.node.run, ["rm", "-rf", "/etc/stockade"])
        runtime = self.runtime("restricted")
        runtime.argv = [runtime.argv[0].replace("stockade-restricted", "stockade"),
                        "--stockade-class", "web", *runtime.argv[1:]]
        self.container(runtime, "box", self.bundle(spec=greedy_spec(["sleep", "100"])))
        self.node.write("/etc/stockade/classes.d/web.json",
                        '{"name":"web","extends":"permissive","description":"Wide open."}')
        facts = self.probe(runtime.exec_process("box", self.greedy_process()))
        self.assertEqual((facts["NoNewPrivs"], facts["CapEff"], facts["CapBnd"]),
                         ("1", NO_CAPS, NO_CAPS))
        self.ok(runtime.delete("box", "--force"))

    def test_an_exec_with_a_hostile_document_is_refused(self):
        runtime = self.runtime("restricted")
        self.container(runtime, "box", self.bundle())
        for text in ('{"args":["id"],"cwd":"/","capabilities":{},'
                     '"CAPABILITIES":{"effective":["CAP_SYS_ADMIN"]}}',
                     '{"args":["id"],"cwd":"/","noNewPrivileges":true,"nonewprivileges":false}',
                     '{"args":["id"],"cwd":"/","args":["id"]}'):
            with self.subTest(text):
                self.refused(runtime.exec_process("box", text))
        self.ok(runtime.delete("box", "--force"))


class RuncLayers(Layers, NodeCase):
    DELEGATE = "runc"


class CrunLayers(Layers, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
