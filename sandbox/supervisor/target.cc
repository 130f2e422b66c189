// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/target.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "config/base/error.h"

namespace stockade::supervisor {
namespace {

constexpr unsigned kPidfdThread = O_EXCL;  // PIDFD_THREAD, which no header of user space has yet

constexpr std::size_t kMaxStatus = 1U << 20;  // 65536 groups fit

// The file from its beginning; false with errno set. One that fits is one call: it comes whole.
bool ReadWhole(int file, std::string& text) {
  std::array<char, 4096> part;
  text.clear();
  while (text.size() <= kMaxStatus) {
    const ssize_t got = pread(file, part.data(), part.size(), static_cast<off_t>(text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    text.append(part.data(), static_cast<std::size_t>(got));
    if (static_cast<std::size_t>(got) < part.size()) return true;
  }
  errno = EFBIG;
  return false;
}

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

TargetDescriptors::Slot& TargetDescriptors::SlotOf(pid_t thread) {
  Slot& slot = slots_[static_cast<std::size_t>(thread) % slots_.size()];
  if (slot.thread != thread) slot = {.thread = thread};
  return slot;
}

base::UniqueFd TargetDescriptors::Descriptor(pid_t thread, int fd) {
  const std::lock_guard lock(mutex_);
  Slot& slot = SlotOf(thread);
  if (slot.pidfd) {
    base::UniqueFd copy(GetFd(slot.pidfd.get(), fd));
    if (copy || errno != ESRCH) return copy;
  }
  slot.pidfd = Open(thread);
  return slot.pidfd ? base::UniqueFd(GetFd(slot.pidfd.get(), fd)) : base::UniqueFd();
}

bool TargetDescriptors::ReadStatus(pid_t thread, std::string& text) {
  const std::lock_guard lock(mutex_);
  Slot& slot = SlotOf(thread);
  if (slot.status) {
    if (ReadWhole(slot.status.get(), text)) return true;
    if (errno != ESRCH) return false;
  }
  slot.status.Reset(openat(proc_, fmt::format("{}/status", thread).c_str(), O_RDONLY | O_CLOEXEC));
  return slot.status && ReadWhole(slot.status.get(), text);
}

void TargetDescriptors::Signal(pid_t thread, int signal,
                               const std::function<bool()>& still_waiting) {
  const base::UniqueFd pidfd = Open(thread);
  if (!pidfd || !still_waiting()) return;
  (void)syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

void TargetDescriptors::Kill(pid_t thread, const std::function<bool()>& still_waiting) {
  const base::UniqueFd pidfd = Open(thread);
  if (!pidfd || !still_waiting()) return;
  // PIDFD_SIGNAL_THREAD_GROUP: the whole process, whichever thread the pidfd names.
  constexpr unsigned kWholeProcess = 2;
  (void)syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, kWholeProcess);
}

}  // namespace stockade::supervisor
