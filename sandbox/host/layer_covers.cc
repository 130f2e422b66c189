// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/layer_covers.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "config/base/file.h"
#include "sandbox/host/detached_mount.h"
#include "sandbox/host/kernel.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

base::Result<UniqueFd> OpenFolder(const std::string& path) {
  UniqueFd folder(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return FailErrno(ErrorKind::kHost, errno, fmt::format("overlay layer {}", path));
  return folder;
}

base::Result<LayerPlace> FindPlace(const std::string& path) {
  STOCKADE_ASSIGN(std::string resolved, base::ResolvePath(path));
  STOCKADE_ASSIGN(const UniqueFd folder, OpenFolder(path));
  STOCKADE_ASSIGN(const MountIdentity identity, IdentifyMount(folder.get(), path));
  return LayerPlace{std::move(resolved), identity.mount};
}

base::Result<std::vector<LayerPlace>> FindPlaces(const OverlayOptions& options) {
  std::vector<LayerPlace> places;
  places.reserve(options.layers.size() + 1);
  for (const std::string& path : options.layers) {
    STOCKADE_ASSIGN(LayerPlace place, FindPlace(path));
    places.push_back(std::move(place));
  }
  if (options.upper.empty()) return places;
  STOCKADE_ASSIGN(const LayerPlace upper, FindPlace(options.upper));
  STOCKADE_ASSIGN(const LayerPlace work, FindPlace(options.work));
  LayerPlace both{CommonFolder(upper.path, work.path), upper.mount};
  STOCKADE_ASSIGN(const LayerPlace parent, FindPlace(both.path));
  if (upper.mount != work.mount || upper.mount != parent.mount) {
    return base::Fail(ErrorKind::kHost, "{} and {}: not on the mount of their parent {}",
                      upper.path, work.path, parent.path);
  }
  places.push_back(std::move(both));
  return places;
}

// Every path of the overlay has to lead into a cover now.
base::Status CheckCovered(const OverlayOptions& options, const std::set<std::uint64_t>& covers) {
  std::vector<std::string> paths = options.layers;
  if (!options.upper.empty()) paths.insert(paths.end(), {options.upper, options.work});
  for (const std::string& path : paths) {
    STOCKADE_ASSIGN(const UniqueFd folder, OpenFolder(path));
    STOCKADE_ASSIGN(const MountIdentity identity, IdentifyMount(folder.get(), path));
    if (!covers.contains(identity.mount)) {
      return base::Fail(ErrorKind::kHost, "overlay layer {}: no mapped mount can cover it", path);
    }
  }
  return {};
}

bool IsIn(const std::string& path, const std::string& folder) {
  return folder == "/" || path == folder || path.starts_with(folder + "/");
}

}  // namespace

std::string CommonFolder(const std::string& one, const std::string& two) {
  if (IsIn(one, two)) return two;
  for (std::string& folder : FoldersAbove(two)) {
    if (IsIn(one, folder)) return std::move(folder);
  }
  return "/";
}

std::vector<LayerPlace> PlacesToCover(const std::vector<LayerPlace>& places) {
  std::map<std::uint64_t, std::string> common;
  for (const LayerPlace& place : places) {
    const auto [entry, is_new] = common.try_emplace(place.mount, place.path);
    if (!is_new) entry->second = CommonFolder(entry->second, place.path);
  }
  std::vector<LayerPlace> covers;
  for (const auto& [mount, path] : common) {
    if (path != "/") covers.push_back({path, mount});
  }
  for (const LayerPlace& place : places) {
    if (common[place.mount] == "/") covers.push_back(place);
  }
  std::sort(covers.begin(), covers.end(),
            [](const LayerPlace& a, const LayerPlace& b) { return a.path < b.path; });
  return covers;
}

base::Status CoverLayers(const OverlayPlan& plan) {
  STOCKADE_ASSIGN(const std::vector<LayerPlace> places, FindPlaces(plan.options));
  const std::vector<LayerPlace> covers = PlacesToCover(places);
  // All are cloned first: a cover hides what is mounted below it. With several of them, each brings
  // along what is mounted below, so that the others still have a place.
  std::vector<UniqueFd> mounts;
  const Below below = covers.size() > 1 ? Below::kAsItIs : Below::kNothing;
  for (const LayerPlace& cover : covers) {
    STOCKADE_ASSIGN(const UniqueFd folder, OpenFolder(cover.path));
    STOCKADE_ASSIGN(UniqueFd mount, CloneIdmapped(folder.get(), plan.space, below, cover.path));
    mounts.push_back(std::move(mount));
  }
  std::set<std::uint64_t> ids;
  for (std::size_t i = 0; i < covers.size(); ++i) {
    STOCKADE_TRY(AttachMount(mounts[i].get(), AT_FDCWD, covers[i].path));
    STOCKADE_ASSIGN(const MountIdentity identity, IdentifyMount(mounts[i].get(), covers[i].path));
    ids.insert(identity.mount);
  }
  // The working directory may lie in a cover now; relative paths have to begin from there.
  if (!plan.base.empty() && chdir(plan.base.c_str()) != 0) {
    return FailErrno(ErrorKind::kHost, errno, plan.base);
  }
  return CheckCovered(plan.options, ids);
}

}  // namespace stockade::sandbox
