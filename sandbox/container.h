// SPDX-License-Identifier: Apache-2.0
// Who a container is, as its engine's annotations say: a pod's sandbox, one of a pod's containers,
// or a container outside Kubernetes.
//
//   const Container container = Identify(spec, "3f2a…", "/run/…/bundle");
//   if (container.role == Role::kPodSandbox) policy = config::ForPodSandbox(policy);
#pragma once

#include <string>

#include "config/base/json.h"

namespace stockade::sandbox {

enum class Role {
  kStandalone,    // ctr, Docker, Podman: its own pod
  kPodSandbox,    // the pause container
  kPodContainer,  // app, init and ephemeral containers
};

// "standalone", "pod sandbox", "pod container".
const char* RoleName(Role role);

struct Container {
  std::string id;
  std::string bundle;  // absolute
  Role role = Role::kStandalone;
  std::string sandbox_id;  // of the pod; "" for standalone
  std::string pod_uid;     // "" when the engine did not say
  std::string name_space;  // the pod's Kubernetes namespace, or ""
  std::string pod;         // the pod's name, or ""
};

// The id of the pod that a container is of: its sandbox's, or its own outside Kubernetes.
const std::string& PodOf(const Container& container);

// Reads the CRI annotations of containerd (io.kubernetes.cri.*) and CRI-O (io.kubernetes.cri-o.*),
// which these engines write last and a pod cannot override. Under another engine they are whoever
// else's: only what names its own id as the sandbox's is one, and everything else that says
// something of a pod must find that pod's sandbox.
Container Identify(const base::Json& spec, std::string id, std::string bundle);

}  // namespace stockade::sandbox
