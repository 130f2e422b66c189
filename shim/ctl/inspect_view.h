// SPDX-License-Identifier: Apache-2.0
// What `inspect` says.
//
//   return ShowInspection({record, policy, document, state, facts, host_namespaces, findings,
//   now});
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/class_policy.h"
#include "sandbox/state_record.h"
#include "shim/ctl/command.h"
#include "shim/ctl/delegate_state.h"
#include "shim/ctl/promises.h"

namespace stockade::ctl {

struct Inspection {
  const sandbox::StateRecord& record;
  const DelegateState& state;
  const ProcessFacts& process;
  const std::map<std::string, std::string, std::less<>>& host_namespaces;
  const std::vector<Finding>& findings;
  base::Json changes;              // "changes" and "notices", as create recorded them
  std::vector<std::string> notes;  // what people should know besides
};

Outcome ShowInspection(const Inspection& inspection);

}  // namespace stockade::ctl
