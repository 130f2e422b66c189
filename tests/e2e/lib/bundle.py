# SPDX-License-Identifier: Apache-2.0
"""OCI bundles over the busybox image, with a config.json of the shape that `runc spec` writes.

    bundle = Bundle(node, ["probe"])
    bundle.spec["process"]["capabilities"] = all_caps()
    bundle.save()                      # or save_text() for documents that are not JSON at all
"""
import copy
import json
import shutil

from . import images

CAPS = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
ALL_CAPS = ["CAP_" + c for c in (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO "
    "SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_TIME SYS_TTY_CONFIG MKNOD "
    "LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM "
    "BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()]
MASKED = ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
          "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware",
          "/proc/scsi"]
READONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


def all_caps():
    """The capabilities section of a process that asks for everything in all five sets.

    Without CAP_SYS_RESOURCE, which the test machine itself does not have.
    """
    return {key: list(ALL_CAPS)
            for key in ("bounding", "effective", "inheritable", "permitted", "ambient")}


def plain_spec(args):
    """What an ordinary container asks for: runc's template without a terminal."""
    nosuid = ["nosuid", "noexec", "nodev"]
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": list(args),
            "env": ["PATH=/bin", "TERM=dumb"],
            "cwd": "/",
            "capabilities": {key: list(CAPS) for key in ("bounding", "effective", "permitted")},
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs", "readonly": False},
        "hostname": "box",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
             "options": nosuid + ["mode=1777", "size=65536k"]},
            {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
             "options": nosuid},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": nosuid + ["ro"]},
        ],
        "linux": {
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "namespaces": [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount")],
            "maskedPaths": list(MASKED),
            "readonlyPaths": list(READONLY),
        },
    }


def greedy_spec(args):
    """What a container asks for that nobody looked at: everything that a layer takes away, as far
    as it is not refused outright."""
    spec = plain_spec(args)
    spec["process"]["capabilities"] = all_caps()
    spec["process"]["noNewPrivileges"] = False
    spec["linux"].pop("maskedPaths")
    spec["linux"].pop("readonlyPaths")
    return spec


class Bundle:
    """A bundle folder in the node's work folder. `spec` is edited freely, then save()d."""

    _count = 0

    def __init__(self, node, args=("sleep", "300"), spec=None):
        Bundle._count += 1
        self.path = node.work / f"bundle{Bundle._count}"
        self.path.mkdir()
        shutil.copytree(images.rootfs(), self.path / "rootfs", symlinks=True)
        (self.path / "rootfs/bin/suprobe").chmod(0o4755)
        self.spec = copy.deepcopy(spec) if spec is not None else plain_spec(args)
        self.save()

    @property
    def config(self):
        return self.path / "config.json"

    def save(self):
        self.save_text(json.dumps(self.spec))
        return self

    def save_text(self, text):
        """Writes config.json as it is given: for documents that are malformed on purpose."""
        if isinstance(text, bytes):
            self.config.write_bytes(text)
        else:
            self.config.write_text(text, encoding="utf-8")

    def reload(self):
        """config.json as it is on disk now: the rewritten one after a create."""
        return json.loads(self.config.read_text(encoding="utf-8"))

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)
