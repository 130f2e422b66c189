// SPDX-License-Identifier: Apache-2.0
// The kernel's words for flags and commands, from its headers (include/uapi/linux). Numbers stand
// here, for no header of user space has all of them. Only call_text.cc reads this.
#pragma once

#include <array>
#include <cstdint>

namespace stockade::filters {

struct Word {
  std::uint32_t value;
  const char* name;
};

// sched.h. The lowest byte of clone's flags is a signal: what unshare reads as CLONE_NEWTIME is
// left to the end.
inline constexpr auto kCloneFlags = std::to_array<Word>({
    {0x10000000, "CLONE_NEWUSER"},
    {0x00020000, "CLONE_NEWNS"},
    {0x20000000, "CLONE_NEWPID"},
    {0x40000000, "CLONE_NEWNET"},
    {0x08000000, "CLONE_NEWIPC"},
    {0x04000000, "CLONE_NEWUTS"},
    {0x02000000, "CLONE_NEWCGROUP"},
    {0x00000080, "CLONE_NEWTIME"},
    {0x00000100, "CLONE_VM"},
    {0x00000200, "CLONE_FS"},
    {0x00000400, "CLONE_FILES"},
    {0x00000800, "CLONE_SIGHAND"},
    {0x00001000, "CLONE_PIDFD"},
    {0x00002000, "CLONE_PTRACE"},
    {0x00004000, "CLONE_VFORK"},
    {0x00008000, "CLONE_PARENT"},
    {0x00010000, "CLONE_THREAD"},
    {0x00040000, "CLONE_SYSVSEM"},
    {0x00080000, "CLONE_SETTLS"},
    {0x00100000, "CLONE_PARENT_SETTID"},
    {0x00200000, "CLONE_CHILD_CLEARTID"},
    {0x00800000, "CLONE_UNTRACED"},
    {0x01000000, "CLONE_CHILD_SETTID"},
    {0x80000000, "CLONE_IO"},
    {17, "SIGCHLD"},
});

// ptrace.h and x86's ptrace-abi.h
inline constexpr auto kPtraceRequests = std::to_array<Word>({
    {0, "PTRACE_TRACEME"},
    {1, "PTRACE_PEEKTEXT"},
    {2, "PTRACE_PEEKDATA"},
    {3, "PTRACE_PEEKUSER"},
    {4, "PTRACE_POKETEXT"},
    {5, "PTRACE_POKEDATA"},
    {6, "PTRACE_POKEUSER"},
    {7, "PTRACE_CONT"},
    {8, "PTRACE_KILL"},
    {9, "PTRACE_SINGLESTEP"},
    {12, "PTRACE_GETREGS"},
    {13, "PTRACE_SETREGS"},
    {16, "PTRACE_ATTACH"},
    {17, "PTRACE_DETACH"},
    {24, "PTRACE_SYSCALL"},
    {0x4200, "PTRACE_SETOPTIONS"},
    {0x4201, "PTRACE_GETEVENTMSG"},
    {0x4202, "PTRACE_GETSIGINFO"},
    {0x4203, "PTRACE_SETSIGINFO"},
    {0x4204, "PTRACE_GETREGSET"},
    {0x4205, "PTRACE_SETREGSET"},
    {0x4206, "PTRACE_SEIZE"},
    {0x4207, "PTRACE_INTERRUPT"},
    {0x4208, "PTRACE_LISTEN"},
    {0x4209, "PTRACE_PEEKSIGINFO"},
    {0x420a, "PTRACE_GETSIGMASK"},
    {0x420b, "PTRACE_SETSIGMASK"},
    {0x420c, "PTRACE_SECCOMP_GET_FILTER"},
    {0x420d, "PTRACE_SECCOMP_GET_METADATA"},
    {0x420e, "PTRACE_GET_SYSCALL_INFO"},
    {0x420f, "PTRACE_GET_RSEQ_CONFIGURATION"},
});

// kcmp.h
inline constexpr auto kCompareTypes = std::to_array<Word>({{0, "KCMP_FILE"},
                                                           {1, "KCMP_VM"},
                                                           {2, "KCMP_FILES"},
                                                           {3, "KCMP_FS"},
                                                           {4, "KCMP_SIGHAND"},
                                                           {5, "KCMP_IO"},
                                                           {6, "KCMP_SYSVSEM"},
                                                           {7, "KCMP_EPOLL_TFD"}});

// bpf.h
inline constexpr auto kBpfCommands = std::to_array<Word>({
    {0, "BPF_MAP_CREATE"},        {1, "BPF_MAP_LOOKUP_ELEM"},
    {2, "BPF_MAP_UPDATE_ELEM"},   {3, "BPF_MAP_DELETE_ELEM"},
    {4, "BPF_MAP_GET_NEXT_KEY"},  {5, "BPF_PROG_LOAD"},
    {6, "BPF_OBJ_PIN"},           {7, "BPF_OBJ_GET"},
    {8, "BPF_PROG_ATTACH"},       {9, "BPF_PROG_DETACH"},
    {10, "BPF_PROG_TEST_RUN"},    {11, "BPF_PROG_GET_NEXT_ID"},
    {12, "BPF_MAP_GET_NEXT_ID"},  {13, "BPF_PROG_GET_FD_BY_ID"},
    {14, "BPF_MAP_GET_FD_BY_ID"}, {15, "BPF_OBJ_GET_INFO_BY_FD"},
    {16, "BPF_PROG_QUERY"},       {17, "BPF_RAW_TRACEPOINT_OPEN"},
    {18, "BPF_BTF_LOAD"},         {28, "BPF_LINK_CREATE"},
    {36, "BPF_TOKEN_CREATE"},
});

// perf_event.h
inline constexpr auto kPerfFlags = std::to_array<Word>({{1, "PERF_FLAG_FD_NO_GROUP"},
                                                        {2, "PERF_FLAG_FD_OUTPUT"},
                                                        {4, "PERF_FLAG_PID_CGROUP"},
                                                        {8, "PERF_FLAG_FD_CLOEXEC"}});

// keyctl.h
inline constexpr auto kKeyOperations = std::to_array<Word>({
    {0, "KEYCTL_GET_KEYRING_ID"}, {1, "KEYCTL_JOIN_SESSION_KEYRING"},
    {2, "KEYCTL_UPDATE"},         {3, "KEYCTL_REVOKE"},
    {4, "KEYCTL_CHOWN"},          {5, "KEYCTL_SETPERM"},
    {6, "KEYCTL_DESCRIBE"},       {7, "KEYCTL_CLEAR"},
    {8, "KEYCTL_LINK"},           {9, "KEYCTL_UNLINK"},
    {10, "KEYCTL_SEARCH"},        {11, "KEYCTL_READ"},
    {12, "KEYCTL_INSTANTIATE"},   {15, "KEYCTL_SET_TIMEOUT"},
    {17, "KEYCTL_GET_SECURITY"},  {18, "KEYCTL_SESSION_TO_PARENT"},
    {21, "KEYCTL_INVALIDATE"},    {22, "KEYCTL_GET_PERSISTENT"},
    {31, "KEYCTL_CAPABILITIES"},
});

// userfaultfd.h and fcntl.h
inline constexpr auto kUserFaultFlags = std::to_array<Word>(
    {{1, "UFFD_USER_MODE_ONLY"}, {04000, "O_NONBLOCK"}, {02000000, "O_CLOEXEC"}});

// mount.h
inline constexpr auto kMountFlags = std::to_array<Word>({
    {1, "MS_RDONLY"},
    {2, "MS_NOSUID"},
    {4, "MS_NODEV"},
    {8, "MS_NOEXEC"},
    {16, "MS_SYNCHRONOUS"},
    {32, "MS_REMOUNT"},
    {64, "MS_MANDLOCK"},
    {128, "MS_DIRSYNC"},
    {256, "MS_NOSYMFOLLOW"},
    {1024, "MS_NOATIME"},
    {2048, "MS_NODIRATIME"},
    {4096, "MS_BIND"},
    {8192, "MS_MOVE"},
    {16384, "MS_REC"},
    {32768, "MS_SILENT"},
    {1U << 17, "MS_UNBINDABLE"},
    {1U << 18, "MS_PRIVATE"},
    {1U << 19, "MS_SLAVE"},
    {1U << 20, "MS_SHARED"},
    {1U << 21, "MS_RELATIME"},
    {1U << 24, "MS_STRICTATIME"},
    {1U << 25, "MS_LAZYTIME"},
});

inline constexpr auto kUmountFlags = std::to_array<Word>(
    {{1, "MNT_FORCE"}, {2, "MNT_DETACH"}, {4, "MNT_EXPIRE"}, {8, "UMOUNT_NOFOLLOW"}});

inline constexpr auto kFsOpenFlags = std::to_array<Word>({{1, "FSOPEN_CLOEXEC"}});

inline constexpr auto kFsConfigCommands = std::to_array<Word>({{0, "FSCONFIG_SET_FLAG"},
                                                               {1, "FSCONFIG_SET_STRING"},
                                                               {2, "FSCONFIG_SET_BINARY"},
                                                               {3, "FSCONFIG_SET_PATH"},
                                                               {4, "FSCONFIG_SET_PATH_EMPTY"},
                                                               {5, "FSCONFIG_SET_FD"},
                                                               {6, "FSCONFIG_CMD_CREATE"},
                                                               {7, "FSCONFIG_CMD_RECONFIGURE"},
                                                               {8, "FSCONFIG_CMD_CREATE_EXCL"}});

}  // namespace stockade::filters
