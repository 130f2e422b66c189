// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/rootfs.h"

#include <fcntl.h>

#include <cerrno>

#include "config/base/file.h"
#include "sandbox/host/detached_mount.h"
#include "sandbox/host/executable.h"
#include "sandbox/host/kernel.h"
#include "sandbox/host/shift_owners.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

base::Result<UniqueFd> OpenRootfs(const std::string& path) {
  UniqueFd folder = OpenWithoutLinks(AT_FDCWD, path, O_PATH | O_DIRECTORY);
  if (!folder) return FailErrno(ErrorKind::kHost, errno, fmt::format("root file system {}", path));
  return folder;
}

// The overlay that is mounted at `path` itself, if there is one.
base::Result<std::optional<MountEntry>> OverlayAt(int folder, const std::string& path) {
  STOCKADE_ASSIGN(const MountIdentity identity, IdentifyMount(folder, path));
  if (!identity.is_root) return std::nullopt;
  STOCKADE_ASSIGN(const std::vector<MountEntry> mounts, ReadMounts());
  const MountEntry* found = nullptr;
  for (const MountEntry& mount : mounts) {
    if (mount.id == identity.mount) found = &mount;
  }
  if (found == nullptr) return base::Fail(ErrorKind::kHost, "{}: not in mountinfo", path);
  if (found->type != "overlay" || found->root != "/") return std::nullopt;
  for (const MountEntry& mount : mounts) {
    if (mount.point.starts_with(path + "/")) {
      return base::Fail(ErrorKind::kHost,
                        "root file system {}: something is mounted in it already, at {}", path,
                        mount.point);
    }
  }
  return *found;
}

base::Error WithAdvice(base::Error error) {
  if (!error.hint.empty()) error.hint += "; ";
  error.hint += "a class with \"rootfs\": \"chown\" in userNamespace changes the owners instead";
  return error;
}

}  // namespace

base::Status PreparedRootfs::Map(const IdRange& ids, int space) {
  UniqueFd folder;
  STOCKADE_ASSIGN(folder, OpenRootfs(path_));
  STOCKADE_ASSIGN(const std::optional<MountEntry> entry, OverlayAt(folder.get(), path_));
  if (!entry) {
    STOCKADE_ASSIGN(mount_, CloneIdmapped(folder.get(), space, Below::kMapped, path_));
    return {};
  }
  folder.Reset();  // a killed process's helper would keep the mount busy for a moment
  STOCKADE_ASSIGN(OverlayPlan plan, PlanOverlay(*entry, space, {0, ids.first, IdRange::kSize}));
  STOCKADE_ASSIGN(overlay_, RebuiltOverlay::Build(std::move(plan)));
  return {};
}

base::Result<PreparedRootfs> PreparedRootfs::Prepare(const RootfsAction& action,
                                                     const std::optional<IdRange>& ids, int space) {
  STOCKADE_ASSIGN(std::string path, base::ResolvePath(action.path));
  PreparedRootfs rootfs(std::move(path), action);
  if (ids) {
    base::Status mapped = rootfs.Map(*ids, space);
    if (mapped) return rootfs;
    if (!action.may_chown) return tl::unexpected(WithAdvice(std::move(mapped).error()));
  }
  STOCKADE_ASSIGN(const UniqueFd folder, OpenRootfs(rootfs.path_));
  if (ids) STOCKADE_TRY(ShiftOwners(folder.get(), *ids, rootfs.path_));
  STOCKADE_ASSIGN(rootfs.mount_, CloneMount(folder.get(), Below::kAsItIs, rootfs.path_));
  return rootfs;
}

base::Status PreparedRootfs::ChangeHost() {
  if (!overlay_) return {};
  STOCKADE_TRY(overlay_->Replace());
  overlay_.reset();
  return {};
}

base::Status PreparedRootfs::PlaceOn(const Stage& stage) const {
  STOCKADE_TRY(Attach(stage));
  if (executable_.empty()) return {};
  STOCKADE_ASSIGN(const UniqueFd root, stage.Open(name_));
  base::Status held = LetRunOnly(executable_, root.get());
  if (held) return {};
  return tl::unexpected(std::move(held).error().Within("rootfs.executable"));
}

base::Status PreparedRootfs::Attach(const Stage& stage) const {
  if (mount_) return stage.Place(mount_.get(), name_, /*folder=*/true);
  STOCKADE_ASSIGN(const UniqueFd folder, OpenRootfs(path_));
  STOCKADE_ASSIGN(const UniqueFd mount, CloneMount(folder.get(), Below::kNothing, path_));
  return stage.Place(mount.get(), name_, /*folder=*/true);
}

}  // namespace stockade::sandbox
