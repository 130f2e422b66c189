// SPDX-License-Identifier: Apache-2.0
// The user namespace that a pod of ours gets, as the pipeline found it for this container.
//
//   if (NeedsPodIds(policy, spec)) input.pod_ids = PodIds{range, ""};   // the pod's first
//   container
#pragma once

#include <string>

#include "config/base/json.h"
#include "config/class_policy.h"
#include "sandbox/id_range.h"

namespace stockade::sandbox {

struct PodIds {
  IdRange range;
  // The user namespace to join, that of the pod's sandbox container; "" makes a new one.
  std::string path;
};

// True if the class forces a user namespace on a container whose engine made none.
bool NeedsPodIds(const config::ClassPolicy& policy, const base::Json& spec);

}  // namespace stockade::sandbox
