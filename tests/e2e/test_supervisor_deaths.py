# SPDX-License-Identifier: Apache-2.0
"""What happens to a container whose supervisor is killed: a worker is replaced, and without any
supervisor nothing goes through and nothing hangs."""
import contextlib
import json
import os
import signal
import subprocess
import time
import unittest

from lib.case import NodeCase
from lib.supervisor import RACE, Interposed

METADATA = ("netcalls", "reach", "169.254.169.254", "80")


class Deaths(Interposed):
    """The tests; subclasses say over which delegate and node."""

    def kill_worker(self):
        """Kills the worker of the only container, and waits for the next one."""
        holder, worker = self.supervisors()
        os.kill(worker, signal.SIGKILL)
        self.until(lambda: len(self.supervisors()) == 2 and worker not in self.supervisors())
        self.assertEqual(self.supervisors()[0], holder)

    def start(self, runtime, *args):
        """A container whose output can be read while it runs."""
        proc = self.node.popen([*runtime.argv, "--root", runtime.root, "run", "--bundle",
                                self.bundle(spec=self.spec(*args)).path, "box"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.until(lambda: len(self.supervisors()) == 2 and runtime.status("box") == "running")
        return proc

    def test_a_dead_worker_is_replaced(self):
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
        for _ in range(3):
            self.kill_worker()
            lines = self.ok(runtime.exec("box", *METADATA)).stdout
            self.assertEqual(lines.count("Permission denied"), 6)
        log = (self.state_of(runtime) / "supervisor.log").read_text(encoding="utf-8")
        self.assertEqual(log, 3 * "the worker ended by signal 9; another goes on\n")
        self.assertEqual(len(self.events(runtime)), 3 * 6)
        runtime.delete("box", "--force")
        self.until(lambda: not self.supervisors())

    def test_calls_go_on_when_workers_die_under_them(self):
        runtime = self.runtime(**RACE)
        proc = self.start(runtime, "netrace", "100000", "racing")
        self.assertEqual(proc.stdout.readline(), "racing\n")
        killed = set()
        while proc.poll() is None and len(killed) < 15:
            with contextlib.suppress(IndexError, ProcessLookupError):  # at its end, or between two
                worker = self.supervisors()[1]
                os.kill(worker, signal.SIGKILL)
                killed.add(worker)
            time.sleep(0.1)
        out = proc.communicate(timeout=120)[0]
        result = json.loads(out)
        self.assertGreater(len(killed), 3)
        self.assertEqual((proc.returncode, result["bypassed"], result["other"]), (0, 0, 0), result)
        self.assertLessEqual(result["interrupted"], len(killed))  # the call that each had taken
        self.assertGreater(min(result["sent"], result["refused"]), 100, result)

    def test_a_call_that_its_worker_waited_in_is_answered(self):
        runtime = self.runtime()
        proc = self.start(runtime, "netwait")
        self.assertEqual(proc.stdout.readline(), "waiting\n")
        time.sleep(0.2)  # for the supervisor to be in it as well
        os.kill(self.supervisors()[1], signal.SIGKILL)
        self.assertEqual(proc.communicate(timeout=20)[0],
                         "connect: Interrupted system call\nconnect: Resource temporarily unavailable\n")

    def test_a_worker_goes_on_without_its_holder(self):
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle(spec=self.spec(
            "sh", "-c", f"while ! test -e /tmp/go; do sleep 0.1; done; {' '.join(METADATA)}; sleep 300")))
        holder, worker = self.supervisors()
        pid = json.loads(runtime.state("box").stdout)["pid"]
        os.kill(holder, signal.SIGKILL)
        self.until(lambda: self.supervisors() == [worker])
        self.refused(runtime.exec("box", "true"), "supervisor")
        self.node.run(["touch", f"/proc/{pid}/root/tmp/go"], check=True)
        self.until(lambda: len(self.events(runtime)) == 6)
        runtime.delete("box", "--force")
        self.until(lambda: not self.supervisors())

    def test_without_any_supervisor_nothing_goes_through(self):
        runtime = self.runtime()

        def kill_all():
            for pid in self.supervisors():
                with contextlib.suppress(ProcessLookupError):  # a worker ends with its holder
                    os.kill(pid, signal.SIGKILL)
            self.until(lambda: not self.supervisors())

        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
        with self.subTest("while the container runs"):
            kill_all()
            self.refused(runtime.exec("box", "true"), "supervisor")
        runtime.delete("box", "--force")
        with self.subTest("before it starts"):
            self.container(runtime, "box", self.bundle(spec=self.spec("true")), start=False)
            kill_all()
            runtime.start("box")
            runtime.wait_status("box", "stopped")
        runtime.delete("box", "--force")
        with self.subTest("in the middle of calls"):
            proc = self.start(runtime, "netrace", "100000000")
            time.sleep(0.3)
            kill_all()
            self.assertEqual(runtime.status("box"), "running")  # its calls fail; it is not stuck
            self.ok(runtime.kill("box"))
            proc.communicate(timeout=20)

    def test_workers_that_keep_dying_are_given_up(self):
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle(spec=self.spec("sleep", "300")))
        for _ in range(20):
            self.kill_worker()
        os.kill(self.supervisors()[1], signal.SIGKILL)
        self.until(lambda: not self.supervisors())
        log = (self.state_of(runtime) / "supervisor.log").read_text(encoding="utf-8")
        self.assertTrue(log.endswith("ended by signal 9; the container's calls fail\n"), log)
        self.refused(runtime.exec("box", "true"), "supervisor")


class DeathsOverRunc(Deaths, NodeCase):
    DELEGATE = "runc"


class DeathsOverCrun(Deaths, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
