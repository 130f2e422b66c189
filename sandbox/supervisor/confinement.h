// SPDX-License-Identifier: Apache-2.0
// What the supervisor gives up before it looks at a container: its view of the file system (an
// empty one, but for the descriptors that it keeps), every capability that no call of its needs,
// root's effective ids, new privileges, and every system call that is not on its list.
//
// Its effective user is nobody: as the owner of a container's user namespace, root would have every
// capability there, whatever its sets say, and use them for a caller that has none.
#pragma once

#include "config/base/error.h"
#include "config/base/fd.h"

namespace stockade::supervisor {

// Descriptors of what the empty view no longer has.
struct View {
  base::UniqueFd proc = {};      // /proc
  base::UniqueFd own_fds = {};   // /proc/self/fd, of each process its own
  base::UniqueFd own_root = {};  // the empty root
};

// Gives up the rest, for this thread and those that it starts. kHost error if any part cannot be
// done: an unconfined supervisor answers nobody. What a worker needs to confine itself further
// stays, and with `mounts` what the holder needs to have tmpfs mounted.
base::Result<View> Confine(bool mounts);

// A worker's own confinement, before it answers anybody and has a second thread. Where its callers
// have a user namespace of their own it enters that one: its capabilities are then over the
// container, and over nobody else on the node. `user_namespace` is -1 where they share ours.
base::Status ConfineWorker(int user_namespace);

// Whose list of calls (own_filter.cc).
enum class Role { kWorker, kHolder, kMountingHolder };
base::Status AllowOwnCallsOnly(Role role);

}  // namespace stockade::supervisor
