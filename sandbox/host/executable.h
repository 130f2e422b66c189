// SPDX-License-Identifier: Apache-2.0
// Which files of a root file system run: the kernel's doing, by two kinds of mount. The root is
// noexec; over each listed path lies a read-only clone of that path itself, which is not. noexec
// also keeps the loader from mapping a file as code, so what is not listed runs in no way.
//
//   STOCKADE_TRY(LetRunOnly({"/usr/bin", "/lib"}, root.get()));
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"

namespace stockade::sandbox {

// `root` is where an attached mount begins that nobody else uses. The paths are followed within it
// alone: what is in an image is hostile. A path that the image lacks allows nothing. kSpec error
// for one that leads to the root itself, or to what is neither a file nor a folder.
base::Status LetRunOnly(const std::vector<std::string>& paths, int root);

}  // namespace stockade::sandbox
