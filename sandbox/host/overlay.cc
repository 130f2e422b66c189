// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/overlay.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <vector>

#include "sandbox/host/kernel.h"
#include "sandbox/host/overlay_builder.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

bool IsFolder(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string Join(const std::string& base, const std::string& path) {
  return path.starts_with('/') ? path : base + "/" + path;
}

bool AllFolders(const std::vector<std::string>& paths, const std::string& base) {
  return std::all_of(paths.begin(), paths.end(),
                     [&](const std::string& path) { return IsFolder(Join(base, path)); });
}

// The engine's working directory when it mounted: the one folder above a path that it gave in full,
// or above the mount point, from which every relative path leads to a folder.
base::Result<std::string> FindBase(const MountEntry& entry, const std::vector<std::string>& paths) {
  std::vector<std::string> relative;
  std::set<std::string> above;
  const auto climb = [&](const std::string& path) {
    for (std::string& folder : FoldersAbove(path)) above.insert(std::move(folder));
  };
  climb(entry.point);
  for (const std::string& path : paths) {
    if (!path.starts_with('/')) {
      relative.push_back(path);
    } else if (IsFolder(path)) {
      climb(path);
    } else {
      return base::Fail(ErrorKind::kHost, "overlay layer {}: not a folder", path);
    }
  }
  if (relative.empty()) return std::string();
  std::string found;
  constexpr const char* kHint = "the engine has to mount its overlays by full paths";
  for (const std::string& folder : above) {
    if (!AllFolders(relative, folder)) continue;
    if (!found.empty()) {
      return base::FailHint(ErrorKind::kHost, kHint, "overlay layer {}: found from {} and from {}",
                            relative.front(), found, folder);
    }
    found = folder;
  }
  if (!found.empty()) return found;
  return base::FailHint(ErrorKind::kHost, kHint,
                        "overlay layer {}: not found from any folder above {}", relative.front(),
                        paths.back());
}

// The flags of a mount as mountinfo has them, for mount_setattr(2).
std::uint64_t AttributesOf(const MountEntry& entry) {
  std::uint64_t attributes = 0;
  if (entry.Has("ro")) attributes |= MOUNT_ATTR_RDONLY;
  if (entry.Has("nosuid")) attributes |= MOUNT_ATTR_NOSUID;
  if (entry.Has("nodev")) attributes |= MOUNT_ATTR_NODEV;
  if (entry.Has("noexec")) attributes |= MOUNT_ATTR_NOEXEC;
  if (entry.Has("nodiratime")) attributes |= MOUNT_ATTR_NODIRATIME;
  if (entry.Has("nosymfollow")) attributes |= MOUNT_ATTR_NOSYMFOLLOW;
  if (entry.Has("noatime")) {
    attributes |= MOUNT_ATTR_NOATIME;
  } else if (!entry.Has("relatime")) {
    attributes |= MOUNT_ATTR_STRICTATIME;
  }
  return attributes;
}

base::Status CopyFlags(const MountEntry& entry, int mount) {
  mount_attr change = {};
  change.attr_clr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
                    MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR__ATIME;
  change.attr_set = AttributesOf(entry);
  if (mount_setattr(mount, "", AT_EMPTY_PATH, &change, sizeof(change)) == 0) return {};
  return FailErrno(ErrorKind::kHost, errno, fmt::format("set the flags of {}", entry.point));
}

// Whether the mount shares what is mounted in it, as before. Attaching it has made it share if the
// mount around it does.
base::Status CopyPropagation(const MountEntry& entry, int mount) {
  mount_attr change = {};
  change.propagation =
      entry.propagation.find("shared:") == std::string::npos ? MS_PRIVATE : MS_SHARED;
  if (mount_setattr(mount, "", AT_EMPTY_PATH, &change, sizeof(change)) == 0) return {};
  return FailErrno(ErrorKind::kHost, errno, fmt::format("set the propagation of {}", entry.point));
}

// The mark that a volatile overlay leaves, lest it be used again after a crash of the machine. This
// one did not crash. Put back unless there is a new overlay, which makes its own.
class VolatileMark {
 public:
  explicit VolatileMark(const OverlayPlan& plan) {
    if (!plan.options.is_volatile || plan.options.work.empty()) return;
    folder_ = Join(plan.base, plan.options.work) + "/work/incompat";
    unlink((folder_ + "/volatile/dirty").c_str());
    rmdir((folder_ + "/volatile").c_str());
    rmdir(folder_.c_str());
  }
  VolatileMark(const VolatileMark&) = delete;
  VolatileMark& operator=(const VolatileMark&) = delete;
  ~VolatileMark() {
    if (folder_.empty()) return;
    mkdir(folder_.c_str(), 0);
    mkdir((folder_ + "/volatile").c_str(), 0);
    mknod((folder_ + "/volatile/dirty").c_str(), S_IFREG, 0);
  }
  void Forget() { folder_.clear(); }

 private:
  std::string folder_;
};

base::Result<HelperProcess> StartBuilding(const OverlayPlan& plan, bool wait) {
  VolatileMark mark(plan);
  STOCKADE_ASSIGN(
      HelperProcess helper,
      HelperProcess::Start([&](const auto& wanted) { return BuildOverlay(plan, wait, wanted); },
                           plan.space));
  mark.Forget();
  return helper;
}

// Another mount of the same overlay would keep the upper folder for itself.
base::Status CheckOnlyMount(const MountEntry& entry) {
  STOCKADE_ASSIGN(const std::vector<MountEntry> mounts, ReadMounts());
  for (const MountEntry& mount : mounts) {
    if (mount.device == entry.device && mount.id != entry.id) {
      return base::FailHint(ErrorKind::kHost, "mount it with index=off, or in one place",
                            "the overlay {} has an index and is mounted at {} too", entry.point,
                            mount.point);
    }
  }
  return {};
}

}  // namespace

base::Result<OverlayPlan> PlanOverlay(const MountEntry& entry, int space, const IdMap& map) {
  OverlayPlan plan{entry, {}, {}, space, map};
  auto options = ParseOverlayOptions(entry.super_options);
  if (!options) return tl::unexpected(options.error().Within(entry.point));
  plan.options = std::move(*options);
  std::vector<std::string> paths = plan.options.layers;
  if (!plan.options.upper.empty()) {
    paths.push_back(plan.options.work);
    paths.push_back(plan.options.upper);
  }
  STOCKADE_ASSIGN(plan.base, FindBase(entry, paths));
  return plan;
}

base::Result<RebuiltOverlay> RebuiltOverlay::Build(OverlayPlan plan) {
  RebuiltOverlay overlay(std::move(plan));
  auto helper = StartBuilding(overlay.plan_, /*wait=*/false);
  if (helper) {
    overlay.helper_ = std::move(*helper);
  } else if (helper.error().message != kUpperInUse) {
    return tl::unexpected(std::move(helper).error());
  }
  return overlay;
}

base::Status RebuiltOverlay::Attach(int mount) const {
  const char* const point = plan_.entry.point.c_str();
  if (umount2(point, MNT_DETACH | UMOUNT_NOFOLLOW) != 0) {
    return FailErrno(ErrorKind::kHost, errno, fmt::format("unmount {}", point));
  }
  if (move_mount(mount, "", AT_FDCWD, point, MOVE_MOUNT_F_EMPTY_PATH) != 0) {
    return FailErrno(ErrorKind::kHost, errno, fmt::format("attach an overlay at {}", point));
  }
  return {};
}

base::Status RebuiltOverlay::BuildInGap() {
  const std::string& point = plan_.entry.point;
  STOCKADE_TRY(CheckOnlyMount(plan_.entry));
  if (umount2(point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) {
    return FailErrno(ErrorKind::kHost, errno, fmt::format("unmount {}", point));
  }
  auto helper = StartBuilding(plan_, /*wait=*/true);
  if (!helper) {
    // The engine's own overlay instead: its clean-up shall find what it expects.
    VolatileMark mark(plan_);
    mark.Forget();
    auto old = HelperProcess::Start(
        [&](const auto& wanted) { return RestoreOverlay(plan_, wanted); }, plan_.space);
    if (old) {
      const UniqueFd mount = old->TakeMount();
      (void)CopyFlags(plan_.entry, mount.get());
      (void)move_mount(mount.get(), "", AT_FDCWD, point.c_str(), MOVE_MOUNT_F_EMPTY_PATH);
    }
    return tl::unexpected(std::move(helper).error());  // the first error is the one to tell
  }
  helper_ = std::move(*helper);
  return {};
}

base::Status RebuiltOverlay::Replace() {
  const bool in_gap = !helper_;
  if (in_gap) STOCKADE_TRY(BuildInGap());
  const UniqueFd mount = helper_->TakeMount();
  STOCKADE_TRY(CopyFlags(plan_.entry, mount.get()));
  if (in_gap) {
    if (move_mount(mount.get(), "", AT_FDCWD, plan_.entry.point.c_str(), MOVE_MOUNT_F_EMPTY_PATH) !=
        0) {
      return FailErrno(ErrorKind::kHost, errno,
                       fmt::format("attach an overlay at {}", plan_.entry.point));
    }
  } else {
    STOCKADE_TRY(Attach(mount.get()));
  }
  return CopyPropagation(plan_.entry, mount.get());
}

}  // namespace stockade::sandbox
