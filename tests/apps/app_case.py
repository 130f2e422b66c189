# SPDX-License-Identifier: Apache-2.0
"""Runs an application in pods as the kubelet would run an ordinary manifest of it.

    class Servers(AppCase):
        def test_redis(self):
            self.same_under_every_class(REDIS)

The manifest is what the "restricted" Pod Security Standard accepts: the application's usual user, no
privilege escalation, no capabilities, RuntimeDefault; its data on an emptyDir, the scripts of
programs/ as a ConfigMap at /apps. The pods of one application, one for each runtime handler, work at
the same time.
"""
import concurrent.futures
import os
import shutil
import time
from pathlib import Path

from lib.bundle import MASKED, READONLY
from lib.case import require
from lib.cluster import ClusterCase
from lib.cri import CriError, default_context, pb
from lib.node import cache_dir

from image import NAME

PROGRAMS = Path(__file__).resolve().with_name("programs")


def layout():
    """The image that root.sh made, or None."""
    made = cache_dir() / "apps"
    return made / "oci" if (made / ".stockade-e2e").exists() else None


def context(app):
    """The security context of such a manifest, or of one that says nothing but the user."""
    silent = app.default_capabilities
    return default_context(
        run_as_user=pb.Int64Value(value=app.user), run_as_group=pb.Int64Value(value=app.group),
        no_new_privs=not silent, masked_paths=MASKED, readonly_paths=READONLY,
        capabilities=pb.Capability(drop_capabilities=[] if silent else ["ALL"]),
        seccomp=pb.SecurityProfile(profile_type=pb.SecurityProfile.RuntimeDefault))


def facts_of(lines):
    """`name: value` lines as a dictionary."""
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def difference(plain, facts):
    """The facts that are not as under plain runc; None stands for one that is missing."""
    return {name: facts.get(name) for name in {**plain, **facts}
            if facts.get(name) != plain.get(name)}


class AppPod:
    """One pod with the application's volumes. close() removes both."""

    def __init__(self, case, handler, app):
        self.case, self.cri, self.app, self.handler = case, case.cri, app, handler
        self.pod = case.pod(handler)
        volumes = case.node.work / "kubelet/pods" / self.pod.config.metadata.uid / "volumes"
        case.addCleanup(shutil.rmtree, volumes.parent, ignore_errors=True)
        scripts, data = volumes / "kubernetes.io~configmap/apps", volumes / "kubernetes.io~empty-dir"
        shutil.copytree(PROGRAMS, scripts)
        for name in ("data", "work"):
            (data / name).mkdir(parents=True)
            (data / name).chmod(0o777)
        self.mounts = [pb.Mount(container_path="/apps", host_path=str(scripts), readonly=True)]
        self.mounts += [pb.Mount(container_path=f"/{name}", host_path=str(data / name))
                        for name in ("data", "work")]

    def start(self, name, command):
        return self.pod.start(name, list(command), context(self.app), image=NAME,
                              mounts=self.mounts)

    def to_end(self, name, script, seconds):
        """Runs a script as a container; returns the facts that it printed."""
        container = self.start(name, ["sh", f"/apps/{script}"])
        try:
            code = self.cri.wait_exit(container, seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.said()}") from None
        if code != 0:
            raise AssertionError(f"{self.app.name} under {self.handler}: {script} ended with {code}"
                                 f"\n{self.said()}")
        return facts_of(line for stream, line in self.pod.log(name) if stream == "stdout")

    def said(self):
        """The end of every container's log."""
        return "\n".join(f"{path.stem}: {line[1]}" for path in sorted(self.pod.logs.glob("*.log"))
                         for line in self.pod.log(path.stem)[-60:])

    def wait_ready(self, server, seconds=30):
        deadline = time.monotonic() + seconds
        while not self._ready(server):
            ended = self.cri.status(server).state == pb.CONTAINER_EXITED
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"{self.app.name} under {self.handler}: "
                                     f"{'ended' if ended else f'not ready after {seconds} s'}"
                                     f"\n{self.said()}")
            time.sleep(0.1)

    def _ready(self, server):
        try:
            return self.cri.exec_sync(server, list(self.app.ready))[0] == 0
        except CriError:  # it has ended meanwhile
            return False

    def play(self):
        """The whole life of the application; returns its facts."""
        app, server = self.app, None
        if app.init:
            self.to_end("init", app.init, app.seconds)
        if app.server:
            server = self.start("server", app.server)
            self.wait_ready(server)
        facts = self.to_end("load", app.load, app.seconds)
        if server:
            self.cri.stop(server, 20)
            facts["the server ended with"] = str(self.cri.status(server).exit_code)
        return facts


class AppCase(ClusterCase):
    """A node whose containerd has the image of the applications."""

    IN_MEMORY = True

    @classmethod
    def setUpClass(cls):
        require(layout(), "no image of the applications: run tests/apps/root.sh")
        super().setUpClass()
        # A link, or a copy where the cache is another file system.
        inside = cls.node.work / "apps-image"
        shutil.copytree(layout(), inside, copy_function=_link)
        cls.node.run(["bash", "-c", f"set -o pipefail; tar -C {inside} -cf - . | ctr --address "
                      f"{cls.containerd.socket} --namespace k8s.io images import -"],
                     timeout=180, check=True)
        shutil.rmtree(inside)
        cls.cri.wait_image(NAME)

    def same_under_every_class(self, app):
        """Asserts that the application does its work under each of its handlers, with the facts that
        it names, and the same ones everywhere but where it says that they differ."""
        pods = {handler: AppPod(self, handler, app) for handler in app.handlers}
        with concurrent.futures.ThreadPoolExecutor(len(pods)) as threads:
            plays = {handler: threads.submit(pod.play) for handler, pod in pods.items()}
        facts = {handler: play.result() for handler, play in plays.items()}
        plain = facts["bare"]
        wanted = dict(app.facts)
        if app.server:
            wanted["the server ended with"] = str(app.ends_with)
        self.assertEqual({name: plain.get(name) for name in wanted}, wanted, "under plain runc")
        self.assertEqual([fact for fact in plain.items() if fact[1].startswith("failed")], [])
        for handler in app.handlers[1:]:
            with self.subTest(handler):
                self.assertEqual(difference(plain, facts[handler]), app.differs.get(handler, {}))
        for pod in pods.values():
            pod.pod.remove()


def _link(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
