# SPDX-License-Identifier: Apache-2.0
"""A node: a throw-away machine of namespaces in which the tests run the real programs.

    with Node() as node:                       # this Debian
        node.run(["runc", "--version"]).stdout
    with Node(forky_root()) as node:           # the same test on containerd 2.x
        ...

A node has its own mount, pid, network, ipc, uts and cgroup namespaces over a writable overlay of a
root folder, with empty /run and /tmp. Whatever a test leaves in it is visible (leaks.py) and dies
with it. `node.work` is a real folder with the same path inside and outside. The stockade programs
are at /opt/stockade/bin inside. Needs root.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent.parent
BIN = "/opt/stockade/bin"
PREFIX = "stockade-e2e-"


def host_bin_dir():
    """Where the stockade programs under test are on this machine (STOCKADE_BIN_DIR)."""
    return Path(os.environ.get("STOCKADE_BIN_DIR", REPO / "build/release/bin")).resolve()


def cache_dir():
    path = Path(os.environ.get("STOCKADE_E2E_CACHE", "/var/cache/stockade-e2e"))
    path.mkdir(parents=True, exist_ok=True)
    return path


def forky_root():
    """The Debian forky root folder, or None when tests/e2e/forky_root.sh has not made one."""
    root = cache_dir() / "forky"
    return root if (root / ".stockade-e2e").exists() else None


def _controllers():
    """The cgroup v1 hierarchies here: (folder name, mount options, mount point)."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        left, _, right = line.partition(" - ")
        fstype, _, options = right.split(" ", 2)
        if fstype != "cgroup":
            continue
        point = left.split(" ")[4]
        keep = [o for o in options.split(",") if o not in ("rw", "ro", "xattr")
                and not o.startswith(("release_agent", "clone_children"))]
        if any(o.startswith("name=") for o in keep):
            keep = ["none"] + keep
        found.append((os.path.basename(point), ",".join(keep), point))
    return found


def _sweep():
    """Removes what is left of nodes whose test run was killed; a name holds the process id."""
    places = [Path(point) for _, _, point in _controllers()] + [Path("/var/tmp")]
    for place in places:
        for path in place.glob(f"{PREFIX}*"):
            owner = path.name[len(PREFIX):].split("-")[0]
            if owner.isdigit() and not Path(f"/proc/{owner}").exists():
                if place == Path("/var/tmp"):
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    _remove_group(str(path))


class Node:
    """One throw-away machine. Use as a context manager or call close()."""

    def __init__(self, root="/", extra_binds=()):
        self.root_folder = str(root)
        _sweep()
        self.work = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir="/var/tmp"))
        self.work.chmod(0o755)
        self._name = self.work.name
        self._groups = []
        self._holder = None
        self.pid = 0
        try:
            self._start(list(extra_binds))
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start(self, binds):
        controllers = _controllers()
        if not controllers:
            raise RuntimeError("no cgroup v1 hierarchy here: the node needs one per controller")
        for name, _, point in controllers:
            group = f"{point}/{self._name}"
            os.mkdir(group)
            self._groups.append(group)
            if name == "cpuset":
                for key in ("cpuset.cpus", "cpuset.mems"):
                    value = Path(f"{point}/{key}").read_text(encoding="ascii")
                    Path(f"{group}/{key}").write_text(value, encoding="ascii")
        scratch = self.work / ".node"
        scratch.mkdir()
        binds.append((str(self.work), str(self.work)))
        if host_bin_dir().is_dir():
            binds.append((str(host_bin_dir()), BIN))
        libexec = host_bin_dir().parent / "libexec"
        if libexec.is_dir():
            binds.append((str(libexec), str(Path(BIN).parent / "libexec")))
        conf = {"root": self.root_folder, "scratch": str(scratch), "binds": binds,
                "controllers": [c[:2] for c in controllers], "cgroups": self._groups}
        self._holder = subprocess.Popen(
            ["/usr/bin/python3", str(HERE / "node_init.py"), json.dumps(conf)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.pid = int(self._holder.stdout.readline() or 0)
        if self._holder.stdout.readline() != "ready\n":
            raise RuntimeError(f"the node over {self.root_folder} did not come up")
        self._holder.stdout.close()

    def path(self, inside):
        """A path inside the node as this process can open it."""
        return Path(f"/proc/{self.pid}/root{inside}")

    def popen(self, argv, cwd="/", env=None, **kwargs):
        """subprocess.Popen inside the node. The environment is small and fixed, plus `env`."""
        full_env = {"PATH": f"{BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOME": "/root", "LC_ALL": "C", "TERM": "dumb", **(env or {})}
        # By a shell and not by a function before the exec, for which Python would have to fork: what
        # gRPC does before a fork hangs now and then.
        join = "".join(f"echo 0 > {group}/cgroup.procs && " for group in self._groups) + 'exec "$@"'
        enter = ["sh", "-c", join, "sh", "nsenter", f"--target={self.pid}", "--mount", "--uts", "--ipc", "--net",
                 "--pid", "--cgroup", f"--wdns={cwd}", "--"]
        return subprocess.Popen(enter + [os.fspath(a) for a in argv], env=full_env, **kwargs)

    def run(self, argv, timeout=60, check=False, text=True, data=None, **kwargs):
        """Runs argv inside the node to its end; returns a CompletedProcess with its output.

        Output goes through files, so that a container that inherited it cannot hold us up.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            kwargs.setdefault("stdin", subprocess.DEVNULL if data is None else subprocess.PIPE)
            proc = self.popen(argv, stdout=out, stderr=err, start_new_session=True, **kwargs)
            try:
                proc.communicate(None if data is None else
                                 data.encode() if isinstance(data, str) else data, timeout)
            except subprocess.TimeoutExpired as late:
                os.killpg(proc.pid, signal.SIGKILL)
                proc.wait()
                late.output, late.stderr = (_slurp(out), _slurp(err))
                raise AssertionError(f"no end after {timeout} s: {argv}\nstdout: {late.output}\n"
                                     f"stderr: {late.stderr}") from None
            stdout, stderr = _slurp(out), _slurp(err)
        if text:
            stdout, stderr = stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace")
        done = subprocess.CompletedProcess(argv, proc.returncode, stdout, stderr)
        if check and done.returncode != 0:
            raise AssertionError(f"{argv} ended with {done.returncode}\nstdout: {stdout}\n"
                                 f"stderr: {stderr}")
        return done

    def terminate(self, proc, seconds=10):
        """Ends a program that popen() started: SIGTERM, then SIGKILL. (nsenter stands between.)"""
        for signum in (signal.SIGTERM, signal.SIGKILL):
            children = Path(f"/proc/{proc.pid}/task/{proc.pid}/children")
            try:
                for child in children.read_text(encoding="ascii").split():
                    os.kill(int(child), signum)
                proc.wait(seconds)
                return
            except (FileNotFoundError, ProcessLookupError):
                proc.wait(seconds)
                return
            except subprocess.TimeoutExpired:
                continue
        proc.kill()
        proc.wait()

    def which(self, program):
        """The absolute path of a program inside the node, or None."""
        done = self.run(["sh", "-c", f"command -v {program}"])
        return done.stdout.strip() or None

    def write(self, inside, text, mode=0o644):
        """Writes a file inside the node (its overlay), making its folders."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def close(self):
        """Ends every process of the node and removes its cgroups and its work folder."""
        if self._holder is not None:
            if self.pid:
                os.kill(self.pid, signal.SIGKILL)  # its starter reaps it and ends too
            else:
                self._holder.kill()
            self._holder.wait()
            self._holder = None
        for group in self._groups:
            _remove_group(group)
        self._groups = []
        if os.environ.get("STOCKADE_E2E_KEEP"):
            print(f"kept {self.work}", file=sys.stderr)
        else:
            shutil.rmtree(self.work, ignore_errors=True)


def _slurp(stream):
    stream.seek(0)
    return stream.read()


def _remove_group(group):
    deadline = time.monotonic() + 10
    while True:
        try:
            for folder, _, _ in os.walk(group, topdown=False):
                os.rmdir(folder)
            return
        except FileNotFoundError:
            continue
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
