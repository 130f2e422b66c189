// SPDX-License-Identifier: Apache-2.0
// The pod's network namespace, when the host owns it: entered by us, because a delegate inside the
// pod's user namespace may not.
#pragma once

#include <string>

#include "config/base/error.h"
#include "config/base/fd.h"

namespace stockade::sandbox {

// The namespace at `path`, which must be a network namespace and not the one that we are in. Errors
// are of kind kSpec: the path comes from the document.
base::Result<base::UniqueFd> OpenNetworkNamespace(const std::string& path);

// Enters it for good.
base::Status EnterNetworkNamespace(int space, const std::string& path);

// A detached sysfs of the network namespace that we are in: read-only, nosuid, nodev, noexec.
base::Result<base::UniqueFd> MakeSysfs();

}  // namespace stockade::sandbox
