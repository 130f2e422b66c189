// SPDX-License-Identifier: Apache-2.0
// Where on the host a call means: its bundle, and the state root that has the container's record.
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/node_config.h"
#include "sandbox/state.h"
#include "shim/invocation.h"

namespace stockade::shim {

// The absolute path of the bundle, as the kernel finds it, and so the delegate: the ".." of a
// symbolic link is above what the link names.
std::string BundleOf(const Invocation& call);

// kUsage error for a --root that runc, which reads a ".." by its letters, takes for another than
// crun, which reads it as the kernel does.
base::Status CheckRoot(const std::string& root);

// The state root of --root, or of where `delegate` keeps its containers without.
sandbox::StateRoot StateOf(const Invocation& call, const config::NodeConfig& node,
                           const std::string& delegate);

// Where a living container may have its record. Without --root those are the default roots of
// whichever delegates made containers: the one that is configured now need not be the one of then.
std::vector<sandbox::StateRoot> RootsFor(const Invocation& call, const config::NodeConfig& node);

}  // namespace stockade::shim
