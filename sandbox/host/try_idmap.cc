// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/try_idmap.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "config/base/fd.h"
#include "sandbox/host/bind_source.h"
#include "sandbox/host/detached_mount.h"
#include "sandbox/host/helper_process.h"
#include "sandbox/host/user_namespace.h"
#include "sandbox/id_range.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

// Any range that is not the host's own: nothing is ever written with it.
constexpr IdMap kSomeMap{0, 1U << 30, IdRange::kSize};

base::Result<UniqueFd> OpenFolder(const std::string& path) {
  UniqueFd folder(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return FailErrno(ErrorKind::kHost, errno, path);
  return folder;
}

base::Result<UniqueFd> OverlayOver(const std::string& cover, int space) {
  STOCKADE_ASSIGN(const UniqueFd folder, OpenFolder(cover));
  STOCKADE_ASSIGN(const UniqueFd memory, MakeMount("tmpfs", {{"mode", "0700"}}, 0));
  if (move_mount(memory.get(), "", folder.get(), "",
                 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "cover " + cover);
  }
  for (const char* name : {"lower", "upper", "work"}) {
    if (mkdirat(memory.get(), name, 0700) != 0) return FailErrno(ErrorKind::kHost, errno, name);
  }
  const std::string lower = cover + "/lower";
  STOCKADE_ASSIGN(const UniqueFd layer, OpenFolder(lower));
  STOCKADE_ASSIGN(const UniqueFd mapped, CloneIdmapped(layer.get(), space, Below::kNothing, lower));
  STOCKADE_TRY(AttachMount(mapped.get(), AT_FDCWD, lower));
  const std::string options =
      fmt::format("lowerdir={0}/lower,upperdir={0}/upper,workdir={0}/work", cover);
  if (mount("overlay", cover.c_str(), "overlay", 0, options.c_str()) != 0) {
    return base::FailHint(ErrorKind::kHost, "Linux 5.19 and newer can",
                          "this kernel mounts no overlay on an idmapped layer: {}",
                          FailErrno(ErrorKind::kHost, errno, "overlay").value().message);
  }
  return OpenFolder(cover);
}

}  // namespace

base::Status TryIdmap(const std::string& folder) {
  STOCKADE_ASSIGN(const UniqueFd space, MakeUserNamespace(kSomeMap));
  STOCKADE_ASSIGN(const UniqueFd file, OpenFolder(folder));
  STOCKADE_ASSIGN(const UniqueFd mapped,
                  CloneIdmapped(file.get(), space.get(), Below::kNothing, folder));
  return {};
}

base::Status TryNobodys(const std::string& file) {
  STOCKADE_ASSIGN(const BindSource source, OpenBindSource(file));
  STOCKADE_ASSIGN(const UniqueFd space, MakeUserNamespace(kNobodyMap));
  STOCKADE_ASSIGN(const UniqueFd mapped,
                  CloneIdmapped(source.file.get(), space.get(), Below::kNothing, file));
  return {};
}

base::Status TryIdmappedOverlay(const std::string& cover) {
  STOCKADE_ASSIGN(const UniqueFd space, MakeUserNamespace(kSomeMap));
  STOCKADE_ASSIGN(HelperProcess helper,
                  HelperProcess::Start([&](const auto&) { return OverlayOver(cover, space.get()); },
                                       space.get()));
  return {};
}

}  // namespace stockade::sandbox
