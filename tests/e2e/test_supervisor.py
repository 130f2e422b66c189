# SPDX-License-Identifier: Apache-2.0
"""A container whose calls a supervisor answers: an admin's class that extends `restricted`."""
import json
import os
import signal
import unittest
from pathlib import Path

from lib.case import NodeCase
from lib.runtime import Runtime, stockade
from lib.supervisor import RACE, RACE_CALLS, Interposed, rules


class Supervisor(Interposed):
    """The tests; subclasses say over which delegate and node."""

    def test_calls_end_as_without_a_supervisor(self):
        native = stockade(self.node, "restricted", self.DELEGATE)
        runtime = self.runtime()
        wanted = self.ok(native.run("box", self.bundle(spec=self.spec("netcalls")))).stdout.splitlines()
        got = self.ok(runtime.run("box", self.bundle(spec=self.spec("netcalls")))).stdout.splitlines()
        self.assertGreater(len(wanted), 70)
        self.assertEqual(got, wanted)
        self.until(lambda: not self.supervisors())

    def test_addresses_are_refused_by_every_call(self):
        runtime = self.runtime(connect=rules(deny=["10.0.0.0/8 80", "fd99::/16"]))
        box = self.bundle(spec=self.spec("sleep", "300"))
        self.container(runtime, "box", box)
        for address, port, refused in (
                ("169.254.169.254", 80, True), ("::ffff:169.254.169.254", 80, True),
                ("fd00:ec2::254", 80, True), ("100.100.100.200", 443, True), ("10.1.2.3", 80, True),
                ("::ffff:10.1.2.3", 80, True), ("fd99::1", 7, True), ("10.1.2.3", 81, False),
                ("127.0.0.1", 80, False)):
            with self.subTest(address, port=port):
                lines = self.ok(runtime.exec("box", "netcalls", "reach", address, str(port))).stdout
                count = lines.count("Permission denied")
                self.assertEqual(count, 6 if refused else 0, lines)
        events = self.events(runtime)
        self.assertEqual(events[0]["call"], "sendto")
        self.assertEqual(events[0]["arguments"], "169.254.169.254:80")
        self.assertEqual(events[0]["rule"], "metadata address")
        self.assertEqual(events[0]["command"], "netcalls")
        self.assertIn("10.0.0.0/8 80", {event["rule"] for event in events})

    def test_an_allow_list(self):
        runtime = self.runtime(connect=rules("deny", allow=["192.0.2.0/24 443"]))
        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
        denied = self.ok(runtime.exec("box", "netcalls", "reach", "192.0.2.1", "80")).stdout
        self.assertEqual(denied.count("Permission denied"), 6)
        allowed = self.ok(runtime.exec("box", "netcalls", "reach", "192.0.2.1", "443")).stdout
        self.assertEqual(allowed.count("Permission denied"), 0, allowed)

    def test_memory_and_descriptors_that_change_meanwhile(self):
        runtime = self.runtime(**RACE)
        done = self.ok(runtime.run("box", self.bundle(spec=self.spec("netrace", RACE_CALLS)), timeout=3600))
        result = json.loads(done.stdout)
        self.assertEqual((result["bypassed"], result["other"]), (0, 0), result)
        self.assertGreater(min(result["sent"], result["refused"]), 100, result)

    def test_a_workload_sees_nothing_of_it(self):
        def seen(runtime, *flags, **env):
            done = self.node.run(
                ["bash", "-c", 'exec 3</dev/zero 4</etc/passwd; exec "$@"', "bash", *runtime.argv,
                 "--root", runtime.root, "run", *flags, "--bundle",
                 self.bundle(spec=self.spec("seen")).path, "box"], check=True, env=env)
            return [line for line in done.stdout.splitlines() if "limit" not in line]

        bare = Runtime(self.node, [self.node.which(self.DELEGATE)])
        for flags in ((), ("--preserve-fds", "2"), ("--preserve-fds=1",)):
            with self.subTest(flags):
                self.assertEqual(seen(self.runtime(), *flags), seen(bare, *flags))
                # Of another process, and more than there are.
                stale = {"LISTEN_FDS": "7", "LISTEN_PID": "1"}
                self.assertEqual(seen(self.runtime(), *flags, **stale), seen(bare, *flags, **stale))

    def test_what_looks_at_callers_has_power_over_the_container_alone(self):
        def check(worker, users, space):
            lines = Path(f"/proc/{worker}/status").read_text(encoding="ascii").splitlines()
            status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
            self.assertEqual(os.readlink(f"/proc/{worker}/ns/user"), space)
            self.assertEqual([status[name] for name in ("CapBnd", "CapInh", "CapAmb")], ["0" * 16] * 3)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
            if users == "force":  # nobody of the node's
                self.assertGreater(min(map(int, (status["Uid"] + " " + status["Gid"]).split())), 65535)

        host = os.readlink("/proc/self/ns/user")
        for users in ("force", "keep"):
            with self.subTest(users):
                runtime = self.runtime(users=users)
                self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
                self.ok(runtime.exec("box", "netcalls", "reach", "127.0.0.1", "80"))
                pid = json.loads(runtime.state("box").stdout)["pid"]
                space = os.readlink(self.node.path(f"/proc/{pid}/ns/user"))
                self.assertEqual(space == host, users == "keep")
                holder, worker = self.supervisors()
                check(worker, users, space)
                os.kill(worker, signal.SIGKILL)
                self.until(lambda gone=worker: len(self.supervisors()) == 2 and gone not in self.supervisors())
                self.ok(runtime.exec("box", "netcalls", "reach", "127.0.0.1", "80"))
                check(self.supervisors()[1], users, space)
                self.assertEqual(os.readlink(f"/proc/{holder}/ns/user"), host)
                runtime.delete("box", "--force")
                self.until(lambda: not self.supervisors())

    def test_execs_are_answered_too(self):
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
        alive = self.supervisors()
        self.assertEqual(len(alive), 2)  # a holder and its worker
        for _ in range(3):
            done = self.ok(runtime.exec("box", "netcalls", "reach", "169.254.169.254", "80"))
            self.assertEqual(done.stdout.count("Permission denied"), 6)
        self.assertEqual(self.supervisors(), alive)
        runtime.delete("box", "--force")
        self.until(lambda: not self.supervisors())

    def test_the_supervisor_is_confined(self):
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
        for pid in self.supervisors():
            text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
            with self.subTest("its status"):
                self.assertEqual(status["NoNewPrivs"], "1")
                self.assertEqual(status["Seccomp"], "2")
                self.assertEqual(status["Uid"].split()[1], "65534")
                self.assertEqual(int(status["CapBnd"], 16), 0)
                # KILL, SETGID, SETUID, NET_BIND_SERVICE, SYS_CHROOT, SYS_PTRACE, MKNOD
                self.assertEqual(int(status["CapPrm"], 16),
                                 sum(1 << bit for bit in (5, 6, 7, 10, 18, 19, 27)))
                self.assertEqual(int(status["CapEff"], 16), 1 << 5 | 1 << 19)
            with self.subTest("its root is empty"):
                self.assertEqual(os.listdir(f"/proc/{pid}/root"), [])

    def test_complain_and_kill(self):
        runtime = self.runtime(connect=rules("deny"), complain=True)
        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
        done = self.ok(runtime.exec("box", "netcalls", "reach", "127.0.0.1", "9"))
        self.assertNotIn("Permission denied", done.stdout)
        self.assertEqual(self.events(runtime)[0]["answer"], "performed")
        runtime.delete("box", "--force")
        runtime = self.runtime(connect=rules("deny"), onViolation="kill")
        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
        self.assertEqual(runtime.exec("box", "netcalls", "reach", "127.0.0.1", "9").code, 137)

    def test_refused_calls_are_recorded(self):
        runtime = self.runtime(refused=["getpriority"])
        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
        runtime.exec("box", "seen")
        events = [event for event in self.events(runtime) if event["call"] == "getpriority"]
        self.assertEqual(events[0]["answer"], "refused")

    def test_unix_paths_are_decided_by_where_they_lead(self):
        runtime = self.runtime(connect=rules(deny=["unix:/tmp/stream.sock"]))
        done = self.ok(runtime.run("box", self.bundle(spec=self.spec("netcalls", "paths"))))
        self.assertEqual(done.stdout.splitlines(), [
            "/tmp/stream.sock: Permission denied", "./../tmp/stream.sock: Permission denied",
            "/tmp/link.sock: Permission denied", "/tmp/other.sock: ok"])

    def test_a_unix_path_leads_through_no_other_users_process(self):
        """The worker may look into every process of the container; whoever it connects for may not."""
        spec = self.spec("netcalls", "behind")
        spec["process"]["user"] = {"uid": 1000, "gid": 1000}
        del spec["process"]["capabilities"]
        for changes in ({"namespaces": "refuse"}, {"namespaces": "kernel"}):  # settled callers, and others
            for users in ("keep", "force"):
                with self.subTest(users=users, **changes):
                    runtime = self.runtime(users=users, **changes)
                    self.container(runtime, "box", self.bundle(spec=spec))
                    self.until(lambda it=runtime: it.exec("box", "ls", "/tmp/closed").code == 0)
                    done = self.ok(runtime.exec("box", "netcalls", "around", "1", flags=["--user", "2000:2000"]))
                    self.assertEqual(done.stdout.count("Permission denied"), 5, done.stdout)
                    runtime.delete("box", "--force")

    def test_in_a_user_namespace_of_the_pods_own(self):
        def lines(runtime):
            spec = self.spec("sleep", "300")
            spec["process"]["user"] = {"uid": 1000, "gid": 1000}
            self.container(runtime, "box", self.bundle(spec=spec))
            done = self.ok(runtime.exec("box", "netcalls"))
            user = self.ok(runtime.exec("box", "netcalls", flags=["--user", "1000:1000"]))
            if runtime is interposed:
                reach = self.ok(runtime.exec("box", "netcalls", "reach", "169.254.169.254", "80"))
                self.assertEqual(reach.stdout.count("Permission denied"), 6)
            runtime.delete("box", "--force")
            return done.stdout.splitlines(), user.stdout.splitlines()

        interposed = self.runtime(users="force")
        native = stockade(self.node, "restricted", self.DELEGATE, {
            "stateDirectory": f"{self.node.work}/state"})
        self.assertEqual(lines(interposed), lines(native))

    def test_checkpoint_is_refused(self):
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
        self.refused(runtime.call("checkpoint", "box"), "cannot checkpoint")


class SupervisorOverRunc(Supervisor, NodeCase):
    DELEGATE = "runc"


class SupervisorOverCrun(Supervisor, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
