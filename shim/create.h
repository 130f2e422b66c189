// SPDX-License-Identifier: Apache-2.0
// create, run and restore: from a bundle to a confined bundle.
//
//   STOCKADE_ASSIGN(const Plan plan, PlanCreate(request));     // reads, decides, changes nothing
//   STOCKADE_TRY(CommitCreate(plan, state));                   // writes the record and config.json
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/class_policy.h"
#include "config/node_config.h"
#include "sandbox/layer.h"
#include "sandbox/state.h"

namespace stockade::shim {

// What is to be made.
struct CreateRequest {
  const config::NodeConfig& node;
  const sandbox::StateRoot* state;  // where the pod's sandbox has its record; nullptr for explain
  std::string class_name;
  std::string id;
  std::string bundle;         // absolute
  std::string original = {};  // config.json as its engine wrote it; "" reads it from the bundle
};

// The decided container: the class in force, the document before and after, and what changed.
struct Plan {
  sandbox::Container container;
  config::ClassPolicy loaded;  // the class as loaded or inherited from the pod's sandbox
  config::ClassPolicy policy;  // after the pod's annotations, for this container's role
  sandbox::SpecDocument document;
  std::vector<sandbox::Change> changes;
  std::vector<sandbox::Notice> notices;
};

// Runs the pipeline up to and including verify. Pure but for reads of the host.
base::Result<Plan> PlanCreate(const CreateRequest& request);

// Writes the record and replaces the bundle's config.json. If this fails, nothing is left of it.
base::Status CommitCreate(const Plan& plan, const sandbox::StateRoot& state,
                          const std::string& delegate);

// Changes and notices as JSON. `explain --json` prints them with their values, old and new; the
// record keeps the two documents and needs them only once.
base::Json ChangesToJson(const Plan& plan, bool with_values);

}  // namespace stockade::shim
