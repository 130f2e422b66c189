// SPDX-License-Identifier: Apache-2.0
// create, run and restore: from a bundle to a confined bundle.
//
//   STOCKADE_ASSIGN(const Plan plan, PlanCreate(request));     // reads, decides, changes nothing
//   STOCKADE_TRY(CommitCreate(plan, state));                   // writes the record and config.json
#pragma once

#include <functional>
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
  config::ClassPolicy asked;        // the class of that name as it is now
  std::string id;
  std::string bundle;         // absolute
  std::string original = {};  // config.json as its engine wrote it; "" reads it from the bundle
  // The ids of the container's pod, asked for once and only where NeedsPodIds says so.
  std::function<base::Result<sandbox::PodIds>(const sandbox::Container&)> pod_ids = {};
  bool keep_values = false;  // the journal's old and new values, which only explain shows
};

// The decided container: the class in force, the document before and after, and what changed.
struct Plan {
  sandbox::Container container;
  config::ClassPolicy loaded;  // the class as loaded or inherited from the pod's sandbox
  config::ClassPolicy policy;  // after the pod's annotations, for this container's role
  sandbox::SpecDocument document;
  std::string root;        // the container's root file system, as its engine named it, absolute
  std::string final_text;  // of the document, as it was verified
  std::vector<sandbox::Change> changes;
  std::vector<sandbox::Notice> notices;
  std::vector<std::string> init_filters;  // what stockade-init installs
  sandbox::HostActions actions;           // what must happen before the delegate starts
};

// Runs the pipeline up to and including verify. Pure but for reads of the host.
base::Result<Plan> PlanCreate(CreateRequest request);

// Writes the record and replaces the bundle's config.json. If this fails, nothing is left of it.
base::Status CommitCreate(const Plan& plan, const sandbox::StateRoot& state,
                          const std::string& delegate);

// Changes and notices as JSON. `explain --json` prints them with their values, old and new; the
// record keeps the two documents and needs them only once.
base::Json ChangesToJson(const Plan& plan, bool with_values);

}  // namespace stockade::shim
