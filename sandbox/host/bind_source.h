// SPDX-License-Identifier: Apache-2.0
// The host's side of a bind: opened by the path that the mount guard resolved, or not at all.
#pragma once

#include <string>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "sandbox/host_actions.h"

namespace stockade::sandbox {

// What a bind begins from.
struct BindSource {
  base::UniqueFd file;  // O_PATH
  bool folder = false;
};

// Opens `path`, absolute and without links. An error of kind kSpec says that something on the way
// was changed since the path was resolved.
base::Result<BindSource> OpenBindSource(const std::string& path);

// The detached mount for `bind`: mapped by the user namespace `space` unless that is negative. The
// error names the destination too.
base::Result<base::UniqueFd> PrepareBind(const StagedBind& bind, const BindSource& source,
                                         int space);

}  // namespace stockade::sandbox
