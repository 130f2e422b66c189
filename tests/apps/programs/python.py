# SPDX-License-Identifier: Apache-2.0
"""Load of Python: its own tests of what touches the kernel most. What did not pass is a fact by name,
so that a class which breaks or hides something is seen to.

    python3 python.py              # every group, beside each other
    python3 python.py sockets      # one
"""
import importlib
import os
import subprocess
import sys
import unittest
from test import support

# Group (they run beside each other) -> module -> its classes that take seconds and not minutes; None
# is all of them.
GROUPS = {
    "sockets": {
        "test_socket": (
            "BasicCANTest", "BasicQIPCRTRTest", "BasicRDSTest", "BasicSocketPairTest", "BasicTCPTest",
            "BasicUDPLITETest", "BasicUDPTest", "BasicVSOCKTest", "CreateServerFunctionalTest",
            "GeneralModuleTests", "InterruptedRecvTimeoutTest", "LinuxKernelCryptoAPI",
            "NonBlockingTCPTests", "RecvmsgIntoSCMRightsStreamTest", "RecvmsgRFC3542AncillaryUDP6Test",
            "RecvmsgSCTPStreamTest", "RecvmsgTCPTest", "RecvmsgUDPTest", "SendRecvFdsTests",
            "SendfileUsingSendfileTest", "SendmsgTCPTest", "SendmsgUnixStreamTest", "TCPTimeoutTest",
            "TIPCTest", "TestExceptions", "TestLinuxAbstractNamespace", "TestUnixDomain"),
        "test_ssl": ("BasicSocketTests", "ContextTests", "SimpleBackgroundTests"),
        "test_asyncore": ("TestAPI_UseIPv4Poll",),
        "test_epoll": None,
        "test_selectors": ("EpollSelectorTestCase",),
        "test_asyncio.test_unix_events": None,
    },
    "processes": {
        "test_subprocess": ("POSIXProcessTestCase", "RunFuncTestCase", "ContextManagerTests"),
        "test_fork1": ("ForkTest",),
        "test_wait4": ("Wait4Test",),
        "test_pty": None,
        "test_multiprocessing_fork": (
            "WithProcessesTestProcess", "WithProcessesTestQueue", "WithProcessesTestLock",
            "WithProcessesTestSharedMemory", "WithProcessesTestPicklingConnections",
            "WithProcessesTestPool"),
    },
    "calls": {
        "test_threading": ("ThreadTests", "ThreadJoinOnShutdown", "LockTests", "EventTests"),
        "test_signal": ("PosixTests", "WakeupSignalTests", "PendingSignalsTests", "PidfdSignalTest",
                        "StressTest"),
        "test_os": None,
        "test_posix": None,
        "test_mmap": None,
        "test_fcntl": None,
        "test_resource": None,
        "test_shutil": None,
        "test_mailbox": ("TestMaildir", "TestMbox"),
    },
}


class Fates(unittest.TestResult):
    """Keeps how each test that did not pass ended, by its full name."""

    def __init__(self):
        super().__init__()
        self.fates = {}

    def addSkip(self, test, reason):
        self.fates[test.id()] = "skipped"

    def addFailure(self, test, err):
        self.fates[test.id()] = "failed: " + str(err[1]).split("\n", maxsplit=1)[0]

    def addError(self, test, err):
        self.fates[test.id()] = "failed: " + repr(err[1]).split("\n", maxsplit=1)[0]

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addFailure(test, err)


def play(name, classes, facts):
    """Runs tests of one module. What failed runs again alone: a busy machine is no refusal."""
    module = importlib.import_module(f"test.{name}")
    loader, result = unittest.TestLoader(), Fates()
    if classes is None:
        suite = loader.loadTestsFromModule(module)
    else:
        suite = unittest.TestSuite(loader.loadTestsFromTestCase(getattr(module, c)) for c in classes)
    suite.run(result)
    for test, fate in list(result.fates.items()):
        if fate.startswith("failed"):
            again = Fates()
            loader.loadTestsFromName(test).run(again)
            del result.fates[test]
            result.fates.update(again.fates)
    print(f"{name}: {result.testsRun} tests", file=facts, flush=True)
    for test, fate in sorted(result.fates.items()):
        print(f"{test}: {fate}", file=facts, flush=True)


def one(group):
    # The tests print; only facts may reach our standard output.
    facts = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    support.verbose = 0
    os.makedirs(f"/work/{group}", exist_ok=True)
    os.chdir(f"/work/{group}")
    for name, classes in GROUPS[group].items():
        play(name, classes, facts)


def every():
    """What the groups wrote, and what a group said that did not come to its end."""
    running = {}
    for group in GROUPS:
        with open(f"/work/{group}.facts", "wb") as out, open(f"/work/{group}.log", "wb") as err:
            running[group] = subprocess.Popen([sys.executable, "-B", __file__, group], stdout=out,
                                              stderr=err, stdin=subprocess.DEVNULL)
    for group, process in running.items():
        failed = process.wait() != 0
        with open(f"/work/{group}.{'log' if failed else 'facts'}", encoding="utf-8") as said:
            print(said.read()[-20000:], file=sys.stderr if failed else sys.stdout, end="")
        if failed:
            sys.exit(1)


if __name__ == "__main__":
    one(sys.argv[1]) if sys.argv[1:] else every()
