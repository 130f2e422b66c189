// SPDX-License-Identifier: Apache-2.0
// Does on the host what the layers wrote down (host_actions.h), in the process that becomes the
// delegate, right before it does.
//
//   STOCKADE_TRY(PerformHostActions(plan.actions, node.state_directory));
//   return BecomeDelegate(delegate, arguments);
#pragma once

#include <string>

#include "config/base/error.h"
#include "sandbox/host_actions.h"

namespace stockade::sandbox {

// Leaves this process in the mount namespace with the stage and in the pod's network namespace,
// with its working directory and its descriptors as they were. After an error, which is of kind
// kSpec or kHost, the process may be in either namespace and has to end; the host is as it was, but
// for a root file system whose overlay may be mounted anew at its place, or whose owners may be
// changed where the class allows that. Needs root, and only one thread may be running.
base::Status PerformHostActions(const HostActions& actions, const std::string& state_directory);

}  // namespace stockade::sandbox
