// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/standard_streams.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace stockade::sandbox {

base::Status GiveStreams(std::uint32_t uid, std::uint32_t gid) {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    struct stat info = {};
    if (fstat(fd, &info) != 0) {
      if (errno == EBADF) continue;  // closed
      return base::FailErrno(base::ErrorKind::kHost, errno, fmt::format("fd {}", fd));
    }
    if (!S_ISFIFO(info.st_mode) || (info.st_uid == uid && info.st_gid == gid)) continue;
    if (fchown(fd, uid, gid) != 0) {
      return base::FailErrno(base::ErrorKind::kHost, errno,
                             fmt::format("give fd {} to the pod's user {}", fd, uid));
    }
  }
  return {};
}

}  // namespace stockade::sandbox
