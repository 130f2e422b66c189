// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/shift_owners.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <linux/posix_acl_xattr.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "sandbox/host/kernel.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::Result;
using base::Status;
using base::UniqueFd;

constexpr int kMaxDepth = 400;  // one descriptor a level, below the usual limit of 1024
constexpr const char* kCapabilities = "security.capability";
constexpr std::array<const char*, 2> kAccessLists{"system.posix_acl_access",
                                                  "system.posix_acl_default"};

// ACL_USER and ACL_GROUP of linux/posix_acl.h, which is no header of user space's.
constexpr unsigned kUserEntry = 0x02;
constexpr unsigned kGroupEntry = 0x08;

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

class Shifter {
 public:
  Shifter(const IdRange& ids, std::uint32_t old_first, std::uint64_t mount)
      : ids_(ids), old_first_(old_first), mount_(mount) {}

  // Everything below `folder`, which this takes.
  Status Below(UniqueFd folder, const std::string& name, int depth) const;
  // One file, opened with O_PATH; `parent` and `entry` name it again where a path is needed.
  Status One(int file, const std::string& name) const;

 private:
  Status Entry(int folder, const char* entry, const std::string& name, int depth) const;
  Result<std::uint32_t> Shifted(std::uint32_t id, const std::string& name) const;
  Result<std::string> CapabilitiesOf(int file, const std::string& name) const;
  Status AccessList(int file, const char* list, const std::string& name) const;
  Status RegularFile(int file, const struct stat& info, uid_t uid, gid_t gid,
                     const std::string& name) const;

  IdRange ids_;
  std::uint32_t old_first_;
  std::uint64_t mount_;
};

bool Within(std::uint32_t id, std::uint32_t first) {
  return id >= first && id - first < IdRange::kSize;
}

Result<std::uint32_t> Shifter::Shifted(std::uint32_t id, const std::string& name) const {
  if (Within(id, ids_.first)) return id;
  if (Within(id, old_first_)) return id - old_first_ + ids_.first;
  return base::Fail(ErrorKind::kHost, "{}: holds the id {}, which no id of a pod stands for", name,
                    id);
}

// The capabilities of a file, made those of the pod's root, or of the id that stands for the one
// whose they were; "" if it has none.
Result<std::string> Shifter::CapabilitiesOf(int file, const std::string& name) const {
  vfs_ns_cap_data data = {};
  const ssize_t got = fgetxattr(file, kCapabilities, &data, sizeof(data));
  if (got < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) return std::string();
  if (got < 0)
    return FailErrno(ErrorKind::kHost, errno, fmt::format("{}: {}", name, kCapabilities));
  if (got < static_cast<ssize_t>(XATTR_CAPS_SZ_2)) return std::string();  // of before Linux 2.6.24
  // All zeros in the older form, which is root's.
  STOCKADE_ASSIGN(data.rootid, Shifted(data.rootid, name));
  data.magic_etc = VFS_CAP_REVISION_3 | (data.magic_etc & VFS_CAP_FLAGS_MASK);
  return std::string(reinterpret_cast<const char*>(&data), sizeof(data));
}

// The users and groups that a POSIX access control list names, in the kernel's form: a header and
// entries (linux/posix_acl_xattr.h).
Status Shifter::AccessList(int file, const char* list, const std::string& name) const {
  // By a path, for the descriptor is one of O_PATH.
  const std::string path = fmt::format("/proc/self/fd/{}", file);
  std::array<char, XATTR_SIZE_MAX> text;
  const ssize_t got = getxattr(path.c_str(), list, text.data(), text.size());
  if (got < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) return {};
  if (got < 0) return FailErrno(ErrorKind::kHost, errno, fmt::format("{}: {}", name, list));
  const auto size = static_cast<std::size_t>(got);
  bool changed = false;
  for (std::size_t at = sizeof(posix_acl_xattr_header); at + sizeof(posix_acl_xattr_entry) <= size;
       at += sizeof(posix_acl_xattr_entry)) {
    posix_acl_xattr_entry entry = {};
    std::memcpy(&entry, &text.at(at), sizeof(entry));
    if (entry.e_tag != kUserEntry && entry.e_tag != kGroupEntry) continue;
    STOCKADE_ASSIGN(const std::uint32_t id, Shifted(entry.e_id, fmt::format("{}: {}", name, list)));
    changed = changed || id != entry.e_id;
    entry.e_id = id;
    std::memcpy(&text.at(at), &entry, sizeof(entry));
  }
  if (changed && setxattr(path.c_str(), list, text.data(), size, 0) != 0) {
    return FailErrno(ErrorKind::kHost, errno, fmt::format("{}: {}", name, list));
  }
  return {};
}

// chown(2) takes setuid bits and capabilities away, and the kernel changes them by a real
// descriptor only.
Status Shifter::RegularFile(int file, const struct stat& info, uid_t uid, gid_t gid,
                            const std::string& name) const {
  const UniqueFd real(
      open(fmt::format("/proc/self/fd/{}", file).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!real) return FailErrno(ErrorKind::kHost, errno, name);
  STOCKADE_ASSIGN(const std::string capabilities, CapabilitiesOf(real.get(), name));
  if (fchown(real.get(), uid, gid) != 0 || fchmod(real.get(), info.st_mode & 07777U) != 0) {
    return FailErrno(ErrorKind::kHost, errno, fmt::format("chown {}", name));
  }
  if (!capabilities.empty() &&
      fsetxattr(real.get(), kCapabilities, capabilities.data(), capabilities.size(), 0) != 0) {
    return FailErrno(ErrorKind::kHost, errno, fmt::format("{}: {}", name, kCapabilities));
  }
  return {};
}

Status Shifter::One(int file, const std::string& name) const {
  struct stat info = {};
  if (fstat(file, &info) != 0) return FailErrno(ErrorKind::kHost, errno, name);
  STOCKADE_ASSIGN(const MountIdentity identity, IdentifyMount(file, name));
  if (identity.mount != mount_) {
    return base::Fail(ErrorKind::kHost, "{}: something else is mounted there", name);
  }
  STOCKADE_ASSIGN(const uid_t uid, Shifted(info.st_uid, name));
  STOCKADE_ASSIGN(const gid_t gid, Shifted(info.st_gid, name));
  if (uid == info.st_uid && gid == info.st_gid) return {};
  if (!S_ISLNK(info.st_mode)) {  // which have none
    for (const char* list : kAccessLists) STOCKADE_TRY(AccessList(file, list, name));
  }
  if (S_ISREG(info.st_mode)) return RegularFile(file, info, uid, gid, name);
  if (fchownat(file, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0) {
    return FailErrno(ErrorKind::kHost, errno, fmt::format("chown {}", name));
  }
  return {};
}

Status Shifter::Entry(int folder, const char* entry, const std::string& name, int depth) const {
  UniqueFd file = OpenWithoutLinks(folder, entry, O_PATH | O_NOFOLLOW, RESOLVE_BENEATH);
  if (!file) return FailErrno(ErrorKind::kHost, errno, name);
  struct stat info = {};
  if (fstat(file.get(), &info) != 0) return FailErrno(ErrorKind::kHost, errno, name);
  if (S_ISDIR(info.st_mode)) {
    UniqueFd below = OpenWithoutLinks(file.get(), ".", O_RDONLY | O_DIRECTORY);
    if (!below) return FailErrno(ErrorKind::kHost, errno, name);
    STOCKADE_TRY(Below(std::move(below), name, depth + 1));
  }
  return One(file.get(), name);
}

Status Shifter::Below(UniqueFd folder, const std::string& name, int depth) const {
  if (depth > kMaxDepth) {
    return base::Fail(ErrorKind::kHost, "{}: more than {} folders deep", name.substr(0, 200),
                      kMaxDepth);
  }
  STOCKADE_ASSIGN(const MountIdentity identity, IdentifyMount(folder.get(), name));
  if (identity.mount != mount_) {
    return base::Fail(ErrorKind::kHost, "{}: something else is mounted there", name);
  }
  const Folder entries(fdopendir(folder.get()), closedir);
  if (!entries) return FailErrno(ErrorKind::kHost, errno, name);
  (void)folder.Release();  // closedir closes it
  for (;;) {
    errno = 0;
    const dirent* const entry = readdir(entries.get());
    if (entry == nullptr) break;
    const std::string_view word = entry->d_name;
    if (word == "." || word == "..") continue;
    STOCKADE_TRY(
        Entry(dirfd(entries.get()), entry->d_name, fmt::format("{}/{}", name, word), depth));
  }
  if (errno != 0) return FailErrno(ErrorKind::kHost, errno, name);
  return {};
}

}  // namespace

Status ShiftOwners(int root, const IdRange& ids, const std::string& name) {
  struct stat info = {};
  if (fstat(root, &info) != 0) return FailErrno(ErrorKind::kHost, errno, name);
  if (ids.first < IdRange::kSize) {
    return base::Fail(ErrorKind::kInternal, "{}: the ids of the pod are those of images", name);
  }
  const std::uint32_t old_first = info.st_uid < IdRange::kSize ? 0 : info.st_uid;
  STOCKADE_ASSIGN(const MountIdentity identity, IdentifyMount(root, name));
  const Shifter shifter(ids, old_first, identity.mount);
  UniqueFd folder = OpenWithoutLinks(root, ".", O_RDONLY | O_DIRECTORY);
  if (!folder) return FailErrno(ErrorKind::kHost, errno, name);
  STOCKADE_TRY(shifter.Below(std::move(folder), name, 0));
  return shifter.One(root, name);
}

}  // namespace stockade::sandbox
