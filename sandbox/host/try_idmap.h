// SPDX-License-Identifier: Apache-2.0
// Can this kernel, and can the file system of a folder, do what a pod's user namespace takes? Tried
// on mounts that are gone again before the call returns.
//
//   if (const auto works = TryIdmap("/var/lib/containerd"); !works) … works.error().hint
#pragma once

#include <string>

#include "config/base/error.h"

namespace stockade::sandbox {

// Maps the ids of a detached clone of the folder's mount, as for a volume there.
base::Status TryIdmap(const std::string& folder);

// Maps the ids of a detached clone of the file's mount so that it is nobody's, as for the stub.
base::Status TryNobodys(const std::string& file);

// Mounts an overlay on an idmapped lower layer of a tmpfs, as for an image (Linux 5.19; the tmpfs,
// 6.3), in the mount namespace of a helper process, over the folder `cover`.
base::Status TryIdmappedOverlay(const std::string& cover);

}  // namespace stockade::sandbox
