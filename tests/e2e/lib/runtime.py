# SPDX-License-Identifier: Apache-2.0
"""Drives an OCI runtime by its command line, as containerd's shim does.

    runc = Runtime(node, ["runc"])
    ours = stockade(node, "restricted")
    done = ours.run("box", bundle)              # done.code, done.stdout, done.stderr, done.log
    ours.create("box", bundle); ours.start("box"); ours.exec("box", "probe"); ours.delete("box")

Every Runtime has its own --root; every call has its own --log file, whose lines end up in done.log.
"""
import dataclasses
import json
import time

from .node import BIN

CLASSES = ("baseline", "restricted")
ALL_CLASSES = (*CLASSES, "isolated")


@dataclasses.dataclass
class Done:
    """How one call ended."""

    code: int
    stdout: str
    stderr: str
    log: list
    log_text: str

    def message(self):
        """The last error line of the log, which is what containerd shows; "" if there is none."""
        errors = [entry["msg"] for entry in self.log if entry.get("level") == "error"]
        return errors[-1] if errors else ""

    def json(self):
        return json.loads(self.stdout)


def _json_values(text):
    """The JSON values of a log, which newer crun spreads over several lines each."""
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        try:
            value, end = decoder.raw_decode(text)
        except ValueError:
            raise AssertionError(f"the log is not JSON: {text!r}") from None
        yield value
        text = text[end:]


class Runtime:
    """One runtime binary with global flags, and one --root of its own."""

    _count = 0

    def __init__(self, node, argv, root=None):
        Runtime._count += 1
        self.node = node
        self.argv = list(argv)
        self.root = root or f"{node.work}/root{Runtime._count}"

    def call(self, *args, global_flags=(), log_format="json", **kwargs):
        """Runs `argv --root R --log FILE --log-format json <args>`; see Node.run for the rest."""
        Runtime._count += 1
        log = self.node.work / f"log{Runtime._count}"
        done = self.node.run(
            [*self.argv, "--root", self.root, "--log", log, "--log-format", log_format,
             *global_flags, *args], **kwargs)
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        log.unlink(missing_ok=True)
        lines = list(_json_values(text)) if log_format == "json" else []
        return Done(done.returncode, done.stdout, done.stderr, lines, text)

    def create(self, name, bundle, *flags, **kwargs):
        return self.call("create", "--bundle", bundle.path, *flags, name, **kwargs)

    def start(self, name):
        return self.call("start", name)

    def run(self, name, bundle, *flags, **kwargs):
        return self.call("run", "--bundle", bundle.path, *flags, name, **kwargs)

    def exec(self, name, *command, flags=(), **kwargs):
        return self.call("exec", *flags, name, *command, **kwargs)

    def exec_process(self, name, process, *flags, **kwargs):
        """exec --process FILE, which is how containerd does it. `process` is a dict or raw text."""
        Runtime._count += 1
        path = self.node.work / f"process{Runtime._count}.json"
        path.write_text(process if isinstance(process, str) else json.dumps(process),
                        encoding="utf-8")
        try:
            return self.call("exec", "--process", path, *flags, name, **kwargs)
        finally:
            path.unlink()

    def state(self, name):
        return self.call("state", name)

    def status(self, name):
        """"created", "running", "stopped" …, or "" when there is no such container."""
        done = self.state(name)
        return done.json()["status"] if done.code == 0 else ""

    def kill(self, name, signal="KILL", *flags):
        return self.call("kill", *flags, name, signal)

    def delete(self, name, *flags):
        return self.call("delete", *flags, name)

    def wait_status(self, name, wanted, seconds=10):
        deadline = time.monotonic() + seconds
        while self.status(name) != wanted:
            if time.monotonic() > deadline:
                raise AssertionError(f"{name} is {self.status(name) or 'unknown'}, not {wanted}, "
                                     f"after {seconds} s")
            time.sleep(0.02)

    def clear_after_kill(self, name):
        """Removes what a killed delegate itself leaves of container `name`: processes, its folder,
        cgroups and, of crun, a copy of itself that it binds over a file in /tmp for a moment."""
        self.node.run(["sh", "-s", f"{self.root}/{name}", name], check=True, data=r"""
            left() { pgrep -f 'sleep 100|init|crun|runc' | grep -vx 1; }
            tries=0
            while pids=$(left) && [ $((tries += 1)) -lt 500 ]; do kill -9 $pids; sleep 0.01; done
            for file in /tmp/crun.*; do umount -n "$file"; done
            rm -rf "$1" /tmp/crun.*
            find /sys/fs/cgroup -mindepth 2 -depth -type d -name "*$2*" -exec rmdir {} +
            true""")

    def ids(self):
        """The ids that the delegate knows under this root."""
        return self.call("list", "-q").stdout.split()


def stockade(node, name, delegate=None, config=None):
    """The runtime of one class. `delegate` and the members of `config` go into a node configuration
    made for it; without both, it reads /etc/stockade/config.json."""
    document = dict(config or {})
    if delegate:
        document["defaultDelegate"] = delegate
    if document:
        Runtime._count += 1
        path = f"/etc/stockade-e2e/config{Runtime._count}.json"
        node.write(path, json.dumps(document))
        return Runtime(node, [f"{BIN}/stockade-{name}", "--stockade-config", path])
    return Runtime(node, [f"{BIN}/stockade-{name}"])
