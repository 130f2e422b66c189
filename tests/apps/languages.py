# SPDX-License-Identifier: Apache-2.0
"""Languages and their run times, by user 1000 with a volume at /work."""
from unittest.mock import ANY

from model import App

# UDP-Lite and out-of-band data are closed on purpose: differences.json and restricted.json say why.
_NO_UDPLITE = {f"test.test_socket.BasicUDPLITETest.{test}":
               "failed: OSError(93, 'Protocol not supported')"
               for test in ("testRecvFrom", "testRecvFromNegative", "testSendtoAndRecv")}
_NO_URGENT = {"test.test_asyncore.TestAPI_UseIPv4Poll.test_handle_expt":
              "failed: OSError(95, 'Operation not supported')"}
# isolated runs nothing that a container has written, and has no splice, memory file, extended
# attribute or round-robin scheduling.
_ISOLATED = {f"test.{test}": said for said, tests in {
    "failed: PermissionError(1, 'Operation not permitted')": ["test_mmap.MmapTests.test_access_parameter"],
    "failed: PermissionError(13, 'Permission denied')": [
        f"test_subprocess.POSIXProcessTestCase.test_{test}_string" for test in ("args", "call")],
    "failed: OSError(22, 'Invalid argument')": [
        f"test_os.FileTests.test_splice{test}" for test in ("", "_offset_in", "_offset_out")],
    "failed: OSError(38, 'Function not implemented')": [
        "test_os.MemfdCreateTests.test_memfd_create", "test_posix.PosixTester.test_sched_rr_get_interval"],
    "skipped": ["test_posix.PosixTester.test_preadv_flags",
                *(f"test_os.ExtendedAttributeTests.test_{test}" for test in ("fds", "lpath", "simple")),
                *(f"test_os.FileTests.test_copy_file_range{test}" for test in ("", "_offset"))],
}.items() for test in tests}
# "failed: None != " and the name of a program, which is another each time.
_ISOLATED |= {f"test.test_shutil.TestWhich{kind}.test_{test}": ANY for kind in ("", "Bytes")
              for test in ("absolute_cmd", "basic", "environ_path", "environ_path_cwd",
                           "environ_path_missing", "relative_cmd", "relative_path")}
PYTHON = App("python", user=1000, group=1000, load="python.sh", seconds=180,
             facts={"test_socket": "267 tests", "test_subprocess": "99 tests",
                    "test_multiprocessing_fork": "76 tests"},
             differs={"stockade-baseline": _NO_UDPLITE,
                      "stockade-restricted": {**_NO_UDPLITE, **_NO_URGENT},
                      "stockade-isolated": {**_NO_UDPLITE, **_NO_URGENT, **_ISOLATED}})
NODE = App("node", user=1000, group=1000, load="node.sh",
           facts={"requests": "3000", "counted by workers": "400000", "wasm": "42"})
_GO_SAYS = ("requests", "preempted", "collected", "mapped", "children", "ended by", "signal", "localhost found", "user")
GO = App("go", user=1000, group=1000, load="go.sh",
         facts={"requests": "4000", "preempted": "true", "children": "50"},
         # isolated runs no program that a container has written.
         differs={"stockade-isolated": {**dict.fromkeys(_GO_SAYS), "did not run": "126"}})
_JAVA_SAYS = ("child ended", "child said", "counted", "killed", "mapped", "memory known",
              "parallel sum", "processes", "requests", "unix socket", "watched")
JAVA = App("java", user=1000, group=1000, load="java.sh",
           facts={"G1 requests": "400", "Z requests": "400", "Shenandoah counted": "50000"},
           # The Z collector keeps its heap in a memory file, which isolated refuses.
           differs={"stockade-isolated": dict.fromkeys(f"Z {said}" for said in _JAVA_SAYS)})
