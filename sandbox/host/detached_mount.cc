// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/detached_mount.h"

#include <fcntl.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdint>
#include <optional>

#include "sandbox/host/kernel.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

constexpr const char* kCanBeIdmapped =
    "file systems that can are ext4, xfs, btrfs, f2fs, erofs, squashfs and, with Linux 6.3, tmpfs";

unsigned TreeFlags(bool recursive) {
  return AT_EMPTY_PATH | (recursive ? static_cast<unsigned>(AT_RECURSIVE) : 0U);
}

base::Result<UniqueFd> OpenTree(int file, bool recursive, const std::string& name) {
  UniqueFd mount(open_tree(file, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | TreeFlags(recursive)));
  if (mount) return mount;
  auto error = FailErrno(ErrorKind::kHost, errno, fmt::format("clone the mount of {}", name));
  if (errno == ENOSYS) error.value().hint = "Linux 5.2 and newer can";
  return error;
}

// `space` < 0: the ids stay.
int ChangeMount(int mount, int space, bool recursive) {
  mount_attr change = {};
  change.propagation = MS_SLAVE;
  if (space >= 0) {
    change.attr_set = MOUNT_ATTR_IDMAP;
    change.userns_fd = static_cast<unsigned>(space);
  }
  return mount_setattr(mount, "", TreeFlags(recursive), &change, sizeof(change)) == 0 ? 0 : errno;
}

tl::unexpected<base::Error> CannotMap(const std::string& type, const std::string& name, int error) {
  if (error == EINVAL) {
    return base::FailHint(ErrorKind::kHost, kCanBeIdmapped, "{}: {} on this kernel cannot map ids",
                          name, type);
  }
  if (error == EPERM) {
    return base::Fail(ErrorKind::kHost,
                      "{}: this {} is mapped already, or it belongs to another user namespace",
                      name, type);
  }
  if (error == ENOSYS) {
    return base::FailHint(ErrorKind::kHost, "Linux 5.12 and newer can",
                          "{}: this kernel cannot map the ids of mounts", name);
  }
  return FailErrno(ErrorKind::kHost, error, fmt::format("map the ids of the {} at {}", type, name));
}

// The first mount below `path` that cannot be mapped: a recursive change does not tell which.
std::optional<tl::unexpected<base::Error>> FaultBelow(const std::string& path, int space) {
  const auto mounts = ReadMounts();
  if (!mounts) return std::nullopt;
  for (const MountEntry& mount : *mounts) {
    if (!mount.point.starts_with(path + "/")) continue;
    const UniqueFd file = OpenWithoutLinks(AT_FDCWD, mount.point, O_PATH);
    const auto clone = file ? OpenTree(file.get(), false, mount.point)
                            : base::Result<UniqueFd>(base::Fail(ErrorKind::kHost, "gone"));
    if (!clone) continue;
    const int error = ChangeMount(clone->get(), space, false);
    if (error != 0) return CannotMap(mount.type, mount.point, error);
  }
  return std::nullopt;
}

}  // namespace

base::Result<UniqueFd> CloneMount(int file, Below below, const std::string& name) {
  STOCKADE_ASSIGN(UniqueFd mount, OpenTree(file, below != Below::kNothing, name));
  const int error = ChangeMount(mount.get(), -1, below != Below::kNothing);
  if (error == 0) return mount;
  return FailErrno(ErrorKind::kHost, error, fmt::format("set the propagation of {}", name));
}

base::Result<UniqueFd> CloneIdmapped(int file, int space, Below below, const std::string& name) {
  STOCKADE_ASSIGN(UniqueFd mount, OpenTree(file, below != Below::kNothing, name));
  const int error = ChangeMount(mount.get(), space, below == Below::kMapped);
  if (error == 0) return mount;
  STOCKADE_ASSIGN(const MountEntry origin, FindMount(file, name));
  if (below == Below::kMapped) {
    if (auto fault = FaultBelow(name, space)) return *fault;
  }
  return CannotMap(origin.type, name, error);
}

base::Status AttachMount(int mount, int directory, const std::string& path) {
  if (move_mount(mount, "", directory, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0) return {};
  return FailErrno(ErrorKind::kHost, errno, fmt::format("attach a mount at {}", path));
}

base::Status AttachMountOn(int mount, int place, const std::string& name) {
  if (move_mount(mount, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0) {
    return {};
  }
  return FailErrno(ErrorKind::kHost, errno, fmt::format("attach a mount at {}", name));
}

base::Status AddMountFlags(int mount, Below below, unsigned attributes, const std::string& name) {
  mount_attr change = {};
  change.attr_set = attributes;
  const bool recursive = below != Below::kNothing;
  if (mount_setattr(mount, "", TreeFlags(recursive), &change, sizeof(change)) == 0) {
    return {};
  }
  return FailErrno(ErrorKind::kHost, errno, fmt::format("set the flags of the mount of {}", name));
}

base::Result<UniqueFd> MakeMount(const char* type, std::initializer_list<MountOption> options,
                                 unsigned attributes) {
  const UniqueFd context(fsopen(type, FSOPEN_CLOEXEC));
  if (!context) return FailErrno(ErrorKind::kHost, errno, fmt::format("open a {}", type));
  for (const MountOption& option : options) {
    if (fsconfig(context.get(), FSCONFIG_SET_STRING, option.key, option.value, 0) != 0) {
      return FailErrno(ErrorKind::kHost, errno,
                       fmt::format("{} option {}={}", type, option.key, option.value));
    }
  }
  if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return FailErrno(ErrorKind::kHost, errno, fmt::format("make a {}", type));
  }
  UniqueFd mount(fsmount(context.get(), FSMOUNT_CLOEXEC, attributes));
  if (!mount) return FailErrno(ErrorKind::kHost, errno, fmt::format("mount a {}", type));
  return mount;
}

}  // namespace stockade::sandbox
