# SPDX-License-Identifier: Apache-2.0
"""The harness itself, on the bare delegates: a leak check that finds nothing proves nothing."""
from lib.bundle import greedy_spec
from lib.case import NodeCase
from lib.leaks import Snapshot
from lib.node import Node
from lib.runtime import Runtime


class Harness(NodeCase):
    def test_a_plain_container_runs_and_nothing_is_left(self):
        for delegate in ("runc", "crun"):
            with self.subTest(delegate):
                bare = Runtime(self.node, [self.tool(delegate)])
                box = self.bundle(["sh", "-c", "echo out; echo err >&2; exit 3"])
                done = bare.run("plain", box)
                self.assertEqual((done.code, done.stdout, done.stderr), (3, "out\n", "err\n"))

    def test_the_probe_reaches_everything_in_an_unconfined_container(self):
        """Without this, a refused call in the layer tests could be the machine's doing."""
        for delegate in ("runc", "crun"):
            with self.subTest(delegate):
                bare = Runtime(self.node, [self.tool(delegate)])
                facts = self.probe(bare.run("greedy", self.bundle(spec=greedy_spec(["probe"]))))
                self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("0", "0"))
                self.assertGreater(int(facts["CapEff"], 16), 0xff_ffff_ff)
                calls = facts["calls"]
                for name in ("write_root", "write_tmp", "exec_tmp", "socket_vsock",
                             "socket_vsock_bit32", "unshare_user", "mknod", "ptrace"):
                    self.assertEqual(calls[name], "ok", name)
                self.assertNotIn(calls["mount"], ("EPERM", "ENOSYS"))
                self.assertNotIn(calls["socket_alg"], ("EPERM", "ENOSYS"))

    def test_what_a_killed_delegate_leaves_can_be_cleared(self):
        bare = Runtime(self.node, [self.tool("crun")])
        self.node.run(["sh", "-c", "touch /tmp/crun.Killed; mount -n --bind $(command -v crun) /tmp/crun.Killed; "
                       "mkdir /sys/fs/cgroup/pids/box1; setsid sleep 100 >/dev/null 2>&1 & sleep 0.1"], check=True)
        bare.clear_after_kill("box1")  # the check at the end of the test says whether it did

    def test_the_leak_check_finds_each_kind_of_leak(self):
        with Node() as node:
            before = Snapshot(node)
            self.assertEqual(before.leaks(), [])
            node.run(["sh", "-c", "mkdir /tmp/m && mount -t tmpfs none /tmp/m; "
                      "mkdir /sys/fs/cgroup/pids/left; setsid sleep 50 >/dev/null 2>&1 & "
                      "ip link add left0 type veth peer name left1; sleep 0.1"])
            kinds = {line.split(":")[0] for line in before.leaks()}
            self.assertEqual(kinds, {"mount", "process", "cgroup", "interface", "file"})
