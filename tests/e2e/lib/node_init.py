# SPDX-License-Identifier: Apache-2.0
"""The first process of a test node: makes the node's namespaces and root, then reaps.

Started by node.py as `python3 node_init.py JSON`. Prints `PID` (as the starter sees the node's
process 1) and, once everything is mounted, `ready`. Dies with its starter and takes the whole node
with it, because the pid namespace's process 1 dies.
"""
import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x20000, 0x2000000, 0x4000000
CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = 0x8000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND = 2, 4, 8, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
MNT_DETACH = 2


def call(name, *args):
    if getattr(LIBC, name)(*args) != 0:
        err = ctypes.get_errno()
        raise OSError(err, f"{name}{args}: {os.strerror(err)}")


def mount(source, target, fstype=None, flags=0, data=None):
    def enc(text):
        return None if text is None else os.fsencode(text)

    os.makedirs(target, exist_ok=True)
    call("mount", enc(source), enc(target), enc(fstype), ctypes.c_ulong(flags), enc(data))


def mount_cgroups(controllers, target):
    """cgroup v1, each controller rooted at the node's own group; never `unified` beside them,
    because crun refuses that mixture."""
    mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755")
    for name, options in controllers:
        mount("cgroup", f"{target}/{name}", "cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)


def make_root(conf):
    call("mount", None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
    scratch = conf["scratch"]
    mount("tmpfs", scratch, "tmpfs", MS_NODEV, "mode=755")
    for part in ("upper", "work", "root"):
        os.mkdir(f"{scratch}/{part}")
    root = f"{scratch}/root"
    mount("overlay", root, "overlay", 0,
          f"lowerdir={conf['root']},upperdir={scratch}/upper,workdir={scratch}/work")
    mount("/dev", f"{root}/dev", None, MS_BIND | MS_REC)
    # Semaphores and locks of this node alone: other nodes may run at the same time.
    mount("tmpfs", f"{root}/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount("sysfs", f"{root}/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount_cgroups(conf["controllers"], f"{root}/sys/fs/cgroup")
    mount("tmpfs", f"{root}/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    mount("tmpfs", f"{root}/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    # Volumes: a real node has them on a disk, and the overlay that is our root cannot map ids.
    for folder in ("/srv", "/var/lib/kubelet"):
        os.makedirs(root + folder, exist_ok=True)
        mount("tmpfs", root + folder, "tmpfs", 0, "mode=755")
    for source, target in conf["binds"]:
        mount(source, root + target, None, MS_BIND)
    os.makedirs(f"{root}/run/old", exist_ok=True)
    os.chdir(root)
    call("pivot_root", b".", b"run/old")
    os.chdir("/")
    call("umount2", b"/run/old", MNT_DETACH)
    os.rmdir("/run/old")


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        ifreq = struct.pack("16sH14x", b"lo", 1)  # IFF_UP
        fcntl.ioctl(sock, 0x8914, ifreq)  # SIOCSIFFLAGS


def reap():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            pass
        signal.sigwait({signal.SIGCHLD})


def main():
    conf = json.loads(sys.argv[1])
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for group in conf["cgroups"]:
        with open(f"{group}/cgroup.procs", "w", encoding="ascii") as procs:
            procs.write(str(os.getpid()))
    call("unshare", CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID
         | CLONE_NEWNET)
    told, telling = os.pipe()
    child = os.fork()
    if child != 0:
        os.write(1, f"{child}\n".encode())  # in one piece, and before the child's line
        os.close(telling)
        _, status = os.waitpid(child, 0)
        sys.exit(os.waitstatus_to_exitcode(status) != 0)
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.close(telling)
    os.read(told, 1)
    os.close(told)
    make_root(conf)
    loopback_up()
    socket.sethostname("node")
    os.write(1, b"ready\n")
    reap()


if __name__ == "__main__":
    main()
