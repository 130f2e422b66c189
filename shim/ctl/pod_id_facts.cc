// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/pod_id_facts.h"

#include <unistd.h>

#include "sandbox/host/try_idmap.h"
#include "sandbox/id_claims.h"
#include "sandbox/id_pool.h"
#include "shim/ctl/node_facts.h"

namespace stockade::ctl {
namespace {

// Where engines and kubelet keep what containers mount.
constexpr const char* kFolders[] = {"/var/lib/containerd", "/var/lib/containers", "/var/lib/docker",
                                    "/var/lib/kubelet"};

Attempt Tried(std::string what, const base::Status& status) {
  if (status) return {std::move(what), std::nullopt};
  return {std::move(what), status.error()};
}

}  // namespace

PodIdFacts ReadPodIdFacts(const config::NodeConfig& node) {
  PodIdFacts facts;
  auto usable = sandbox::ReadIdFacts(node).and_then(sandbox::UsableRanges);
  if (usable) {
    facts.usable = std::move(*usable);
  } else {
    facts.error = usable.error();
  }
  if (const auto claims = sandbox::IdClaims(node.state_directory).List()) {
    facts.taken = claims->size();
  } else if (!facts.error) {
    facts.error = claims.error();
  }
  // The nearest folder that is there: it is only covered, and only for a helper process.
  const std::string cover = ReadStateFacts(node.state_directory).path;
  facts.idmaps.push_back(Tried("overlay", sandbox::TryIdmappedOverlay(cover)));
  for (const char* folder : kFolders) {
    if (access(folder, F_OK) == 0) facts.idmaps.push_back(Tried(folder, sandbox::TryIdmap(folder)));
  }
  return facts;
}

}  // namespace stockade::ctl
