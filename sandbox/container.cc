// SPDX-License-Identifier: Apache-2.0
#include "sandbox/container.h"

#include <array>
#include <string_view>

namespace stockade::sandbox {
namespace {

// The annotation keys of one engine; "" where it has none.
struct EngineKeys {
  std::string_view type, sandbox_id, pod_uid, name_space, pod;
};

constexpr std::array<EngineKeys, 2> kEngines{{
    {"io.kubernetes.cri.container-type", "io.kubernetes.cri.sandbox-id",
     "io.kubernetes.cri.sandbox-uid", "io.kubernetes.cri.sandbox-namespace",
     "io.kubernetes.cri.sandbox-name"},
    {"io.kubernetes.cri-o.ContainerType", "io.kubernetes.cri-o.SandboxID", "io.kubernetes.pod.uid",
     "io.kubernetes.cri-o.Namespace", "io.kubernetes.cri-o.KubeName"},
}};

std::string Text(const base::Json& annotations, std::string_view key) {
  const auto found = annotations.find(key);
  if (found == annotations.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

// What two engines say of one thing. Only one engine made the container; keys of the other come
// from the pod, so where both speak and differ, nothing is known.
void Agree(std::string& known, const std::string& other) {
  if (known != other) known.clear();
}

}  // namespace

const char* RoleName(Role role) {
  switch (role) {
    case Role::kStandalone:
      return "standalone";
    case Role::kPodSandbox:
      return "pod sandbox";
    case Role::kPodContainer:
      return "pod container";
  }
  return "unknown";
}

const std::string& PodOf(const Container& container) {
  return container.role == Role::kPodContainer ? container.sandbox_id : container.id;
}

Container Identify(const base::Json& spec, std::string id, std::string bundle) {
  Container container{.id = std::move(id),
                      .bundle = std::move(bundle),
                      .sandbox_id = {},
                      .pod_uid = {},
                      .name_space = {},
                      .pod = {}};
  const base::Json* annotations = base::Find(spec, "/annotations");
  if (annotations == nullptr || !annotations->is_object()) return container;

  for (const EngineKeys& keys : kEngines) {
    if (!annotations->contains(keys.type)) continue;
    const bool first = container.role == Role::kStandalone;
    const std::string sandbox_id = Text(*annotations, keys.sandbox_id);
    // Podman copies the annotations of an image, which cannot know what id its container will have.
    const bool sandbox = Text(*annotations, keys.type) == "sandbox" && sandbox_id == container.id;
    const Role role = sandbox ? Role::kPodSandbox : Role::kPodContainer;
    const std::string pod_uid = Text(*annotations, keys.pod_uid);
    const std::string name_space = Text(*annotations, keys.name_space);
    const std::string pod = Text(*annotations, keys.pod);
    if (first) {
      container.role = role;
      container.sandbox_id = sandbox_id;
      container.pod_uid = pod_uid;
      container.name_space = name_space;
      container.pod = pod;
      continue;
    }
    if (container.role != role) container.role = Role::kPodContainer;
    Agree(container.sandbox_id, sandbox_id);
    Agree(container.pod_uid, pod_uid);
    Agree(container.name_space, name_space);
    Agree(container.pod, pod);
  }
  return container;
}

}  // namespace stockade::sandbox
