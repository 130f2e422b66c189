# SPDX-License-Identifier: Apache-2.0
"""What an application is to these tests: one value, written down in servers.py, languages.py or
tools.py.

    App("redis", user=100, group=102, server=("redis-server", ...), ready=("redis-cli", "ping"),
        load="redis.sh", facts={"keys": "1002"})

A server is process 1 of its own container and gets its load from a second container of the pod, over
the pod's loopback. Everything else is one container, which runs the load. A load is a script of
programs/; it ends with 0 when the application did all of its work right, and prints facts, one a
line: `name: value`. The facts must be the same under plain runc and under every class.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class App:
    """One application and how it is run. Times are in seconds."""

    name: str
    user: int
    group: int
    load: str  # a file of programs/, run by sh
    init: str = ""  # a file of programs/ that an init container runs by sh before the server
    server: tuple = ()  # the command line of process 1
    ready: tuple = ()  # run by exec until it ends with 0, as a readiness probe
    seconds: int = 90  # the load must end by then
    ends_with: int = 0  # the server's exit code after SIGTERM
    default_capabilities: bool = False  # a manifest that says nothing about them, nor about privileges
    facts: dict = dataclasses.field(default_factory=dict)  # what a load must have said, at least
    differs: dict = dataclasses.field(default_factory=dict)  # class -> facts it answers differently
    handlers: tuple = ("bare", "stockade-baseline", "stockade-restricted", "stockade-isolated")
