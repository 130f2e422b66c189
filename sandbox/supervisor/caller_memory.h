// SPDX-License-Identifier: Apache-2.0
// Writing the result of a call into its caller's memory. Only WAIT_KILLABLE_RECV allows it at all:
// a caller that a signal could interrupt would use the same memory for something else by now.
//
// process_vm_writev(2) names its target by a number, which another process can have by the time of
// the write. The memory is opened instead, while the caller is known to wait: what is written goes
// there or, when the caller has died, nowhere.
//
//   CallerMemory memory(proc, call.pid);
//   if (!source.IsWaiting(call.id)) return gone;
//   return memory.Write(call.data.args[0], bytes) ? 0 : EFAULT;
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "config/base/fd.h"

namespace stockade::supervisor {

class CallerMemory {
 public:
  // `proc` is a descriptor of /proc. Of use once NotificationSource::IsWaiting has said after this
  // that the thread was still in its call.
  CallerMemory(int proc, pid_t thread);
  // True if all of `from` was written. What the caller itself could not write is refused.
  bool Write(std::uint64_t address, std::span<const std::byte> from) const;

  // True if this kernel says what of a process's memory is writable (PROCMAP_QUERY, Linux 6.11).
  static bool Supported(int proc);

 private:
  base::UniqueFd memory_;
  base::UniqueFd maps_;
};

}  // namespace stockade::supervisor
