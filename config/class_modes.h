// SPDX-License-Identifier: Apache-2.0
// Every switch of a class in one list, so that nothing that asks "is all of it off?" or "what is
// off?" can forget one. A forced user namespace is not among them, for it has no mode to be off.
//
//   for (const LayerMode& layer : ModesOf(policy)) … layer.setting … ModeName(layer.mode)
#pragma once

#include <string_view>
#include <vector>

#include "config/class_policy.h"

namespace stockade::config {

struct LayerMode {
  std::string_view setting;  // JSON pointer: "/capabilities/mode"
  Mode mode;
};

// In the order in which the sections stand in ClassPolicy.
std::vector<LayerMode> ModesOf(const ClassPolicy& policy);

}  // namespace stockade::config
