// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/namespace_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "config/base/error.h"

namespace stockade::supervisor {

base::UniqueFd OpenNamespace(int proc, pid_t process, const char* kind) {
  return base::UniqueFd(
      openat(proc, fmt::format("{}/ns/{}", process, kind).c_str(), O_RDONLY | O_CLOEXEC));
}

ino_t InodeOf(const base::UniqueFd& space) {
  struct stat status = {};
  return space && fstat(space.get(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace stockade::supervisor
