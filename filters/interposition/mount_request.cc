// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/mount_request.h"

#include <linux/magic.h>
#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>

namespace stockade::filters {
namespace {

constexpr std::uint64_t kPage = 4096;  // no page is smaller

// Words of mount(2) that no header of user space has in all versions.
constexpr std::uint32_t kNoSymlinkFollow = 256;
constexpr std::uint32_t kNoUser = 1U << 31;
constexpr std::uint32_t kMagicMask = 0xffff0000;  // of programs from before Linux 2.4
constexpr std::uint32_t kMagic = 0xc0ed0000;
constexpr std::uint32_t kOtherVerbs =
    MS_REMOUNT | MS_BIND | MS_MOVE | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
constexpr std::uint32_t kFileSystemFlags = MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME;

constexpr std::uint32_t kAlways = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr std::uint32_t kAttributes = kAlways | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME |
                                      MOUNT_ATTR_STRICTATIME | MOUNT_ATTR_NODIRATIME |
                                      MOUNT_ATTR_NOSYMFOLLOW;

std::uint32_t WithoutMagic(std::uint64_t flags) {
  const auto low = static_cast<std::uint32_t>(flags);
  return (low & kMagicMask) == kMagic ? low & ~kMagicMask : low;
}

std::uint32_t AttributesOf(std::uint32_t flags) {
  std::uint32_t attributes = kAlways;
  if ((flags & MS_RDONLY) != 0) attributes |= MOUNT_ATTR_RDONLY;
  if ((flags & MS_NODIRATIME) != 0) attributes |= MOUNT_ATTR_NODIRATIME;
  if ((flags & kNoSymlinkFollow) != 0) attributes |= MOUNT_ATTR_NOSYMFOLLOW;
  if ((flags & MS_STRICTATIME) != 0) {
    attributes |= MOUNT_ATTR_STRICTATIME;
  } else if ((flags & MS_NOATIME) != 0) {
    attributes |= MOUNT_ATTR_NOATIME;
  }
  return attributes;
}

// A number as the kernel's kstrtouint() and memparse() read it, and what stands behind it. What is
// larger than 64 bits is the largest there is.
std::optional<std::uint64_t> Number(std::string_view& text, int base = 0) {
  if (base == 0) {
    const bool zero = text.starts_with('0');
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    base = hexadecimal ? 16 : zero ? 8 : 10;
    if (hexadecimal) text.remove_prefix(2);
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error == std::errc::invalid_argument) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc()) return number;
  return std::numeric_limits<std::uint64_t>::max();
}

std::optional<std::uint32_t> Number32(std::string_view text, int base = 0) {
  const auto number = Number(text, base);
  if (!number || !text.empty() || *number >= TmpfsMount::kCallers) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

// "64m": the kernel's suffixes are powers of 1024.
std::optional<std::uint64_t> Amount(std::string_view& text) {
  const auto number = Number(text);
  if (!number || text.empty()) return number;
  constexpr std::string_view kSuffixes = "kmgtpe";
  const auto at = kSuffixes.find(static_cast<char>(text.front() | 0x20));
  if (at == std::string_view::npos) return number;
  text.remove_prefix(1);
  const auto shift = static_cast<unsigned>(10 * (at + 1));
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  return *number > kMost >> shift ? kMost : *number << shift;
}

bool ReadSize(std::string_view value, TmpfsMount& mount) {
  const auto amount = Amount(value);
  if (!amount || (!value.empty() && value != "%")) return false;
  mount.size = value.empty() ? *amount : TmpfsMount::kAny;
  mount.percent = value.empty() ? TmpfsMount::kAny : *amount;
  return true;
}

bool ReadInodes(std::string_view value, TmpfsMount& mount) {
  const auto amount = Amount(value);
  if (!amount || !value.empty()) return false;
  mount.inodes = *amount;
  return true;
}

bool ReadOption(std::string_view option, TmpfsMount& mount) {
  const auto equals = option.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = option.substr(0, equals);
  const std::string_view value = option.substr(equals + 1);
  if (key == "size") return ReadSize(value, mount);
  if (key == "nr_inodes") return ReadInodes(value, mount);
  const auto number = Number32(value, key == "mode" ? 8 : 0);
  if (!number) return false;
  if (key == "mode") mount.mode = *number & 07777;
  if (key == "uid") mount.uid = *number;
  if (key == "gid") mount.gid = *number;
  return key == "mode" || key == "uid" || key == "gid";
}

std::uint64_t Within(std::uint64_t asked, std::uint64_t bound) {
  return asked == 0 ? bound : std::min(asked, bound);
}

}  // namespace

TmpfsBound BoundOf(std::uint64_t memory) {
  const std::uint64_t pages = std::max<std::uint64_t>(memory / 2 / kPage, 1);
  return {.size = pages * kPage, .inodes = pages};
}

bool AsksForNewMount(std::uint64_t flags) { return (WithoutMagic(flags) & kOtherVerbs) == 0; }

int ReadTmpfs(std::uint64_t flags, std::string_view options, TmpfsMount& mount) {
  const std::uint32_t asked = WithoutMagic(flags);
  if ((asked & kNoUser) != 0) return EINVAL;
  mount = {};
  mount.attributes = AttributesOf(asked);
  mount.flags = asked & kFileSystemFlags;
  while (!options.empty()) {
    const auto end = std::min(options.find(','), options.size());
    const std::string_view option = options.substr(0, end);
    if (!option.empty() && !ReadOption(option, mount)) return EINVAL;
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return 0;
}

TmpfsMount Bounded(TmpfsMount mount, const TmpfsBound& bound) {
  mount.attributes = (mount.attributes & kAttributes) | kAlways;
  mount.flags &= kFileSystemFlags;
  mount.mode &= 07777;
  if (mount.percent != TmpfsMount::kAny) {
    // The bound is 50 percent.
    mount.size = mount.percent >= 50 ? bound.size : bound.size / 50 * mount.percent;
    mount.percent = TmpfsMount::kAny;
  }
  mount.size = Within(mount.size, bound.size);
  mount.inodes = Within(mount.inodes, bound.inodes);
  return mount;
}

bool IsMountSource(std::string_view name) {
  return !name.empty() && name.size() < kMaxMountSource &&
         std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
}

int ReadUmountFlags(std::uint64_t flags, int& kept) {
  const auto asked = static_cast<std::uint32_t>(flags);
  constexpr std::uint32_t kKnown = MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW;
  if ((asked & ~kKnown) != 0) return EINVAL;
  if ((asked & MNT_EXPIRE) != 0) return (asked & (MNT_FORCE | MNT_DETACH)) != 0 ? EINVAL : EPERM;
  kept = static_cast<int>(asked & (MNT_DETACH | UMOUNT_NOFOLLOW));
  return 0;
}

bool IsKernelFileSystem(std::uint64_t type) {
  constexpr auto kTypes = std::to_array<std::uint64_t>(
      {PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC,
       SECURITYFS_MAGIC, SELINUX_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC, BPF_FS_MAGIC, NSFS_MAGIC,
       BINFMTFS_MAGIC, 0x19800202 /* mqueue */, 0x65735543 /* fusectl */,
       0x62656570 /* configfs */});
  return std::ranges::find(kTypes, type) != kTypes.end();
}

}  // namespace stockade::filters
