// SPDX-License-Identifier: Apache-2.0
#include "config/class_policy.h"

#include <algorithm>

#include "config/class_modes.h"

namespace stockade::config {

const char* ModeName(Mode mode) {
  switch (mode) {
    case Mode::kOff:
      return "off";
    case Mode::kConfine:
      return "confine";
    case Mode::kRefuse:
      return "refuse";
  }
  return "refuse";
}

std::string Origin::Text() const { return line > 0 ? fmt::format("{}:{}", source, line) : source; }

const Origin& NearestOrigin(const Origins& origins, std::string_view pointer) {
  static const Origin kUnknown{"unknown", 0};
  for (;;) {
    if (const auto found = origins.find(pointer); found != origins.end()) return found->second;
    const auto slash = pointer.rfind('/');
    if (slash == std::string_view::npos) return kUnknown;
    pointer = pointer.substr(0, slash);
  }
}

const Origin& ClassPolicy::OriginOf(std::string_view pointer) const {
  return NearestOrigin(origins, pointer);
}

bool ClassPolicy::PassThrough() const {
  if (user_namespace.force || interposition.Active()) return false;
  const std::vector<LayerMode> modes = ModesOf(*this);
  return std::all_of(modes.begin(), modes.end(),
                     [](const LayerMode& layer) { return layer.mode == Mode::kOff; });
}

std::vector<LayerMode> ModesOf(const ClassPolicy& policy) {
  return {
      {"/delegateAnnotations/mode", policy.delegate_annotations.mode},
      {"/ociFields/mode", policy.oci_fields.mode},
      {"/privileged/mode", policy.privileged.mode},
      {"/namespaces/network", policy.namespaces.network},
      {"/namespaces/pid", policy.namespaces.pid},
      {"/namespaces/ipc", policy.namespaces.ipc},
      {"/namespaces/uts", policy.namespaces.uts},
      {"/namespaces/cgroup", policy.namespaces.cgroup},
      {"/namespaces/mount", policy.namespaces.mount},
      {"/capabilities/mode", policy.capabilities.mode},
      {"/noNewPrivileges/mode", policy.no_new_privileges.mode},
      {"/user/runAsNonRoot", policy.user.run_as_non_root},
      {"/rlimits/mode", policy.rlimits.mode},
      {"/seccomp/mode", policy.seccomp.mode},
      {"/hostMounts/mode", policy.host_mounts.mode},
      {"/rootfs/mode", policy.rootfs.mode},
      {"/kernelPaths/mode", policy.kernel_paths.mode},
      {"/devices/mode", policy.devices.mode},
      {"/sysctls/mode", policy.sysctls.mode},
      {"/hooks/mode", policy.hooks.mode},
      {"/lsm/apparmor/mode", policy.lsm.apparmor_mode},
      {"/lsm/selinux/mode", policy.lsm.selinux_mode},
  };
}

}  // namespace stockade::config
