// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/call_text.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "filters/call_table.h"

namespace stockade::filters {
namespace {

std::string Text(const char* name, std::initializer_list<std::uint64_t> arguments) {
  seccomp_data call{};
  call.nr = CallNumber(Abi::kNative, name).value_or(-1);
  std::copy(arguments.begin(), arguments.end(), std::begin(call.args));
  return ArgumentText(call);
}

TEST(ArgumentText, FlagsAndCommandsByName) {
  EXPECT_EQ(Text("unshare", {CLONE_NEWUSER | CLONE_NEWNS}), "flags=CLONE_NEWUSER|CLONE_NEWNS");
  EXPECT_EQ(Text("unshare", {0}), "flags=0");
  EXPECT_EQ(Text("setns", {7, CLONE_NEWNET}), "fd=7, nstype=CLONE_NEWNET");
  EXPECT_EQ(Text("clone", {CLONE_NEWPID | 17, 0}), "flags=CLONE_NEWPID|SIGCHLD, stack=0x0");
  EXPECT_EQ(Text("ptrace", {PTRACE_ATTACH, 12, 0, 0}),
            "request=PTRACE_ATTACH, pid=12, addr=0x0, data=0x0");
  EXPECT_EQ(Text("bpf", {5, 0x1000, 120}), "cmd=BPF_PROG_LOAD, attr=0x1000, size=120");
  EXPECT_EQ(Text("keyctl", {1, 0, 0, 0}),
            "operation=KEYCTL_JOIN_SESSION_KEYRING, arg2=0x0, arg3=0x0, arg4=0x0");
  EXPECT_EQ(Text("mount", {1, 2, 3, MS_BIND | MS_REC, 0}),
            "source=0x1, target=0x2, type=0x3, flags=MS_BIND|MS_REC, data=0x0");
  EXPECT_EQ(Text("umount2", {2, MNT_DETACH}), "target=0x2, flags=MNT_DETACH");
  EXPECT_EQ(Text("userfaultfd", {1}), "flags=UFFD_USER_MODE_ONLY");
  EXPECT_EQ(Text("process_vm_readv", {9, 1, 2, 3, 4, 0}),
            "pid=9, local=0x1, count=2, remote=0x3, count=4, flags=0x0");
  EXPECT_EQ(Text("mknodat", {0xffffff9c, 5, S_IFCHR | 0600, makedev(259, 0x12345)}),
            "dirfd=-100, path=0x5, mode=020600, dev=259:74565");
}

TEST(ArgumentText, WhatHasNoNameIsANumber) {
  EXPECT_EQ(Text("bpf", {77, 0, 0}), "cmd=0x4d, attr=0x0, size=0");
  EXPECT_EQ(Text("umount2", {2, 0x40 | MNT_FORCE}), "target=0x2, flags=MNT_FORCE|0x40");
  EXPECT_EQ(Text("getpriority", {1, 2, 3, 4, 5, 6}), "0x1, 0x2, 0x3, 0x4, 0x5, 0x6");
}

// The kernel does not look at the upper half of what it reads as 32 bits.
TEST(ArgumentText, HalvesThatTheKernelDoesNotRead) {
  EXPECT_EQ(Text("unshare", {0xffffffff00000000 | CLONE_NEWUTS}), "flags=CLONE_NEWUTS");
  EXPECT_EQ(Text("pidfd_getfd", {0x100000003, 0xffffffff, 0}), "pidfd=3, fd=-1, flags=0x0");
}

// The calls that a class with interposition is expected to name have words of their own.
TEST(ArgumentText, EveryCallOfTheRefusedFamiliesIsDecoded) {
  for (const char* name : {"unshare",
                           "setns",
                           "ptrace",
                           "process_vm_readv",
                           "process_vm_writev",
                           "pidfd_getfd",
                           "bpf",
                           "perf_event_open",
                           "keyctl",
                           "add_key",
                           "request_key",
                           "userfaultfd",
                           "io_uring_setup",
                           "mount",
                           "umount2",
                           "fsopen",
                           "fsconfig",
                           "fsmount",
                           "fspick",
                           "move_mount",
                           "open_tree",
                           "mount_setattr",
                           "mknodat"}) {
    EXPECT_NE(Text(name, {}).find('='), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace stockade::filters
