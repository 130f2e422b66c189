// SPDX-License-Identifier: Apache-2.0
// From the document that the class agreed with to the one that the delegate gets, where the pod has
// a user namespace of ours: root file system and volumes come from staged, idmapped mounts, the
// network namespace is entered before the delegate starts, sysfs shows that network and no other.
// Why each of these: sandbox/README.md, "A user namespace of ours".
//
//   STOCKADE_ASSIGN(const HostActions actions, Stage({policy, container, host}, stage, editor));
//   …write the document…
//   STOCKADE_TRY(PerformHostActions(actions, state_directory));
#pragma once

#include <string>

#include "sandbox/host_actions.h"
#include "sandbox/layer.h"

namespace stockade::sandbox {

// Rewrites the document in `edit`, over which all layers have run, and says what must happen on the
// host. For a container without ids of ours (SpecEditor::ids) nothing changes, but for
// stockade-init where the host's root is one of the container's ids, and for the root file system
// where the class says what of it runs. `stage` is the absolute path of the stage.
base::Result<HostActions> Stage(const LayerInput& in, const std::string& stage, SpecEditor& edit);

// Sets the ids of the standard streams to those of the user of `process`, where the pod has ids of
// ours. kSpec error if that user, or a group of its, is beyond them.
base::Status OwnStreams(const base::Json& process, HostActions& actions);

}  // namespace stockade::sandbox
