// SPDX-License-Identifier: Apache-2.0
// `pods`: every pod that has a record below the state directory, or ids.
#include <algorithm>

#include "sandbox/state.h"
#include "shim/ctl/pods_view.h"
#include "shim/ctl/record_state.h"

namespace stockade::ctl {
namespace {

base::Result<FoundState> ReadState(const std::string& directory) {
  FoundState found;
  for (const sandbox::StateRoot& root : sandbox::AllStateRoots(directory)) {
    for (const std::string& id : root.List()) {
      auto record = root.Read(id, {.final_text = true});
      if (!record && !root.Exists(id)) continue;  // deleted while we looked
      std::string alive = record ? RecordState(root, *record) : "no";
      found.records.push_back(
          {root.delegate_root(), root.key(), id, std::move(alive), std::move(record)});
    }
  }
  STOCKADE_ASSIGN(found.claims, sandbox::IdClaims(directory).List());
  return found;
}

}  // namespace

base::Result<Outcome> Pods(const Request& request) {
  const std::string& directory = request.node.state_directory;
  STOCKADE_ASSIGN(const FoundState first, ReadState(directory));
  std::vector<Pod> pods = PodsOf(first);
  // A pod that came or went while we looked is half there, but only once.
  if (std::any_of(pods.begin(), pods.end(), [](const Pod& pod) { return !pod.problems.empty(); })) {
    STOCKADE_ASSIGN(const FoundState second, ReadState(directory));
    pods = PodsOf(second);
  }
  return ShowPods(pods);
}

}  // namespace stockade::ctl
