// SPDX-License-Identifier: Apache-2.0
// The ids that kubelet has given to pods with a user namespace of their own: the file userns in the
// pod's folder, {"uidMappings": [{"hostId": 65536, "containerId": 0, "length": 65536}], …}.
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "sandbox/subids.h"

namespace stockade::sandbox {

// Of all pods in the folder `pods` (/var/lib/kubelet/pods), none if there is no such folder. The
// origins are the files. A file that is there and cannot be read or understood is an error.
base::Result<std::vector<IdSpan>> ReadKubeletIds(const std::string& pods);

}  // namespace stockade::sandbox
