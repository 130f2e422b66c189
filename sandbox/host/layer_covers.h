// SPDX-License-Identifier: Apache-2.0
// Idmapped mounts over the layers of an overlay, in a mount namespace of our own, so that the paths
// by which an engine names its layers lead to mapped files.
//
//   STOCKADE_TRY(CoverLayers(plan));
//   mount("overlay", …, plan.options.Data())     // the engine's own text
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "sandbox/host/overlay.h"

namespace stockade::sandbox {

// Where a layer is, or the upper and the work folder as one: overlayfs wants these on one mount.
struct LayerPlace {
  std::string path;         // resolved
  std::uint64_t mount = 0;  // MountEntry::id
};

// The folders to cover so that all of `places` are covered: one for each mount, above all that lie
// on it; or each place by itself where that would be "/", which cannot be covered. Sorted, so that
// what lies in another comes later. Pure.
std::vector<LayerPlace> PlacesToCover(const std::vector<LayerPlace>& places);

// The nearest folder that both paths are or lie in.
std::string CommonFolder(const std::string& one, const std::string& two);

// Covers all layers of `plan`; its relative paths begin from the working directory, which is
// plan.base. The error says which file system cannot be mapped.
base::Status CoverLayers(const OverlayPlan& plan);

}  // namespace stockade::sandbox
