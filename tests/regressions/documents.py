# SPDX-License-Identifier: Apache-2.0
"""Specs that ask for what an attack needs: not a call that a container makes, but what it is made of.

    for name, probe in DOCUMENTS.items():
        probe.edit(spec, folder)
        probe.reached(done, folder, node)          # True: the container got it

None harms the node: the hook touches a file of the test's own, the sysctl is one that runc refuses too.
"""
import dataclasses
import os
from typing import Callable


@dataclasses.dataclass
class Document:
    """`edit(spec, folder)` asks; `reached(done, folder, node)` tells from a run that ended with 0. A
    run that did not must say `refusal`; without one, the container has to run all the same."""

    edit: Callable
    reached: Callable
    refusal: str = ""


def _host_network(spec, _folder):
    spec["linux"]["namespaces"] = [
        one for one in spec["linux"]["namespaces"] if one["type"] != "network"]
    spec["process"]["args"] = ["readlink", "/proc/self/ns/net"]


def _in_host_network(done, _folder, node):
    return done.stdout.strip() == os.readlink(f"/proc/{node.pid}/ns/net")


def _hook(spec, folder):
    spec["hooks"] = {"prestart": [{"path": "/bin/touch", "args": ["touch", f"{folder}/hooked"]}]}


def _inheritable(spec, _folder):
    sets = spec["process"]["capabilities"]
    sets["inheritable"] = list(sets["bounding"])
    spec["process"]["args"] = ["grep", "CapInh", "/proc/self/status"]


def _setuid_program(spec, _folder):
    spec["process"]["user"] = {"uid": 1000, "gid": 1000}
    spec["process"]["args"] = ["suprobe"]


def _sysctl(spec, _folder):
    spec["linux"]["sysctl"] = {"kernel.core_pattern": "|/bin/true"}


def _own_memory(spec, _folder):
    spec["process"]["args"] = ["sh", "-c", "exec 3<>/proc/self/mem"]


def _always(*_):
    return True


DOCUMENTS = {
    "host-network": Document(_host_network, _in_host_network, "the host's network namespace"),
    "hook": Document(_hook, lambda done, folder, node: (folder / "hooked").exists(),
                     "/bin/touch"),
    "inheritable": Document(_inheritable, lambda done, folder, node:
                            int(done.stdout.split()[1], 16) != 0),
    "setuid-program": Document(_setuid_program, lambda done, folder, node:
                               '"euid":0' in done.stdout),
    "own-memory": Document(_own_memory, _always),
    "sysctl": Document(_sysctl, _always, "kernel.core_pattern"),
}
