// SPDX-License-Identifier: Apache-2.0
// Host actions as the record keeps them.
#pragma once

#include "config/base/json.h"
#include "sandbox/host_actions.h"

namespace stockade::sandbox {

// Null for no actions.
base::Json HostActionsToJson(const HostActions& actions);

// The reverse. Throws base::Json::exception for anything that HostActionsToJson does not write.
HostActions HostActionsFromJson(const base::Json& json);

}  // namespace stockade::sandbox
