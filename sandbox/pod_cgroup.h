// SPDX-License-Identifier: Apache-2.0
// The cgroup that kubelet made for a pod, found in the path that the engine gives the cgroup of one
// of its containers (linux.cgroupsPath), in the form of either cgroup driver:
//
//   PodCgroupOf("/kubepods/burstable/pod0c5e/3f2a", "0c5e")->path
//       // /kubepods/burstable/pod0c5e
//   PodCgroupOf("kubepods-burstable-pod0c5e.slice:cri-containerd:3f2a", "0c5e")->path
//       // /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0c5e.slice
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/base/json.h"
#include "sandbox/container.h"

namespace stockade::sandbox {

struct PodCgroup {
  std::string path;  // below the root of every hierarchy: "/kubepods/pod0c5e"
  bool operator==(const PodCgroup&) const = default;
};

// Nothing if the cgroup above the container's has not the name that kubelet gives a pod of this
// uid. With the uid "", an engine that does not tell it, anything that looks like one will do.
std::optional<PodCgroup> PodCgroupOf(std::string_view cgroups_path, std::string_view uid);

// The same of a container and its document. Nothing for a container outside Kubernetes.
std::optional<PodCgroup> PodCgroupOf(const Container& container, const base::Json& spec);

}  // namespace stockade::sandbox
