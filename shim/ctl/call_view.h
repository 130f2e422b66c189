// SPDX-License-Identifier: Apache-2.0
// What a filter does with one system call, for `explain --syscall` and `profile evaluate`: the
// answer, the rule that decided and why, what software does then, and what would open the call.
//
//   return ShowCall(source, call, opening_classes);
#pragma once

#include <string>
#include <vector>

#include "shim/ctl/command.h"
#include "shim/ctl/filter_source.h"

namespace stockade::ctl {

// `opening_classes`: the classes of this node that let the call through. The exit code is 1 if the
// call is refused. kInternal error if the program does not answer as the profile says.
base::Result<Outcome> ShowCall(const FilterSource& source, const seccomp_data& call,
                               const std::vector<std::string>& opening_classes);

}  // namespace stockade::ctl
