# SPDX-License-Identifier: Apache-2.0
"""Bad settings and bad moments: a clear error, nothing left behind, never a container with a layer
missing. Policy and node configuration that is wrong, delegates that are not what they should be,
disks that are full or read-only, two of everything, and SIGKILL at any moment."""
import json
import os
import random
import shutil
import subprocess
import time
import unittest

from lib.bundle import greedy_spec
from lib.case import NodeCase, require_stockade
from lib.runtime import stockade


class Faults:
    """The tests; subclasses say over which delegate."""

    DELEGATE = ""

    @classmethod
    def setUpClass(cls):
        require_stockade("permissive", "restricted", "isolated")
        super().setUpClass()

    def runtime(self, **config):
        return stockade(self.node, "restricted", self.DELEGATE, config)

    # Policy and node configuration

    def test_broken_class_files_are_refused_with_file_line_and_key(self):
        self.addCleanup(self.node.run, ["rm", "-rf", "/etc/stockade"])
        path = "/etc/stockade/classes.d/web.json"
        for title, text, words in (
                ("an unknown key", '{"name":"web","extends":"restricted",\n"capabilitys":{}}',
                 [path, "capabilitys"]),
                ("an unknown key inside",
                 '{"name":"web","extends":"restricted",\n"seccomp":{"mod":"off"}}', [path, "mod"]),
                ("a wrong type", '{"name":"web","extends":"restricted",\n"capabilities":5}',
                 [path, "capabilities"]),
                ("malformed", '{"name":"web",', [path]),
                ("an unknown parent", '{"name":"web","extends":"nothing"}', ["nothing"]),
                ("its own parent", '{"name":"web","extends":"web"}', ["web"])):
            with self.subTest(title):
                self.node.write(path, text)
                runtime = self.runtime()
                runtime.argv = ["/opt/stockade/bin/stockade", "--stockade-class", "web",
                                *runtime.argv[1:]]
                message = self.refused_create(runtime, self.bundle(), *words)
                if "\n" in text:
                    self.assertRegex(message, r"web\.json:2\b")
                self.assertEqual(self.records(), [])

    def test_class_files_that_others_may_write_are_refused(self):
        self.addCleanup(self.node.run, ["rm", "-rf", "/etc/stockade"])
        path = "/etc/stockade/classes.d/web.json"
        text = '{"name":"web","extends":"permissive","description":"x"}'
        for title, command in (("writable by others", f"chmod 666 {path}"),
                               ("of somebody else", f"chown 1000 {path}")):
            with self.subTest(title):
                self.node.write(path, text)
                self.node.run(["sh", "-c", command], check=True)
                runtime = self.runtime()
                runtime.argv = ["/opt/stockade/bin/stockade", "--stockade-class", "web",
                                *runtime.argv[1:]]
                self.refused_create(runtime, self.bundle(), path)
                self.node.run(["rm", path])

    def test_broken_node_configurations_are_refused(self):
        runtime = self.runtime()
        for title, text, words in (("an unknown key", '{"defaultDelegates":"runc"}',
                                    ["defaultDelegates"]),
                                   ("malformed", "{", []),
                                   ("a wrong type", '{"delegates":[]}', ["delegates"])):
            with self.subTest(title):
                path = "/etc/stockade-e2e/broken.json"
                self.node.write(path, text)
                runtime.argv = ["/opt/stockade/bin/stockade-restricted", "--stockade-config", path]
                self.refused_create(runtime, self.bundle(), path, *words)
        with self.subTest("missing"):
            runtime.argv = [runtime.argv[0], "--stockade-config", "/no/such"]
            self.refused_create(runtime, self.bundle(), "/no/such")

    # Delegates

    def test_a_changed_class_and_delegate_leave_what_runs_as_it_was(self):
        """Whether or not the caller names the root; Podman does not."""
        self.addCleanup(self.node.run, ["rm", "-rf", "/etc/stockade", "/run/runc", "/run/crun"])
        other = {"runc": "crun", "crun": "runc"}[self.DELEGATE]
        path = "/etc/stockade/classes.d/web.json"
        process = self.node.work / "process.json"
        for flags in ((), ("--root", self.node.work / "rooted")):
            with self.subTest(flags):
                def call(delegate, *args):
                    config = stockade(self.node, "restricted", delegate).argv[1:]
                    return self.node.run(["/opt/stockade/bin/stockade", "--stockade-class", "web", *config,
                                          *flags, *args])
                self.node.write(path, '{"name":"web","extends":"restricted"}')
                box = self.bundle(spec=greedy_spec(["sleep", "100"]))
                process.write_text(json.dumps({**box.spec["process"], "args": ["/bin/probe"]}))
                done = call(self.DELEGATE, "create", "--bundle", box.path, "box")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(call(self.DELEGATE, "start", "box").returncode, 0)
                self.node.write(path, '{"name":"web","extends":"permissive"}')
                for delegate in (self.DELEGATE, other):
                    done = call(delegate, "exec", "--process", process, "box")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(json.loads(done.stdout)["NoNewPrivs"], "1")
                done = call(other, "delete", "--force", "box")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.records(), [])
        process.unlink()

    def test_a_record_that_a_dead_create_left_names_no_delegate(self):
        """The delegate that it had may be gone."""
        real = self.node.which(self.DELEGATE)
        self.node.write("/opt/stops", f'#!/bin/sh\ncase " $* " in *" create "*) kill -9 $$ ;; esac\nexec {real} "$@"\n',
                        0o755)
        old, new = self.runtime(delegates={self.DELEGATE: "/opt/stops"}), self.runtime()
        old.root = new.root
        box = self.bundle(spec=greedy_spec(["/bin/probe"]))
        self.assertNotEqual(old.create("box", box).code, 0)
        self.assertNotEqual(self.records(), [])
        self.node.run(["rm", "/opt/stops"], check=True)
        self.assertEqual(self.probe(new.run("box", box))["NoNewPrivs"], "1")
        self.assertEqual(self.records(), [])

    def test_unsafe_delegates_are_refused(self):
        real = self.node.which(self.DELEGATE)
        self.node.run(["sh", "-c", f"mkdir /tmp/d; cp {real} /tmp/d/writable; "
                       "chmod 777 /tmp/d/writable; "
                       f"cp {real} /tmp/d/foreign; chown 1000 /tmp/d/foreign; "
                       f"cp {real} /tmp/d/dead; chmod 644 /tmp/d/dead; mkdir /tmp/d/folder; "
                       "ln -s /opt/stockade/bin/stockade-restricted /tmp/d/ourselves; "
                       "echo hello > /tmp/d/text; chmod 755 /tmp/d/text; "
                       f"mkdir /tmp/d/open; chmod 777 /tmp/d/open; cp {real} /tmp/d/open/runc"],
                      check=True)
        self.addCleanup(self.node.run, ["rm", "-rf", "/tmp/d"])
        for path, word in (("/no/such/runc", "/no/such/runc"),
                           ("/tmp/d/writable", "/tmp/d/writable"),
                           ("/tmp/d/foreign", "/tmp/d/foreign"), ("/tmp/d/dead", "/tmp/d/dead"),
                           ("/tmp/d/folder", "/tmp/d/folder"), ("/tmp/d/ourselves", "ourselves"),
                           ("/tmp/d/text", "run /tmp/d/text: Exec format error"),
                           ("/tmp/d/open/runc", "/tmp/d/open"), ("runc", "runc")):
            with self.subTest(path):
                box = self.bundle()
                before = sorted(p.name for p in box.path.iterdir())
                runtime = self.runtime(delegates={self.DELEGATE: path})
                done = runtime.create("box", box)
                if done.code == 0:
                    self.runtime(delegates={}).delete("box", "--force")
                self.refused(done, word)
                self.assertEqual(self.records(), [])
                self.assertEqual(sorted(p.name for p in box.path.iterdir()), before)
                self.refused(runtime.run("box", box), word)
                self.refused(runtime.call("features"), word)
                self.assertEqual(self.records(), [])

    def test_a_delegate_that_is_gone_does_not_hang_a_refusal(self):
        runtime = stockade(self.node, "restricted", "nothing-of-that-name")
        self.refused_create(runtime, self.bundle(), "nothing-of-that-name")

    # Disks

    def test_a_state_directory_that_cannot_be_written_stops_the_create(self):
        for title, command in (
                ("read-only", "mkdir -p /tmp/s; mount -t tmpfs -o ro none /tmp/s"),
                ("full", "mkdir -p /tmp/s; mount -t tmpfs -o size=16k none /tmp/s; "
                         "dd if=/dev/zero of=/tmp/s/fill 2>/dev/null; true"),
                ("without inodes", "mkdir -p /tmp/s; mount -t tmpfs -o nr_inodes=1 none /tmp/s"),
                ("a file", "touch /tmp/s"),
                ("missing parents that cannot be made", "mkdir -p /tmp/s; "
                 "mount -t tmpfs -o ro none /tmp/s")):
            with self.subTest(title):
                self.node.run(["sh", "-c", command], check=True)
                try:
                    place = "/tmp/s/a/b" if title.startswith("missing") else "/tmp/s"
                    runtime = self.runtime(stateDirectory=place)
                    box = self.bundle()
                    before = box.config.read_bytes()
                    self.refused_create(runtime, box, "/tmp/s")
                    self.assertEqual(runtime.ids(), [])
                    self.assertEqual(box.config.read_bytes(), before)
                    self.assertEqual(sorted(p.name for p in box.path.iterdir()),
                                     ["config.json", "rootfs"])
                finally:
                    self.node.run(["sh", "-c", "umount /tmp/s 2>/dev/null; "
                                   "rm -rf /tmp/s /run/mount"])

    def test_a_bundle_that_cannot_be_written_stops_the_create(self):
        runtime = self.runtime()
        for title, options in (("read-only", "ro"), ("full", "size=8k")):
            with self.subTest(title):
                box = self.bundle(spec=greedy_spec(["sleep", "100"]))
                box.spec["root"]["path"] = f"{box.path}/rootfs"
                box.save()
                self.node.run(["sh", "-c", "mkdir /tmp/b; mount -t tmpfs none /tmp/b; "
                               f"cp {box.config} /tmp/b/; "
                               f"mount -o remount,{options} /tmp/b; "
                               "dd if=/dev/zero of=/tmp/b/fill bs=1k 2>/dev/null; true"],
                              check=True)
                try:
                    before = self.node.run(["ls", "/tmp/b"]).stdout
                    self.refused(runtime.call("create", "--bundle", "/tmp/b", "box"), "/tmp/b")
                    self.assertEqual(self.node.run(["ls", "/tmp/b"]).stdout, before)
                    self.assertEqual(self.node.run(["cat", "/tmp/b/config.json"]).stdout,
                                     box.config.read_text())
                    self.assertEqual(self.records(), [])
                finally:
                    self.node.run(["sh", "-c", "umount /tmp/b; rmdir /tmp/b; rm -rf /run/mount"])

    def test_a_log_that_cannot_be_opened_is_an_error(self):
        runtime = self.runtime()
        done = self.node.run([*runtime.argv, "--root", runtime.root, "--log", "/no/such/folder/log",
                              "create", "--bundle", self.bundle().path, "box"])
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertIn("/no/such/folder/log", done.stderr)
        self.assertEqual(self.records(), [])

    def test_a_refusal_reaches_the_log_with_every_stream_closed(self):
        runtime = self.runtime()
        box = self.bundle()
        box.spec["linux"]["namespaces"] = []
        box.save()
        log = self.node.work / "closed.log"
        done = self.node.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *runtime.argv, "--root",
                              runtime.root, "--log", log, "--log-format", "json", "create",
                              "--bundle", box.path, "box"])
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(log.read_text())["level"], "error")
        self.assertEqual(self.records(), [])

    # Callers

    def test_a_caller_that_ignores_the_end_of_its_children(self):
        runtime = self.runtime()
        runtime.argv = ["env", "--ignore-signal=CHLD", *runtime.argv]
        box = self.bundle(spec=greedy_spec(["sh", "-c", "exit 7"]))
        self.addCleanup(self.node.run, ["rm", "-rf", "/run/crun"])  # crun makes it for its --version
        version = self.node.run([*runtime.argv, "--version"])
        self.assertEqual(version.returncode, 0, version.stderr)
        self.assertEqual(runtime.run("box", box).code, 7)
        self.ok(runtime.create("box", box))
        self.ok(runtime.delete("box", "--force"))
        self.assertEqual(self.records(), [])

    def test_the_root_of_who_names_none_is_the_delegates(self):
        """crun's is another for somebody who has logged in."""
        runtime = self.runtime()
        box = self.bundle(spec=greedy_spec(["sleep", "100"]))
        env = {"XDG_RUNTIME_DIR": "/tmp/login"}

        def call(*args):
            return self.node.run([*runtime.argv, *args], env=env)

        self.addCleanup(self.node.run, ["rm", "-rf", "/tmp/login", f"/run/{self.DELEGATE}"])
        self.addCleanup(call, "delete", "--force", "box")
        done = call("create", "--bundle", box.path, "box")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(call("start", "box").returncode, 0)
        other = self.bundle(spec=greedy_spec(["true"]))
        self.assertEqual(call("run", "--bundle", other.path, "other").returncode, 0)  # sweeps
        self.assertTrue([name for name in self.records() if name.endswith("/box")])
        facts = json.loads(call("exec", "box", "/bin/probe").stdout)
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
        self.assertIn("exist", call("create", "--bundle", other.path, "box").stderr)
        self.assertEqual(call("delete", "--force", "box").returncode, 0)
        self.assertEqual(self.records(), [])

    def test_an_abbreviated_root_is_refused(self):
        """crun would understand it."""
        runtime = self.runtime()
        box = self.bundle(spec=greedy_spec(["sleep", "100"]))
        for flag in ("--roo=/tmp/elsewhere", "--sys", "--log-f=json"):
            with self.subTest(flag):
                self.refused(runtime.call("create", "--bundle", box.path, "box", global_flags=(flag,)),
                             flag, "abbreviation")
                self.assertEqual(runtime.call("delete", "--force", "box", global_flags=(flag,)).code, 1)
        self.assertEqual(self.records(), [])

    def test_a_root_with_two_meanings_is_refused(self):
        runtime = self.runtime()
        work = self.node.work
        (work / "far/away").mkdir(parents=True)
        (work / "link").symlink_to("far/away")
        self.addCleanup(shutil.rmtree, work / "far")
        self.addCleanup((work / "link").unlink)
        box = self.bundle(spec=greedy_spec(["sleep", "100"]))
        for root, good in (("link/../root", False), ("far/away/../root", True), ("link/root", True)):
            with self.subTest(root):
                runtime.root = work / root
                done = runtime.create("box", box)
                if good:
                    self.ok(done)
                    self.ok(runtime.run("other", self.bundle(spec=greedy_spec(["true"]))))  # sweeps
                    self.assertTrue([name for name in self.records() if name.endswith("/box")])
                    self.ok(runtime.delete("box", "--force"))
                else:
                    self.refused(done, "two meanings")
                self.assertEqual(self.records(), [])

    def test_the_bundle_is_the_one_that_the_kernel_finds(self):
        runtime = self.runtime()
        box = self.bundle(spec=greedy_spec(["/bin/probe"]))
        other = self.bundle(spec=greedy_spec(["/bin/probe"]))
        before = other.config.read_bytes()
        (other.path / "link").symlink_to(box.path / "rootfs")
        facts = self.probe(runtime.call("run", "--bundle", f"{other.path}/link/..", "box"))
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
        self.assertEqual(other.config.read_bytes(), before)
        self.refused(runtime.call("run", "--bundle", f"{other.path}/none/..", "box"), "none/..")

    def test_an_exec_with_a_flag_of_tomorrow_runs_in_no_other_container(self):
        real = self.node.which(self.DELEGATE)
        self.node.write("/opt/tomorrow", '#!/bin/sh\nfor word; do shift; case $word in --tomorrow) skip=yes ;; '
                        '*) [ "$skip" ] || set -- "$@" "$word"; skip= ;; esac; done\n'
                        f'exec {real} "$@"\n', 0o755)
        self.addCleanup(self.node.run, ["rm", "/opt/tomorrow"])
        runtime = self.runtime(delegates={self.DELEGATE: "/opt/tomorrow"})
        box = self.bundle(spec=greedy_spec(["sleep", "100"]))
        process = {**box.spec["process"], "args": ["/bin/probe"]}
        self.container(runtime, "box", box)
        self.refused(runtime.exec_process("box", process, "--tomorrow", "today"), "--tomorrow", "unknown flag")
        self.assertEqual(self.probe(runtime.exec_process("box", process))["NoNewPrivs"], "1")

    # Two of everything

    def test_a_caller_that_ignores_its_children_is_no_matter(self):
        """execve keeps an ignored SIGCHLD ignored: nobody could wait for a child, nor hear of its end."""
        ignore = ["python3", "-c", "import os, signal, sys\n"
                  "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
                  "os.execv(sys.argv[1], sys.argv[1:])"]
        for name in ("restricted", "isolated"):
            with self.subTest(name):
                runtime = stockade(self.node, name, self.DELEGATE)
                runtime.argv = [*ignore, *runtime.argv]
                done = self.ok(runtime.run("box", self.bundle(["echo", "done"])))
                self.assertEqual(done.stdout, "done\n")

    def test_a_second_create_of_an_id_leaves_the_first_alone(self):
        runtime = self.runtime()
        self.container(runtime, "box", self.bundle(spec=greedy_spec(["sleep", "100"])))
        second = self.bundle(spec=greedy_spec(["sleep", "100"]))
        before = second.config.read_bytes()
        self.refused(runtime.create("box", second), "exist")
        self.assertEqual(second.config.read_bytes(), before)
        self.assertEqual(self.probe(runtime.exec("box", "/bin/probe"))["Seccomp"], "2")
        kept = [name for name in self.records() if not name.startswith(".ids/")]
        self.assertEqual(len(kept), 1)
        self.ok(runtime.delete("box", "--force"))
        self.assertEqual(self.records(), [])

    def test_of_many_creates_at_once_one_wins(self):
        runtime = self.runtime()
        for turn in range(3):
            bundles = [self.bundle(spec=greedy_spec(["sleep", "100"])) for _ in range(6)]
            texts = [b.config.read_bytes() for b in bundles]
            running = [self.node.popen(
                [*runtime.argv, "--root", runtime.root, "create", "--bundle", b.path, "box"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for b in bundles]
            codes = [p.wait(30) for p in running]
            with self.subTest(turn=turn):
                self.assertEqual(codes.count(0), 1, codes)
                self.ok(runtime.start("box"))
                facts = self.probe(runtime.exec("box", "/bin/probe"))
                self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
                for bundle, text, code in zip(bundles, texts, codes):
                    if code != 0:
                        self.assertEqual(bundle.config.read_bytes(), text)
            self.ok(runtime.delete("box", "--force"))
            self.assertEqual(self.records(), [])

    # Any moment

    def test_a_kill_at_any_moment_of_create_is_survived(self):
        """After each kill delete --force works, and the id can be made again, with every layer."""
        runtime = self.runtime()
        box = self.bundle(spec=greedy_spec(["sleep", "100"]))
        original = box.config.read_bytes()
        for step in range(20):
            with self.subTest(after_ms=step * 3):
                self.killed_after(step * 0.003, runtime, "create", "--bundle", box.path, "box")
                self.settle(runtime)
                self.assertEqual(json.loads(box.config.read_bytes()), json.loads(original))
                self.ok(runtime.create("box", box))
                self.ok(runtime.start("box"))
                facts = self.probe(runtime.exec("box", "/bin/probe"))
                self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))
                self.ok(runtime.delete("box", "--force"))
                self.assertEqual(self.records(), [])
                self.assertEqual(sorted(p.name for p in box.path.iterdir()),
                                 ["config.json", "rootfs"])

    def test_a_kill_at_any_moment_of_delete_is_survived(self):
        runtime = self.runtime()
        box = self.bundle(spec=greedy_spec(["sleep", "100"]))
        for step in range(12):
            with self.subTest(after_ms=step * 4):
                self.ok(runtime.create("box", box))
                self.ok(runtime.start("box"))
                self.killed_after(step * 0.004, runtime, "delete", "--force", "box")
                self.settle(runtime)
                self.assertEqual(runtime.ids(), [])
                self.assertEqual(self.records(), [])

    def test_kills_at_random_moments_leave_nothing(self):
        """STOCKADE_E2E_KILLS says how often; records, ids, mounts and processes are looked at after."""
        runtime = self.runtime()
        box = self.bundle(spec=greedy_spec(["sleep", "100"]))
        original = json.loads(box.config.read_bytes())
        dice = random.Random(20261125)
        begin = time.monotonic()
        self.ok(runtime.create("box", box))
        whole = time.monotonic() - begin  # of a create, as fast as this machine is now
        self.ok(runtime.delete("box", "--force"))
        made = 0
        for _ in range(int(os.environ.get("STOCKADE_E2E_KILLS", "40"))):
            self.killed_after(dice.uniform(0, 1.5 * whole), runtime, "create", "--bundle", box.path, "box")
            made += "box" in runtime.ids()
            self.killed_after(dice.uniform(0, 1.5 * whole), runtime, "delete", "--force", "box")
            self.settle(runtime)
            self.assertEqual((runtime.ids(), self.records()), ([], []))
        self.assertEqual(json.loads(box.config.read_bytes()), original)
        self.assertGreater(made, 0, "no create ever came far enough to say anything")

    def killed_after(self, seconds, runtime, *args):
        self.node.run(["timeout", "--foreground", "--signal=KILL", f"{max(seconds, 0.0005):.4f}",
                       *runtime.argv, "--root", runtime.root, *args])

    def settle(self, runtime):
        """What containerd does after a kill, then what a killed delegate itself leaves."""
        self.ok(runtime.delete("box", "--force"))
        self.assertEqual(self.records(), [])
        runtime.clear_after_kill("box")

    def test_delete_works_without_the_bundle(self):
        runtime = self.runtime()
        box = self.bundle()
        self.container(runtime, "box", box)
        box.remove()
        self.ok(runtime.delete("box", "--force"))
        self.assertEqual(self.records(), [])
        self.assertEqual(runtime.ids(), [])

    def test_delete_of_what_never_was(self):
        self.ok(self.runtime().delete("never", "--force"))
        self.assertEqual(self.runtime().delete("never").code, 1)
        self.assertEqual(self.records(), [])


class RuncFaults(Faults, NodeCase):
    DELEGATE = "runc"


class CrunFaults(Faults, NodeCase):
    DELEGATE = "crun"


if __name__ == "__main__":
    unittest.main()
