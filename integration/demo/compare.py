#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one greedy container under plain runc and under each class and compares what each could do.

Called by demo.sh inside its namespaces. Every row of the table names what is measured and what each
class promises of it; a broken promise is marked and ends the demo with 1.
"""
import argparse
import json
import subprocess
import sys

IMAGE = "stockade.test/busybox:latest"
CLASSES = ("permissive", "baseline", "restricted")
RUNTIMES = ("runc",) + CLASSES
# In the order of their numbers, capabilities(7).
CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO "
    "SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME "
    "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG "
    "WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()
BASELINE = set("CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETGID SETPCAP SETUID "
               "SYS_CHROOT".split())
CEILING = {"baseline": BASELINE, "restricted": set()}

# What an attacker in a container reaches for: (name in the probe, how people know it, classes that
# promise to close it).
BOTH, TIGHT = ("baseline", "restricted"), ("restricted",)
CALLS = (
    ("socket_alg", "socket(AF_ALG)", BOTH),
    ("socket_alg_bit32", "socket(AF_ALG), bit 32 set", BOTH),
    ("socket_vsock", "socket(AF_VSOCK)", BOTH),
    ("socket_vsock_bit32", "socket(AF_VSOCK), bit 32 set", BOTH),
    ("socket_packet", "socket(AF_PACKET)", BOTH),
    ("unshare_user", "unshare(user namespace)", BOTH),
    ("clone_user", "clone(user namespace)", BOTH),
    ("mount", "mount", BOTH),
    ("fsopen", "fsopen, the new mount API", BOTH),
    ("setns", "setns", BOTH),
    ("io_uring_setup", "io_uring_setup", BOTH),
    ("bpf", "bpf", BOTH),
    ("perf_event_open", "perf_event_open", BOTH),
    ("add_key", "add_key", BOTH),
    ("keyctl", "keyctl", BOTH),
    ("userfaultfd", "userfaultfd", BOTH),
    ("open_by_handle_at", "open_by_handle_at", BOTH),
    ("init_module", "init_module", BOTH),
    ("tiocsti", "ioctl(TIOCSTI)", BOTH),
    ("tiocsti_bit32", "ioctl(TIOCSTI), bit 32 set", BOTH),
    ("ptrace", "ptrace", TIGHT),
    ("process_vm_readv", "process_vm_readv", TIGHT),
)


def closed(probe, name):
    """Whether the call did not get to the code behind it."""
    answers = {"EPERM", "ENOSYS", "EACCES"}
    if name.startswith("socket"):
        answers.add("EAFNOSUPPORT")
    return probe["calls"][name] in answers


class Ctr:
    """`ctr` against the private daemon, in a namespace of its own."""

    def __init__(self, socket):
        self._prefix = ["ctr", "--address", socket, "--namespace", "stockade-demo"]

    def __call__(self, *argv):
        done = subprocess.run([*self._prefix, *argv], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            words = " ".join(word for word in argv if not word.startswith("--cap-add"))
            raise RuntimeError(f"ctr {words}: {(done.stderr or done.stdout).strip()}")
        return done.stdout


def bits(text):
    """The names of the capabilities in a mask of /proc/PID/status."""
    mask = int(text, 16)
    return {name for number, name in enumerate(CAPABILITIES) if mask >> number & 1}


def own_capabilities():
    """What this machine's root has, and a container can therefore ask for."""
    with open("/proc/self/status", encoding="ascii") as status:
        return bits(next(line.split()[1] for line in status if line.startswith("CapBnd")))


def measure(ctr, runtime, programs):
    """What the greedy container says of itself, and what an exec into it says."""
    binary = "/usr/sbin/runc" if runtime == "runc" else f"{programs}/stockade-{runtime}"
    greedy = [f"--cap-add=CAP_{name}" for name in sorted(own_capabilities())]
    name = f"greedy-{runtime}"
    ctr("run", "--detach", "--runtime", "io.containerd.runc.v2", "--runc-binary", binary,
        "--allow-new-privs", *greedy, IMAGE, name, "sleep", "60")
    try:
        inside = json.loads(ctr("tasks", "exec", "--exec-id", "probe", name, "probe"))
        own = json.loads(ctr("run", "--rm", "--runtime", "io.containerd.runc.v2", "--runc-binary",
                             binary, "--allow-new-privs", *greedy, IMAGE, f"{name}-own", "probe"))
    finally:
        ctr("tasks", "delete", "--force", name)
        ctr("containers", "delete", name)
    return own, inside


def rows(facts):
    """(title, [text per runtime], [True: kept, False: broken, None: nothing promised])."""
    def row(title, text, promise):
        cells = []
        for runtime in RUNTIMES:
            kept = promise(runtime, *facts[runtime]) if runtime in CEILING else None
            cells.append((text(*facts[runtime]), kept))
        return title, cells

    def caps(probe):
        found = len(bits(probe["CapEff"]))
        return "none" if found == 0 else str(found)

    def seccomp(probe):
        return "filter" if probe["Seccomp"] == "2" else "none"

    yield row("user id", lambda own, _: str(own["uid"]), lambda *_: None)
    yield row("capabilities", lambda own, _: caps(own),
              lambda r, own, _: bits(own["CapEff"]) | bits(own["CapAmb"]) <= CEILING[r])
    yield row("no_new_privs", lambda own, _: own["NoNewPrivs"],
              lambda r, own, _: own["NoNewPrivs"] == "1")
    yield row("seccomp", lambda own, _: seccomp(own), lambda r, own, _: own["Seccomp"] == "2")
    yield row("writes to /", lambda own, _: "yes" if own["calls"]["write_root"] == "ok"
              else own["calls"]["write_root"],
              lambda r, own, _: own["calls"]["write_root"] == "EROFS" if r == "restricted" else None)
    yield row("runs a program from /tmp", lambda own, _: "yes"
              if own["calls"]["exec_tmp"] == "ok" else own["calls"]["exec_tmp"],
              lambda r, own, _: own["calls"]["exec_tmp"] == "EACCES" if r == "restricted" else None)
    bare = facts["runc"][0]
    for name, title, classes in CALLS:
        def answer(own, _, n=name):
            if not closed(own, n):
                return "reached"
            # What plain runc does not get either is not in this kernel.
            return "absent" if own["calls"][n] == bare["calls"][n] else own["calls"][n]
        yield row(title, answer,
                  lambda r, own, _, n=name, c=classes: closed(own, n) if r in c else None)
    yield row("dangerous calls reached", lambda own, _:
              f"{sum(not closed(own, n) for n, _, _ in CALLS)} of {len(CALLS)}", lambda *_: None)
    yield row("exec asking for all capabilities", lambda _, inside: caps(inside),
              lambda r, _, inside: bits(inside["CapEff"]) | bits(inside["CapAmb"]) <= CEILING[r])
    yield row("  no_new_privs", lambda _, inside: inside["NoNewPrivs"],
              lambda r, _, inside: inside["NoNewPrivs"] == "1")
    yield row("  seccomp", lambda _, inside: seccomp(inside),
              lambda r, _, inside: inside["Seccomp"] == "2")


def paint(text, kept, colour):
    if kept is False:
        text += " !"
    padded = f"{text:<13}"
    if not colour or kept is None:
        return padded
    return f"\033[{32 if kept else 31}m{padded}\033[0m"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", required=True)
    parser.add_argument("--image", required=True)
    parser.add_argument("--programs", required=True)
    options = parser.parse_args()
    ctr = Ctr(options.socket)
    ctr("images", "import", options.image)
    facts = {runtime: measure(ctr, runtime, options.programs) for runtime in RUNTIMES}

    colour = sys.stdout.isatty()
    print(f"\n{'':34}" + "".join(f"{'plain runc' if r == 'runc' else r:<13}" for r in RUNTIMES))
    broken = []
    for title, cells in rows(facts):
        print(f"{title:<34}" + "".join(paint(text, kept, colour) for text, kept in cells).rstrip())
        broken += [f"{runtime}: {title}" for runtime, (_, kept) in zip(RUNTIMES, cells)
                   if kept is False]
    # permissive is the control: what it shows must be what plain runc shows.
    for own, bare, where in zip(facts["permissive"], facts["runc"], ("container", "exec")):
        if dict(own, pid=0) != dict(bare, pid=0):
            broken.append(f"permissive: its {where} differs from plain runc's")
    if broken:
        print("\nNOT HELD (marked with !):\n  " + "\n  ".join(broken), file=sys.stderr)
        return 1
    print("\nEvery class held what it promises. An errno is the answer to a call that was closed; "
          "absent\nmeans that this kernel does not have the call at all.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:
        sys.exit(f"\nthe demo could not go on: {error}")
