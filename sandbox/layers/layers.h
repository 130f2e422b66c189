// SPDX-License-Identifier: Apache-2.0
// The functions of the layers, one file each, in the order of the table (sandbox/layer_table.cc),
// which says what each one promises. Each does nothing when its mode in the class is "off".
#pragma once

#include "sandbox/layer.h"

namespace stockade::sandbox {

base::Status ApplyDelegateAnnotations(const LayerInput& in, SpecEditor& edit);
base::Status ApplyOciFields(const LayerInput& in, SpecEditor& edit);
base::Status ApplyPrivileged(const LayerInput& in, SpecEditor& edit);
base::Status ApplyNamespaces(const LayerInput& in, SpecEditor& edit);
base::Status ApplyUserNamespace(const LayerInput& in, SpecEditor& edit);
base::Status ApplyCapabilities(const LayerInput& in, SpecEditor& edit);
base::Status ApplyNoNewPrivileges(const LayerInput& in, SpecEditor& edit);
base::Status ApplyUser(const LayerInput& in, SpecEditor& edit);
base::Status ApplyRlimits(const LayerInput& in, SpecEditor& edit);
base::Status ApplyHostMounts(const LayerInput& in, SpecEditor& edit);
base::Status ApplyRootfs(const LayerInput& in, SpecEditor& edit);
base::Status ApplyKernelPaths(const LayerInput& in, SpecEditor& edit);
base::Status ApplyDevices(const LayerInput& in, SpecEditor& edit);
base::Status ApplySysctls(const LayerInput& in, SpecEditor& edit);
base::Status ApplyHooks(const LayerInput& in, SpecEditor& edit);
base::Status ApplyLsm(const LayerInput& in, SpecEditor& edit);
base::Status ApplySeccomp(const LayerInput& in, SpecEditor& edit);

}  // namespace stockade::sandbox
