// SPDX-License-Identifier: Apache-2.0
// Makes stockade-init (sandbox/init) the first program of a container, with the filters that it
// installs.
//
//   if (CanStartByInit(in, edit)) return StartByInit(in, edit, {class_filter, pods_own});
#pragma once

#include <string>
#include <vector>

#include "sandbox/layer.h"

namespace stockade::sandbox {

// Why it cannot be: a kSpec error for what the document asks for, kHost for what the node lacks.
base::Status CanStartByInit(const LayerInput& in, const SpecEditor& edit);

// Mounts it where the document is a container's, and puts it before the process's command; nothing
// changes on an error, which is CanStartByInit's.
base::Status StartByInit(const LayerInput& in, SpecEditor& edit, std::vector<std::string> filters);

}  // namespace stockade::sandbox
