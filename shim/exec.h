// SPDX-License-Identifier: Apache-2.0
// exec: the process document of an engine, or the flags of a person, through the same layers as
// create, with the policy that was in force when the container was made. The delegate gets the
// result as a sealed memory file, so that nothing has to be cleaned up.
//
//   STOCKADE_ASSIGN(const ExecPlan plan, PlanExec(call, record, node));
//   return BecomeDelegate(record.delegate, plan.arguments);
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "config/node_config.h"
#include "sandbox/state_record.h"
#include "shim/invocation.h"

namespace stockade::shim {

struct ExecPlan {
  std::vector<std::string> arguments;  // for the delegate, behind its argv[0]
  base::UniqueFd document;             // inherited by the delegate; named in `arguments`
  sandbox::HostActions actions;        // what must happen before the delegate starts
  bool interposed = false;             // the container's supervisor answers calls of the process
};

// `record` with its texts when the call has no --process.
base::Result<ExecPlan> PlanExec(const Invocation& call, const sandbox::StateRecord& record,
                                const config::NodeConfig& node);

// The process document that `exec` without --process stands for: the container's own process with
// the command and flags of the call, as runc and crun put them together.
base::Result<base::Json> ProcessFromFlags(const Invocation& call, const base::Json& config);

}  // namespace stockade::shim
