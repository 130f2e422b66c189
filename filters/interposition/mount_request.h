// SPDX-License-Identifier: Apache-2.0
// What mount(2) and umount2(2) ask for where a class has them performed by its supervisor: tmpfs
// and nothing else, without devices, programs or set-user-id files, and never without a bound.
//
//   if (!AsksForNewMount(call.data.args[3])) …refuse…
//   TmpfsMount mount;
//   if (const int error = ReadTmpfs(call.data.args[3], "size=1m,mode=755", mount); error != 0) …
//   mount = Bounded(mount, BoundOf(memory));
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stockade::filters {

// Living mounts of one container.
inline constexpr std::size_t kMaxMounts = 64;
// Bytes of a mount's source, with its NUL: as much as fsconfig(2) takes.
inline constexpr std::size_t kMaxMountSource = 256;

// A tmpfs that is to be made. Goes from a process that may have been taken over to one that mounts:
// Bounded() is asked by both.
struct TmpfsMount {
  static constexpr std::uint64_t kAny = ~std::uint64_t{0};
  static constexpr std::uint32_t kCallers = ~std::uint32_t{0};

  std::uint32_t attributes = 0;  // MOUNT_ATTR_*
  std::uint32_t flags = 0;       // of the file system: MS_RDONLY and others
  std::uint64_t size = kAny;     // bytes
  std::uint64_t percent = kAny;  // of the memory, in place of a size
  std::uint64_t inodes = kAny;   // with the root directory
  std::uint32_t mode = 01777;    // of the root directory
  std::uint32_t uid = kCallers;  // its owner, as the caller's user namespace has it
  std::uint32_t gid = kCallers;
};

// The most that one mount may hold: half of the memory, and an inode for each page of that, which
// is what the kernel has for a tmpfs that nothing is said of.
struct TmpfsBound {
  std::uint64_t size = 0;
  std::uint64_t inodes = 0;
};
TmpfsBound BoundOf(std::uint64_t memory);

// False for a remount, a bind, a move, and a change of propagation. `flags` as mount(2) takes them.
bool AsksForNewMount(std::uint64_t flags);

// 0, or EINVAL for an option that the kernel does not know or that is not kept. Options: size,
// nr_inodes, mode, uid, gid. Flags that say nothing of a tmpfs are dropped, as the kernel does.
int ReadTmpfs(std::uint64_t flags, std::string_view options, TmpfsMount& mount);

// `mount` within `bound`, with what is asked of every mount. A size or a number of inodes that is
// beyond, or 0 for "none", becomes the bound.
TmpfsMount Bounded(TmpfsMount mount, const TmpfsBound& bound);

// A name that stands in the list of mounts, which others read: printable and not too long.
bool IsMountSource(std::string_view name);

// 0, EINVAL for flags that umount2(2) does not have, or EPERM for MNT_EXPIRE. Without MNT_FORCE,
// which changes nothing for a tmpfs.
int ReadUmountFlags(std::uint64_t flags, int& kept);

// True for procfs, sysfs and the like (statfs(2)), over which nothing is mounted: engines write to
// them, and what they show is masked.
bool IsKernelFileSystem(std::uint64_t type);

}  // namespace stockade::filters
