// SPDX-License-Identifier: Apache-2.0
// The thread that made a call, looked at from outside: copies of its memory and duplicates of its
// descriptors. Both may change under us at any time, so each is taken once, and the decision and
// the effect use what was taken. Nothing taken counts before NotificationSource::IsWaiting has said
// afterwards that the thread was still in its call.
//
//   std::array<std::byte, 16> bytes;
//   if (!Target::Read(call.pid, call.data.args[1], bytes)) return EFAULT;
//   const base::UniqueFd socket = targets.Descriptor(call.pid, 5);
//   std::string text;
//   if (!targets.ReadStatus(call.pid, text)) return EACCES;
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>

#include "config/base/fd.h"

namespace stockade::supervisor {

// Fills `to` from `address` of the thread's memory; false if some of it cannot be read.
bool ReadMemory(pid_t thread, std::uint64_t address, std::span<std::byte> to);

template <class T>
bool ReadObject(pid_t thread, std::uint64_t address, T& to) {
  return ReadMemory(thread, address, std::as_writable_bytes(std::span<T, 1>(&to, 1)));
}

// Duplicates of callers' descriptors, and what /proc says of callers. Keeps some pidfds and files
// of /proc: one stands for one thread for ever, so that a kept one can be stale (ESRCH, and it is
// opened anew) but never another's.
class TargetDescriptors {
 public:
  // `proc` is a descriptor of /proc.
  explicit TargetDescriptors(int proc) : proc_(proc) {}
  // A duplicate of descriptor `fd` of `thread`; none with errno set if it has none.
  base::UniqueFd Descriptor(pid_t thread, int fd);
  // The whole text of /proc/<thread>/status as it is now; false if there is none, or if it is
  // longer than any number of groups makes it.
  bool ReadStatus(pid_t thread, std::string& text);
  // SIGKILL to the thread's process, if the thread, once there is a pidfd that stands for it, is
  // `still_waiting` in its call: it may have died and its number be another's.
  void Kill(pid_t thread, const std::function<bool()>& still_waiting);
  // A signal to the thread alone, on the same condition.
  void Signal(pid_t thread, int signal, const std::function<bool()>& still_waiting);

  // Opens a pidfd for a thread; none with errno set. Needs Linux 6.9 for one that is not its
  // process's first.
  static base::UniqueFd Open(pid_t thread);

 private:
  struct Slot {
    pid_t thread = 0;
    base::UniqueFd pidfd = {};
    base::UniqueFd status = {};
  };
  // Under mutex_.
  Slot& SlotOf(pid_t thread);

  int proc_;
  std::mutex mutex_;
  std::array<Slot, 64> slots_;
};

}  // namespace stockade::supervisor
