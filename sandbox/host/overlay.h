// SPDX-License-Identifier: Apache-2.0
// An engine's overlay, mounted again over the same layers with their ids mapped. Overlayfs itself
// cannot be mapped, what it is made of can be since Linux 5.19.
//
// In a mount namespace that ends afterwards, each layer is covered by an idmapped clone of itself;
// then the overlay is mounted with the very options that the engine gave. So they keep their
// meaning and their length, and whoever reads mountinfo finds what the engine wrote. The upper and
// the work folder are covered as one, by their common parent. On the disk, ids stay as they are:
// what the engine wrote before is right, and so is what it takes from the upper layer later.
//
//   STOCKADE_ASSIGN(RebuiltOverlay overlay, RebuiltOverlay::Build(entry, mapping));
//   STOCKADE_TRY(overlay.Replace());
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "config/base/error.h"
#include "sandbox/host/helper_process.h"
#include "sandbox/host/mount_info.h"
#include "sandbox/host/overlay_options.h"
#include "sandbox/host/user_namespace.h"

namespace stockade::sandbox {

// An overlay that is to be mounted again, and by which ids.
struct OverlayPlan {
  MountEntry entry;  // of the engine's
  OverlayOptions options;
  std::string base;  // the working directory by which relative paths are right
  int space = -1;    // the user namespace of the mapping
  IdMap map;         // which says this
};

// Reads the overlay that `entry` describes and finds its layers. The error names what is missing.
base::Result<OverlayPlan> PlanOverlay(const MountEntry& entry, int space, const IdMap& map);

class RebuiltOverlay {
 public:
  // Mounts it again, detached. Nothing changes on the host. The error says which layer's file
  // system cannot be mapped.
  static base::Result<RebuiltOverlay> Build(OverlayPlan plan);

  // Puts it in the place of the engine's. Between the old and the new one there are two adjacent
  // system calls. Where the kernel lets no second overlay use the upper folder (index=on), building
  // comes between them, and the engine's is mounted again if that fails.
  base::Status Replace();

 private:
  explicit RebuiltOverlay(OverlayPlan plan) : plan_(std::move(plan)) {}
  base::Status BuildInGap();
  base::Status Attach(int mount) const;

  OverlayPlan plan_;
  std::optional<HelperProcess> helper_;  // none while the upper folder is in use
};

}  // namespace stockade::sandbox
