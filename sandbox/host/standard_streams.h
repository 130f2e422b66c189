// SPDX-License-Identifier: Apache-2.0
// The standard streams' owner. Programs open /dev/stdout again, which for a pipe needs permission
// of the pipe's inode; a delegate in a user namespace cannot give what belongs to the host.
#pragma once

#include <cstdint>

#include "config/base/error.h"

namespace stockade::sandbox {

// Gives those of fds 0 to 2 that are pipes to `uid` and `gid`, ids on the host. Terminals, files
// and sockets stay as they are: they are others' to give, or cannot be opened again anyway.
base::Status GiveStreams(std::uint32_t uid, std::uint32_t gid);

}  // namespace stockade::sandbox
