// SPDX-License-Identifier: Apache-2.0
// What the delegates themselves remember of a container, in their state files.
//
//   const auto first = FirstProcess("/run/containerd/runc/k8s.io", id);
//   if (first && first->Alive()) …
#pragma once

#include <optional>
#include <string>

#include "sandbox/state_record.h"

namespace stockade::sandbox {

// The first process of the container `id`, as the state files of runc (state.json) and crun
// (status) name it below the delegate's --root; nothing if there is none or it cannot be read.
std::optional<ProcessId> FirstProcess(const std::string& delegate_root, const std::string& id);

}  // namespace stockade::sandbox
