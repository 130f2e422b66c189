// SPDX-License-Identifier: Apache-2.0
// The system calls that the supervisor itself makes. Any other kills it: then its container's calls
// fail, and nothing goes through.
#include <linux/filter.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>

#include "filters/bpf.h"
#include "filters/interposition/device_node.h"
#include "sandbox/supervisor/confinement.h"
#include "sandbox/supervisor/unique_mounts.h"

namespace stockade::supervisor {
namespace {

constexpr auto kCalls = std::to_array<int>({
  // answering, and looking at callers
  SYS_ioctl, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_open, SYS_pidfd_getfd,
      SYS_pidfd_send_signal, SYS_capget, SYS_openat, SYS_readlinkat, SYS_newfstatat, SYS_statx,
      // performing their calls
      SYS_sysinfo, SYS_uname, SYS_pread64, SYS_pwrite64, SYS_geteuid, SYS_openat2, SYS_fstat,
      SYS_fstatfs, SYS_connect, SYS_bind, SYS_sendmsg, SYS_getsockopt, SYS_fcntl,
      // being a caller for a moment
      SYS_capset, SYS_setgroups, SYS_setresuid, SYS_setresgid, SYS_chroot, SYS_fchdir, SYS_umask,
      // sessions and the log
      SYS_poll, SYS_ppoll, SYS_accept4, SYS_recvmsg, SYS_setsockopt, SYS_read, SYS_write, SYS_close,
      SYS_ftruncate, SYS_lseek,
      // the holder's worker
      SYS_socketpair, SYS_wait4, SYS_kill, SYS_eventfd2,
      // threads, memory, time: the C library's
      SYS_clone, SYS_clone3, SYS_unshare, SYS_set_robust_list, SYS_rseq, SYS_futex, SYS_sched_yield,
      SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sched_getaffinity, SYS_tgkill,
      SYS_getpid, SYS_gettid, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise, SYS_mremap, SYS_brk,
      SYS_clock_gettime, SYS_restart_syscall, SYS_exit, SYS_exit_group,
#if defined(__x86_64__)
      SYS_open, SYS_readlink,
#endif
});

// And those by which a worker, forked from the holder, confines itself; then it gives them up.
constexpr auto kConfiningCalls = std::to_array<int>({SYS_setns, SYS_seccomp});
constexpr auto kConfiningOptions = std::to_array<std::uint32_t>(
    {PR_SET_SECUREBITS, PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE});

// And those of the holder where it has tmpfs mounted.
constexpr auto kMountCalls =
    std::to_array<int>({SYS_setfsuid, SYS_setfsgid, kStatMount, kListMount, SYS_fsopen,
                        SYS_fsconfig, SYS_fsmount, SYS_move_mount, SYS_umount2});

void Allow(filters::Program& program, std::span<const int> calls) {
  for (const int call : calls) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
}

constexpr auto kArguments = static_cast<std::uint32_t>(offsetof(seccomp_data, args));

// Nothing but `block` for the call `number`.
void AllowBy(filters::Program& program, int number, const filters::Program& block) {
  const auto length = static_cast<std::uint8_t>(block.size());
  program.push_back(
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, length));
  program.insert(program.end(), block.begin(), block.end());
}

// Of the loaded word these values, and no others.
void AllowValues(filters::Program& block, std::span<const std::uint32_t> values) {
  for (const std::uint32_t value : values) {
    block.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
    block.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  block.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
}

// mknodat of the harmless devices, and of no other: CAP_MKNOD could otherwise make any.
void AllowHarmlessDevices(filters::Program& program) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  filters::Program block{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArguments + 8 * 2),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, S_IFMT),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, S_IFCHR, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArguments + 8 * 3),
  };
  AllowValues(block, filters::kHarmlessDevices);
  AllowBy(program, SYS_mknodat, block);
}

void AllowConfining(filters::Program& program) {
  Allow(program, kConfiningCalls);
  filters::Program block{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArguments)};
  AllowValues(block, kConfiningOptions);
  AllowBy(program, SYS_prctl, block);
}

}  // namespace

base::Status AllowOwnCallsOnly(Role role) {
  filters::Program program{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, filters::NativeAudit(), 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  Allow(program, kCalls);
  if (role == Role::kMountingHolder) Allow(program, kMountCalls);
  if (role != Role::kWorker) AllowConfining(program);
  AllowHarmlessDevices(program);
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) {
    return base::FailErrno(base::ErrorKind::kHost, errno, "install the supervisor's own filter");
  }
  return {};
}

}  // namespace stockade::supervisor
