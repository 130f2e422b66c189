# SPDX-License-Identifier: Apache-2.0
"""Tools of developers, by user 1000 with a volume at /work."""
from model import App

GIT = App("git", user=1000, group=1000, load="git.sh")
_NOT_RUN = {fact: f"/apps/gcc.sh: {line}: ./{program}: Permission denied" for fact, line, program in (
    ("plain", 10, "plain"), ("static", 10, "static"), ("thread", 10, "thread"),
    ("address", 12, "address"), ("leaks", 14, "address"))}
_GOOD = "4 of 4 pictures came back"
GCC = App("gcc", user=1000, group=1000, load="gcc.sh",
          facts={"plain": _GOOD, "static": _GOOD, "address": _GOOD, "thread": _GOOD, "leaks": _GOOD},
          # restricted refuses ptrace, by which LeakSanitizer stops the threads of its own process.
          # isolated runs no program that a container has written.
          differs={"stockade-restricted": {
              "leaks": "==PID==LeakSanitizer has encountered a fatal error."},
              "stockade-isolated": _NOT_RUN})
