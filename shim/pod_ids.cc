// SPDX-License-Identifier: Apache-2.0
#include "shim/pod_ids.h"

#include "config/base/file.h"
#include "sandbox/delegate_state.h"
#include "sandbox/id_pool.h"

namespace stockade::shim {
namespace {

using base::ErrorKind;
using sandbox::IdRange;

// The user namespace of the pod's sandbox, by its first process. A process that took the pid of a
// dead one is not in a namespace with just these ids.
base::Result<std::string> NamespaceOf(const sandbox::StateRoot& state, const std::string& pod,
                                      const IdRange& ids) {
  const auto first = sandbox::FirstProcess(state.delegate_root(), pod);
  if (!first || !first->Alive()) {
    return base::Fail(ErrorKind::kSpec, "the pod's sandbox {} is not running", pod);
  }
  // proc_pid_uid_map(5): each number is ten characters wide.
  const std::string expected = fmt::format("{:>10} {:>10} {:>10}\n", 0, ids.first, IdRange::kSize);
  for (const char* name : {"uid_map", "gid_map"}) {
    const std::string file = fmt::format("/proc/{}/{}", first->pid, name);
    STOCKADE_ASSIGN(const std::string map, base::ReadFile(file, 4096));
    if (map != expected) {
      return base::Fail(ErrorKind::kHost, "{}: not the ids that pod {} was given ({} from {})",
                        file, pod, IdRange::kSize, ids.first);
    }
  }
  return fmt::format("/proc/{}/ns/user", first->pid);
}

}  // namespace

PodIdSource::~PodIdSource() {
  if (claimed_) (void)state_.ReleaseIds(*claimed_, sandbox::ProcessId::Self());
}

base::Result<sandbox::PodIds> PodIdSource::Of(const sandbox::Container& container) {
  if (container.role == sandbox::Role::kPodContainer) {
    STOCKADE_ASSIGN(const sandbox::StateRecord pod, state_.Read(container.sandbox_id));
    if (!pod.actions.ids) {
      return base::FailHint(ErrorKind::kSpec, "recreate the pod",
                            "the pod's sandbox {} has no user namespace that this container could "
                            "join",
                            container.sandbox_id);
    }
    STOCKADE_ASSIGN(std::string path, NamespaceOf(state_, container.sandbox_id, *pod.actions.ids));
    return sandbox::PodIds{*pod.actions.ids, std::move(path)};
  }
  STOCKADE_ASSIGN(const sandbox::IdFacts facts, sandbox::ReadIdFacts(node_));
  STOCKADE_ASSIGN(const std::vector<IdRange> usable, sandbox::UsableRanges(facts));
  STOCKADE_ASSIGN(const IdRange ids, state_.ClaimIds(container.id, usable));
  claimed_ = container.id;
  return sandbox::PodIds{ids, ""};
}

}  // namespace stockade::shim
