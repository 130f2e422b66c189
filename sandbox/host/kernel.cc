// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/kernel.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "config/base/file.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;

constexpr std::size_t kMaxMountInfo = 64U << 20;  // 100,000 mounts with long options

base::UniqueFd Open(int directory, const std::string& path, int flags, std::uint64_t resolve) {
  open_how how = {};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.resolve = resolve;
  long fd = -1;
  do {  // EAGAIN: something was renamed or mounted meanwhile
    fd = syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how));
  } while (fd < 0 && (errno == EAGAIN || errno == EINTR));
  return base::UniqueFd(static_cast<int>(fd));
}

}  // namespace

base::UniqueFd OpenWithoutLinks(int directory, const std::string& path, int flags,
                                std::uint64_t more_resolve_flags) {
  return Open(directory, path, flags,
              RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | more_resolve_flags);
}

base::UniqueFd OpenInRoot(int root, const std::string& path, int flags) {
  return Open(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

base::Result<MountIdentity> IdentifyMount(int file, const std::string& name) {
  struct statx info = {};
  if (statx(file, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &info) != 0) {
    return base::FailErrno(ErrorKind::kHost, errno, name);
  }
  if ((info.stx_mask & STATX_MNT_ID) == 0 ||
      (info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0) {
    return base::Fail(ErrorKind::kHost,
                      "{}: this kernel does not tell mounts apart (Linux 5.8 does)", name);
  }
  return MountIdentity{info.stx_mnt_id, (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0};
}

base::Result<std::vector<MountEntry>> ReadMounts() {
  STOCKADE_ASSIGN(const std::string text,
                  base::ReadFile("/proc/thread-self/mountinfo", kMaxMountInfo));
  return ParseMountInfo(text);
}

base::Result<MountEntry> FindMount(int file, const std::string& name) {
  STOCKADE_ASSIGN(const MountIdentity identity, IdentifyMount(file, name));
  STOCKADE_ASSIGN(std::vector<MountEntry> mounts, ReadMounts());
  for (MountEntry& mount : mounts) {
    if (mount.id == identity.mount) return std::move(mount);
  }
  return base::Fail(ErrorKind::kHost, "{}: its mount is not in /proc/thread-self/mountinfo", name);
}

}  // namespace stockade::sandbox
