// SPDX-License-Identifier: Apache-2.0
// A class's promises against what the kernel says of a running container. Pure: the facts come in,
// findings go out.
//
//   for (const Finding& finding : CheckPromises(view)) … finding.layer, finding.kept,
//   finding.detail
//
// A promise that the kernel does not show (hooks, annotations, sysctls at create) is checked on the
// document by sandbox/verify.h, which inspect.cc asks as well.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/base/json.h"
#include "config/class_policy.h"
#include "sandbox/host_view.h"
#include "shim/ctl/process_facts.h"

namespace stockade::ctl {

// What is known of a container, from the kernel and from its record.
struct ContainerView {
  const config::ClassPolicy& policy;  // as in force: after annotations, for the container's role
  const base::Json& document;         // config.json as the delegate got it
  const ProcessFacts& process;        // the container's first process
  // The host's namespaces ("net" -> "net:[…]"), as the kernel names them.
  const std::map<std::string, std::string, std::less<>>& host_namespaces;
  sandbox::LsmFacts lsm;
};

struct Finding {
  std::string layer;  // of the layer table
  bool kept = false;
  std::string detail;  // what was found: "bounding: CAP_CHOWN beyond the class's ceiling"
};

// One finding for each promise of a layer that is on.
std::vector<Finding> CheckPromises(const ContainerView& view);

// Those of them that look at mounts and device files (promises_files.cc).
std::vector<Finding> CheckFilePromises(const ContainerView& view);

}  // namespace stockade::ctl
