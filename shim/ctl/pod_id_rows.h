// SPDX-License-Identifier: Apache-2.0
// The judgement of `check` about user namespaces of ours. Pure.
#pragma once

#include <vector>

#include "config/class_policy.h"
#include "shim/ctl/check_rows.h"
#include "shim/ctl/pod_id_facts.h"

namespace stockade::ctl {

// For the node: the ids of its pods, and what its file systems can. Nothing here is missing to a
// class that forces no user namespace.
std::vector<CheckRow> PodIdRows(const PodIdFacts& facts);

// For a class: none if it forces no user namespace, else whether it can have one.
std::vector<CheckRow> ForcedUserNamespaceRows(const config::ClassPolicy& policy,
                                              const PodIdFacts& facts, const KernelFacts& kernel);

}  // namespace stockade::ctl
