// SPDX-License-Identifier: Apache-2.0
// The kernel calls about files and mounts that the C library lacks or leaves raw, once.
#pragma once

#include <cstdint>
#include <string>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "sandbox/host/mount_info.h"

namespace stockade::sandbox {

// open(2) with `flags`, which gain O_CLOEXEC, through no symbolic link and no magic link at all:
// what a path meant when it was resolved, it means now, or this fails. -1 and errno on failure.
base::UniqueFd OpenWithoutLinks(int directory, const std::string& path, int flags,
                                std::uint64_t more_resolve_flags = 0);

// The same from within `root`, through symbolic links, none of which leads out of it.
base::UniqueFd OpenInRoot(int root, const std::string& path, int flags);

// Which mount an open file lies on.
struct MountIdentity {
  std::uint64_t mount = 0;  // MountEntry::id
  bool is_root = false;     // the file is where the mount begins
};
base::Result<MountIdentity> IdentifyMount(int file, const std::string& name);

// Every mount that we see, in the order of /proc/thread-self/mountinfo.
base::Result<std::vector<MountEntry>> ReadMounts();

// The mount of `file`, for a decision or for the text of an error.
base::Result<MountEntry> FindMount(int file, const std::string& name);

}  // namespace stockade::sandbox
