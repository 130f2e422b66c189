// SPDX-License-Identifier: Apache-2.0
// A tmpfs mounted or unmounted in the container, by a process of the holder's that is made for it
// and ends with it: it goes into the container's user and mount namespace, where a holder could not
// come back from.
//
//   const MountReport report = PerformMount(namespaces, home, order, place, ours, proc);
//
// A mount is made by the descriptor of its place, and that has to be in the container's mount
// namespace: the kernel refuses any other. An unmount is of the mount whose id was asked for, which
// is looked at in its directory: nobody can rename a mount point, and nothing but this takes one of
// ours away or puts one of ours over it.
#pragma once

#include <cstdint>
#include <span>

#include "config/base/fd.h"
#include "sandbox/supervisor/mount_order.h"

namespace stockade::supervisor {

struct MountNamespaces {
  base::UniqueFd user = {};  // none if it is ours
  base::UniqueFd mount = {};
};

// What goes back to the holder.
struct MountReport {
  MountAnswer answer = {};
  std::uint64_t made = 0;    // the id of a new mount
  std::uint64_t spent = 0;   // the id of one that was detached in use
  std::uint64_t living = 0;  // which of `ours` are still mounted, a bit each
};

// `ours` are the ids of the mounts that were made before, 0 for none, and `proc` is /proc. The
// order has been checked.
MountReport PerformMount(const MountNamespaces& namespaces, const MountHome& home,
                         const MountOrder& order, base::UniqueFd place,
                         std::span<const std::uint64_t, filters::kMaxMounts> ours, int proc);

}  // namespace stockade::supervisor
