// SPDX-License-Identifier: Apache-2.0
// A supervisor in the cgroup of its pod, which so pays for what its containers' calls cost. On
// cgroup v1 it is in the pod's own cgroup of the controllers that count (cpu, cpuacct, memory,
// pids). On v2, where a pod's cgroup may hold no processes beside its containers', it is in a child
// of it, "stockade-<id>", which the record of the container names before it is made.
//
//   STOCKADE_ASSIGN(const JoinFiles pod, OpenPodCgroup(kCgroups, cgroup, state_directory, id));
//   if (const int error = JoinCgroups(pod); error != 0) _exit(error);     // in the child
//   STOCKADE_TRY(RemoveSupervisorCgroup(state_directory));                // the container is gone
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "sandbox/pod_cgroup.h"

namespace stockade::sandbox {

inline constexpr char kCgroups[] = "/sys/fs/cgroup";

// Files to which a process writes "0" to move itself.
using JoinFiles = std::vector<base::UniqueFd>;

// `cgroups` is the root of cgroup v2, or the folder with those of v1. Empty if the pod's cgroup is
// in no hierarchy; kHost error if it is there and cannot be joined.
base::Result<JoinFiles> OpenPodCgroup(const std::string& cgroups, const PodCgroup& pod,
                                      const std::string& state_directory, const std::string& id);

// Moves this process. 0, or an errno value. Async-signal-safe.
int JoinCgroups(const JoinFiles& files);

// Removes the cgroup that the record in `state_directory` names, if any, and kills the supervisor
// that may still be in it: its container is gone. kHost error if it stays.
base::Status RemoveSupervisorCgroup(const std::string& state_directory);

}  // namespace stockade::sandbox
