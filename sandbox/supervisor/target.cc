// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/target.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace stockade::supervisor {
namespace {

constexpr unsigned kPidfdThread = O_EXCL;  // PIDFD_THREAD, which no header of user space has yet

int GetFd(int pidfd, int fd) { return static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, fd, 0)); }

}  // namespace

bool ReadMemory(pid_t thread, std::uint64_t address, std::span<std::byte> to) {
  if (to.empty()) return true;
  iovec local{.iov_base = to.data(), .iov_len = to.size()};
  iovec remote{.iov_base = reinterpret_cast<void*>(address),  // NOLINT: an address elsewhere
               .iov_len = to.size()};
  return process_vm_readv(thread, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(to.size());
}

base::UniqueFd TargetDescriptors::Open(pid_t thread) {
  return base::UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, thread, kPidfdThread)));
}

base::UniqueFd TargetDescriptors::Descriptor(pid_t thread, int fd) {
  const std::lock_guard lock(mutex_);
  Slot& slot = slots_[static_cast<std::size_t>(thread) % slots_.size()];
  if (slot.thread == thread && slot.pidfd) {
    base::UniqueFd copy(GetFd(slot.pidfd.get(), fd));
    if (copy || errno != ESRCH) return copy;
  }
  slot = {thread, Open(thread)};
  return slot.pidfd ? base::UniqueFd(GetFd(slot.pidfd.get(), fd)) : base::UniqueFd();
}

void TargetDescriptors::Signal(pid_t thread, int signal) {
  const base::UniqueFd pidfd = Open(thread);
  if (pidfd) (void)syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

void TargetDescriptors::Kill(pid_t thread) {
  const base::UniqueFd pidfd = Open(thread);
  // PIDFD_SIGNAL_THREAD_GROUP: the whole process, whichever thread the pidfd names.
  constexpr unsigned kWholeProcess = 2;
  if (pidfd) (void)syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, kWholeProcess);
}

}  // namespace stockade::supervisor
