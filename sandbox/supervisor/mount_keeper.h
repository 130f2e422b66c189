// SPDX-License-Identifier: Apache-2.0
// The holder's part of a class that has tmpfs mounted: takes a worker's orders (mount_order.h), one
// at a time, has each performed by a process of its own (mount_effect.h), and remembers what was
// mounted, which outlives the worker. A worker may have been taken over: what it orders is checked
// here, so that it gets no more than a class that says so gives to the container itself, tmpfs
// within bounds in the container's own mount namespace.
//
//   MountKeeper keeper(proc, memory);
//   keeper.TakeHome(stub);                        // of the first listener
//   worker_has = keeper.NewLink();                // before each worker's fork
//   poll keeper.poll_fd(); keeper.Serve([] { …close what the child must not have… });
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>

#include "sandbox/supervisor/memory_groups.h"
#include "sandbox/supervisor/mount_effect.h"

namespace stockade::supervisor {

class MountKeeper {
 public:
  // `proc` and `memory` outlive it.
  MountKeeper(int proc, const MemoryGroups& memory) : proc_(proc), memory_(memory) {}

  // The namespaces, root and memory of a process of the container; the first time. False if they
  // cannot be told.
  bool TakeHome(pid_t process);
  const MountHome& home() const { return home_; }

  // The worker's end of a new link; the last worker's is over.
  base::UniqueFd NewLink();

  // What is waited for, to be read: -1 for nothing.
  int poll_fd() const { return child_ > 0 ? report_.get() : orders_.get(); }
  // Takes an order or a report, if there is one. `in_child` begins the process that performs it.
  void Serve(const std::function<void()>& in_child);
  // At the end: what is being performed is given up.
  void Stop();

 private:
  void Begin(const std::function<void()>& in_child);
  void Finish();
  void Remember(const MountReport& report);

  int proc_;
  const MemoryGroups& memory_;
  MountNamespaces namespaces_;
  MountHome home_;
  filters::TmpfsBound bound_;
  std::array<std::uint64_t, filters::kMaxMounts> mounts_ = {};  // ids; 0 is none, or kSpentMount
  base::UniqueFd orders_;
  // While an order is performed:
  pid_t child_ = -1;
  base::UniqueFd report_;
  base::UniqueFd answer_;
};

// The host's number for an inner id 0 in the text of /proc/<pid>/uid_map; -1 if it has none.
std::uint32_t RootOf(std::string_view map);

}  // namespace stockade::supervisor
