// SPDX-License-Identifier: Apache-2.0
// One message over a Unix socket with a descriptor beside it (unix(7), SCM_RIGHTS).
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "config/base/fd.h"

namespace stockade::sandbox {

struct FdMessage {
  ssize_t size = -1;  // as of recvmsg(2); 0 at the end
  base::UniqueFd fd;  // the last one that came with it
  pid_t pid = 0;      // of the sender, where the socket passes credentials
};

// Does not wait.
FdMessage ReceiveFd(int socket, void* to, std::size_t room);

bool SendFd(int socket, const void* data, std::size_t size, int fd);

}  // namespace stockade::sandbox
