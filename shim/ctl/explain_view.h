// SPDX-License-Identifier: Apache-2.0
// What `explain` says: the changes of a plan for people and as JSON.
//
//   return ShowPlan(plan, /*created=*/false);
#pragma once

#include <string>

#include "shim/create.h"
#include "shim/ctl/command.h"

namespace stockade::ctl {

// Old -> new for each change, the notices, and a warning for each weakening. `created`: the bundle
// belongs to a container, and the plan starts from the document as its engine wrote it.
Outcome ShowPlan(const shim::Plan& plan, bool created);

// The class does not take this bundle: exit code 1, the reason and the way out.
Outcome ShowRefusal(const std::string& class_name, const std::string& bundle,
                    const base::Error& error);

}  // namespace stockade::ctl
