// SPDX-License-Identifier: Apache-2.0
// The binds of a container in a user namespace, and the flags that a delegate may forget there
// (sandbox/README.md says which one forgets what). Part of Stage (staging.h).
#pragma once

#include <string>

#include "sandbox/host_actions.h"
#include "sandbox/layer.h"

namespace stockade::sandbox {

// Has every bind of the document staged below `stage`, its ids and flags set, where the pod's ids
// are ours. Refuses a bind with a mapping of its own.
base::Status StageBinds(const LayerInput& in, const std::string& stage, SpecEditor& edit,
                        HostActions& actions);

// The same for the binds whose flags may be forgotten, where the user namespace is the engine's:
// the ids stay, for they are the engine's business. Without a user namespace nothing changes.
base::Status StageForgotten(const LayerInput& in, const std::string& stage, SpecEditor& edit,
                            HostActions& actions);

// Says the flags of the proc of a joined pid namespace, and of the mqueue of a joined ipc
// namespace, in their recursive form too, which no delegate forgets. Without a user namespace
// nothing changes.
base::Status RepeatFlags(SpecEditor& edit);

}  // namespace stockade::sandbox
