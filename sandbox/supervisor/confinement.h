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
// done: an unconfined supervisor answers nobody. With `mounts` what the holder needs to have tmpfs
// mounted stays; the worker gives that up as well.
base::Result<View> Confine(bool mounts);
base::Status GiveUpMounting();

// Installs the list of calls (own_filter.cc).
base::Status AllowOwnCallsOnly(bool mounts);

}  // namespace stockade::supervisor
