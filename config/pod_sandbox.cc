// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "config/class_merge.h"
#include "config/class_policy.h"

namespace stockade::config {
namespace {

constexpr const char* kSource = "stockade: a pod's sandbox container runs nothing of the pod";

// What every OCI runtime makes by itself, and nothing else.
constexpr std::string_view kDefaultDevices[] = {"/dev/null",    "/dev/zero",    "/dev/full",
                                                "/dev/random",  "/dev/urandom", "/dev/tty",
                                                "/dev/console", "/dev/ptmx"};

// Sets a member of the document, so that the snapshot says the same as the typed fields.
void Set(ClassPolicy& policy, std::string_view section, std::string_view key, base::Json value) {
  const std::string pointer = fmt::format("/{}/{}", section, key);
  base::Json& member = policy.document[std::string(section)][std::string(key)];
  if (member == value) return;
  member = std::move(value);
  ForgetOrigins(policy.origins, pointer);
  policy.origins.insert_or_assign(pointer, Origin{kSource, 0});
}

// Confine in place of off, and in place of refuse too: what a sandbox container asks for comes from
// the engine, so that refusing it would refuse every pod.
void Confine(ClassPolicy& policy, std::string_view section, Mode& mode) {
  mode = Mode::kConfine;
  Set(policy, section, "mode", ModeName(mode));
}

}  // namespace

ClassPolicy ForPodSandbox(const ClassPolicy& policy) {
  ClassPolicy tight = policy;
  if (policy.PassThrough()) return tight;

  Confine(tight, "capabilities", tight.capabilities.mode);
  tight.capabilities.ceiling.clear();
  Set(tight, "capabilities", "ceiling", base::Json::array());
  Set(tight, "capabilities", "requestMustFit", tight.capabilities.request_must_fit);

  Confine(tight, "noNewPrivileges", tight.no_new_privileges.mode);

  Confine(tight, "rootfs", tight.rootfs.mode);
  tight.rootfs.writable.clear();
  Set(tight, "rootfs", "writable", base::Json::array());
  tight.rootfs.pod_may_add.clear();
  Set(tight, "rootfs", "podMayAdd", base::Json::array());

  // The list is about the pod's images, not the engine's.
  if (!tight.rootfs.executable.empty()) {
    tight.rootfs.executable.clear();
    Set(tight, "rootfs", "executable", base::Json::array());
  }

  const bool all_devices = tight.devices.mode == Mode::kOff;
  Confine(tight, "devices", tight.devices.mode);
  std::vector<std::string> devices;
  for (const std::string_view device : kDefaultDevices) {
    const auto& allowed = policy.devices.allowed;
    if (all_devices || std::find(allowed.begin(), allowed.end(), device) != allowed.end()) {
      devices.emplace_back(device);
    }
  }
  // The engine's sandbox image chooses this user, not the pod.
  tight.user.run_as_non_root = Mode::kOff;
  Set(tight, "user", "runAsNonRoot", ModeName(Mode::kOff));

  // No call of a program that only sleeps is worth a supervisor.
  tight.interposition = {};
  if (base::Json* section = base::Find(tight.document, "/interposition")) {
    *section = nullptr;
    ForgetOrigins(tight.origins, "/interposition");
    tight.origins.insert_or_assign("/interposition", Origin{kSource, 0});
  }

  tight.devices.allowed = devices;
  Set(tight, "devices", "allowed", std::move(devices));
  return tight;
}

}  // namespace stockade::config
