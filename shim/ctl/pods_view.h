// SPDX-License-Identifier: Apache-2.0
// What `pods` shows: which pods there are, with their containers and the ids that they have on the
// host. Pure: records and claims in, pods out.
//
//   Outcome outcome = ShowPods(PodsOf(found));
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/id_claims.h"
#include "sandbox/state_record.h"
#include "sandbox/subids.h"
#include "shim/ctl/command.h"

namespace stockade::ctl {

// A container's record, as it was read.
struct FoundRecord {
  std::string root;      // the delegate's --root
  std::string root_key;  // StateRoot::key()
  std::string id;
  std::string alive;  // "yes", "creating", "no" (RecordState)
  base::Result<sandbox::StateRecord> record;
};

// Everything below the state directory.
struct FoundState {
  std::vector<FoundRecord> records;
  std::vector<sandbox::IdClaim> claims;
};

struct PodContainer {
  std::string id;
  std::string alive;
};

// A pod, or a container outside Kubernetes as a pod of its own.
struct Pod {
  std::string id;  // of its sandbox
  std::string root;
  std::string name_space, name, uid;  // as Kubernetes knows it, or ""
  std::string class_name, delegate;
  std::string alive;                   // of the sandbox; "no" if it has no record
  std::optional<sandbox::IdSpan> ids;  // nothing: the host's own; the origin says whose choice
  std::vector<PodContainer> containers;
  std::vector<std::string> problems;  // what an admin should look at, one sentence each
};

// The pods in the order of their roots and ids. A pod of which something is wrong has problems:
// records that cannot be read, ids that are not reserved for it, or reserved for nobody who lives.
std::vector<Pod> PodsOf(const FoundState& found);

// The whole answer; not ok if a pod has problems.
Outcome ShowPods(const std::vector<Pod>& pods);

}  // namespace stockade::ctl
