// SPDX-License-Identifier: Apache-2.0
#include "config/base/fd.h"

#include <cerrno>

namespace stockade::base {

void UniqueFd::Reset(int fd) {
  if (fd_ >= 0) {
    const int saved = errno;
    close(fd_);
    errno = saved;
  }
  fd_ = fd;
}

}  // namespace stockade::base
