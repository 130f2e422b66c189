// SPDX-License-Identifier: Apache-2.0
// What a helper process does to mount an overlay on idmapped layers (overlay.h), in a mount
// namespace of its own.
#pragma once

#include <string_view>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "sandbox/host/overlay.h"

namespace stockade::sandbox {

// The message of the error when another overlay has the upper folder and the kernel minds.
inline constexpr std::string_view kUpperInUse = "the upper folder is in use by another overlay";

// Covers the layers, mounts the overlay, and returns it detached. Changes the caller's working
// directory, its file system ids and its mounts. Where `wait` is set and another overlay still has
// the upper folder, tries again for five seconds. Mounts nothing when `wanted` says so.
base::Result<base::UniqueFd> BuildOverlay(const OverlayPlan& plan, bool wait,
                                          const HelperProcess::StillWanted& wanted);

// Mounts the engine's overlay again as it was, detached: the way back.
base::Result<base::UniqueFd> RestoreOverlay(const OverlayPlan& plan,
                                            const HelperProcess::StillWanted& wanted);

}  // namespace stockade::sandbox
