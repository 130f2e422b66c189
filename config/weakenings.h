// SPDX-License-Identifier: Apache-2.0
// What a class gives up, said in sentences: every setting that is weaker than in the built-in class
// `baseline`, with the place that says so. `explain` and `classes show` print them.
//
//   "/capabilities/ceiling allows CAP_SYS_ADMIN, which baseline does not
//        (/etc/stockade/classes.d/build.json:7)"
#pragma once

#include <string>
#include <vector>

#include "config/class_policy.h"

namespace stockade::config {

// One sentence a setting; empty for a class that is as strict as baseline everywhere.
std::vector<std::string> Weakenings(const ClassPolicy& policy);

}  // namespace stockade::config
