# SPDX-License-Identifier: Apache-2.0
"""Speaks the CRI to a containerd as the kubelet does.

    cri = Cri(containerd.socket)
    pod = Pod(cri, node, "stockade-restricted")
    app = pod.start("app", ["sh", "-c", "echo hello; sleep 300"])
    cri.exec_sync(app, ["probe"])            # (exit code, stdout, stderr)
    pod.log("app")                           # [("stdout", "hello")]
    pod.remove()

A failed call raises CriError, whose text is what `kubectl describe` would show.
"""
import hashlib
import importlib.util
import subprocess
import time
from pathlib import Path

import grpc

from . import images
from .node import cache_dir

PROTO = Path(__file__).with_name("cri.proto")


class CriError(Exception):
    """A CRI call that the runtime refused; str() is the server's message."""


def _messages():
    """The generated message classes; made by protoc once per content of cri.proto."""
    digest = hashlib.sha256(PROTO.read_bytes()).hexdigest()[:16]
    folder = cache_dir() / f"cri-{digest}"
    if not (folder / "cri_pb2.py").exists():
        folder.mkdir(exist_ok=True)
        subprocess.run(["protoc", f"-I{PROTO.parent}", f"--python_out={folder}", PROTO.name],
                       check=True, cwd=PROTO.parent)
    spec = importlib.util.spec_from_file_location("cri_pb2", folder / "cri_pb2.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pb = _messages()


class Cri:
    """A client of one CRI socket."""

    def __init__(self, socket):
        self._channel = grpc.insecure_channel(f"unix://{socket}",
                                              options=[("grpc.enable_http_proxy", 0)])

    def close(self):
        self._channel.close()

    def call(self, method, request, service="RuntimeService", timeout=60):
        answer = getattr(pb, type(request).__name__.replace("Request", "Response"))
        stub = self._channel.unary_unary(f"/runtime.v1.{service}/{method}",
                                         request_serializer=type(request).SerializeToString,
                                         response_deserializer=answer.FromString)
        try:
            return stub(request, timeout=timeout, wait_for_ready=True)
        except grpc.RpcError as error:
            raise CriError(error.details()) from None

    def wait_ready(self, seconds=20):
        """Waits until runtime and network say that they are ready."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                status = self.call("Status", pb.StatusRequest(), timeout=5).status
                ready = {c.type for c in status.conditions if c.status}
                if ready >= {"RuntimeReady", "NetworkReady"}:
                    return
                last = status
            except CriError as error:
                last = error
            if time.monotonic() > deadline:
                raise AssertionError(f"containerd's CRI is not ready after {seconds} s: {last}")
            time.sleep(0.05)

    def wait_image(self, image, seconds=10):
        """Waits until the CRI has noticed an image, by its full name, that was imported behind its
        back."""
        deadline = time.monotonic() + seconds
        request = pb.ImageStatusRequest(image=pb.ImageSpec(image=image))
        while not self.call("ImageStatus", request, "ImageService").image.id:
            if time.monotonic() > deadline:
                raise AssertionError(f"the CRI does not see the image {image}")
            time.sleep(0.05)

    def exec_sync(self, container, command, timeout=20):
        done = self.call("ExecSync", pb.ExecSyncRequest(container_id=container, cmd=command,
                                                        timeout=timeout))
        return done.exit_code, done.stdout.decode(), done.stderr.decode()

    def status(self, container):
        return self.call("ContainerStatus",
                         pb.ContainerStatusRequest(container_id=container)).status

    def stats(self, container):
        return self.call("ContainerStats", pb.ContainerStatsRequest(container_id=container)).stats

    def stop(self, container, seconds=0):
        """As the kubelet does, again if containerd has lost its shim for a moment, which 1.6 does when a
        container ends while it is stopped."""
        request = pb.StopContainerRequest(container_id=container, timeout=seconds)
        try:
            self.call("StopContainer", request)
        except CriError as error:
            if "ttrpc: closed" not in str(error):
                raise
            self.call("StopContainer", request)

    def remove(self, container):
        self.call("RemoveContainer", pb.RemoveContainerRequest(container_id=container))

    def wait_exit(self, container, seconds=20):
        """The exit code of a container that ends by itself."""
        deadline = time.monotonic() + seconds
        while True:
            status = self.status(container)
            if status.state == pb.CONTAINER_EXITED:
                return status.exit_code
            if time.monotonic() > deadline:
                raise AssertionError(f"container {container} did not end in {seconds} s")
            time.sleep(0.05)


class Pod:
    """One pod of one runtime handler, with the folders and cgroup that a kubelet would make."""

    _count = 0

    def __init__(self, cri, node, handler, annotations=None, context=None, sysctls=None,
                 parent="/kubepods"):
        Pod._count += 1
        self.cri, self.node, self.containers = cri, node, []
        uid = f"00000000-0000-0000-0000-{Pod._count:012d}"
        self.logs = node.work / f"pod-logs{Pod._count}"
        self.logs.mkdir()
        self.cgroup = f"{parent}/pod{uid}"
        self._each_group(lambda path: path.mkdir(parents=True, exist_ok=True))
        for controller in ("cpuset",):
            self._fill_cpuset(controller)
        self.config = pb.PodSandboxConfig(
            metadata=pb.PodSandboxMetadata(name=f"pod{Pod._count}", uid=uid, namespace="default"),
            hostname=f"pod{Pod._count}", log_directory=str(self.logs),
            annotations=annotations or {},
            linux=pb.LinuxPodSandboxConfig(
                cgroup_parent=self.cgroup, sysctls=sysctls or {},
                security_context=context or pb.LinuxSandboxSecurityContext(
                    namespace_options=pb.NamespaceOption(pid=pb.CONTAINER),
                    seccomp=pb.SecurityProfile(profile_type=pb.SecurityProfile.RuntimeDefault))))
        self.id = None
        try:
            self.id = cri.call("RunPodSandbox", pb.RunPodSandboxRequest(
                config=self.config, runtime_handler=handler)).pod_sandbox_id
        except CriError:
            self._remove_folders()
            raise

    def _each_group(self, do):
        for controller in self.node.path("/sys/fs/cgroup").iterdir():
            if not controller.is_symlink():
                do(Path(f"{controller}{self.cgroup}"))

    def _fill_cpuset(self, controller):
        top = self.node.path(f"/sys/fs/cgroup/{controller}")
        for group in [*reversed(Path(self.cgroup).parents), Path(self.cgroup)][1:]:
            for key in ("cpuset.cpus", "cpuset.mems"):
                Path(f"{top}{group}/{key}").write_text((top / key).read_text(), encoding="ascii")

    def create(self, name, command, context=None, image=None, **fields):
        """Creates a container and returns its id; `context` is a LinuxContainerSecurityContext and
        `image` a full name, busybox's if left out."""
        config = pb.ContainerConfig(
            metadata=pb.ContainerMetadata(name=name),
            image=pb.ImageSpec(image=image or images.name("busybox")), command=command,
            log_path=f"{name}.log",
            linux=pb.LinuxContainerConfig(security_context=context or default_context()), **fields)
        container = self.cri.call("CreateContainer", pb.CreateContainerRequest(
            pod_sandbox_id=self.id, config=config, sandbox_config=self.config)).container_id
        self.containers.append(container)
        return container

    def start(self, name, command, context=None, **fields):
        """Creates and starts a container; returns its id."""
        container = self.create(name, command, context, **fields)
        self.cri.call("StartContainer", pb.StartContainerRequest(container_id=container))
        return container

    def ip(self):
        """Its address in the pod network."""
        return self.cri.call("PodSandboxStatus", pb.PodSandboxStatusRequest(
            pod_sandbox_id=self.id)).status.network.ip

    def log(self, name):
        """The lines of a container's log file, as (stream, text)."""
        path = self.logs / f"{name}.log"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [tuple(line.split(" ", 3)[1::2]) for line in lines]

    def wait_log(self, name, *texts, seconds=10):
        """Waits until each of the texts is in a line of the log. A container's two streams are copied
        each by itself, so that a line of one says nothing of the other."""
        deadline = time.monotonic() + seconds
        while not all(any(text in line for _, line in self.log(name)) for text in texts):
            if time.monotonic() > deadline:
                raise AssertionError(f"not all of {texts} in the log of {name}: {self.log(name)}")
            time.sleep(0.02)

    def remove(self):
        """Stops and removes everything, in the kubelet's order. Does nothing the second time."""
        if self.id is None:
            return
        for container in self.containers:
            self.cri.stop(container)
        self.cri.call("StopPodSandbox", pb.StopPodSandboxRequest(pod_sandbox_id=self.id))
        for container in self.containers:
            self.cri.remove(container)
        self.cri.call("RemovePodSandbox", pb.RemovePodSandboxRequest(pod_sandbox_id=self.id))
        self.id = None
        self._remove_folders()

    def _remove_folders(self):
        def remove(path):
            self._remove_group(path)
            for parent in Path(self.cgroup).parents:
                path = path.parent
                if parent != Path("/"):
                    self._remove_group(path, 0)
        self._each_group(remove)
        for file in self.logs.iterdir():
            file.unlink()
        self.logs.rmdir()


    @staticmethod
    def _remove_group(path, patience=5):
        """With patience for a supervisor's end, which the kubelet has as well."""
        deadline = time.monotonic() + patience
        while True:
            try:
                return path.rmdir()
            except OSError:  # not empty: the leak check will name it
                if time.monotonic() > deadline:
                    return None
            time.sleep(0.02)


def default_context(**fields):
    """The security context of a container whose manifest says nothing."""
    fields.setdefault("namespace_options", pb.NamespaceOption(pid=pb.CONTAINER))
    fields.setdefault("seccomp",
                      pb.SecurityProfile(profile_type=pb.SecurityProfile.Unconfined))
    return pb.LinuxContainerSecurityContext(**fields)
