// SPDX-License-Identifier: Apache-2.0
// No engine says "privileged" in the spec; it shows in what the spec opens. CAP_SYS_ADMIN together
// with every device, or with nothing of /proc and /sys hidden and a writable sysfs, is what all
// engines write for a privileged container and for nothing else.
#include <algorithm>

#include "sandbox/layers/device_rules.h"
#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/mount_options.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::Result;

Result<bool> HasSysAdmin(const SpecEditor& edit) {
  for (const char* set :
       {"/capabilities/bounding", "/capabilities/permitted", "/capabilities/effective"}) {
    STOCKADE_ASSIGN(const auto names, TextsAt(edit.Root(), edit.ProcessPointer(set)));
    if (std::ranges::find(names, "CAP_SYS_ADMIN") != names.end()) return true;
  }
  return false;
}

Result<bool> OpensEveryDevice(const SpecEditor& edit) {
  STOCKADE_ASSIGN(const auto rules, DeviceRulesOf(edit.Root()));
  return std::ranges::any_of(
      rules, [](const DeviceRule& rule) { return rule.allow && rule.Everything(); });
}

Result<bool> OpensKernelPaths(const SpecEditor& edit) {
  STOCKADE_ASSIGN(const std::size_t masked, SizeAt(edit.Root(), "/linux/maskedPaths"));
  STOCKADE_ASSIGN(const std::size_t read_only, SizeAt(edit.Root(), "/linux/readonlyPaths"));
  if (masked > 0 || read_only > 0) return false;
  STOCKADE_ASSIGN(const std::size_t mounts, SizeAt(edit.Root(), "/mounts"));
  for (std::size_t i = 0; i < mounts; ++i) {
    const std::string pointer = fmt::format("/mounts/{}", i);
    STOCKADE_ASSIGN(const auto type, TextAt(edit.Root(), pointer + "/type"));
    STOCKADE_ASSIGN(const auto options, TextsAt(edit.Root(), pointer + "/options"));
    if (type == "sysfs" && !IsReadOnly(options)) return true;
  }
  return false;
}

}  // namespace

base::Status ApplyPrivileged(const LayerInput& in, SpecEditor& edit) {
  if (in.policy.privileged.mode == config::Mode::kOff) return {};
  STOCKADE_ASSIGN(const bool sys_admin, HasSysAdmin(edit));
  STOCKADE_ASSIGN(const bool devices, OpensEveryDevice(edit));
  STOCKADE_ASSIGN(const bool kernel_paths, OpensKernelPaths(edit));
  if (!sys_admin || (!devices && !kernel_paths)) return {};
  if (in.policy.privileged.mode == config::Mode::kRefuse) {
    return Refuse(
        in, "/privileged",
        "set securityContext.privileged: false, and ask for what the container really needs",
        "the container is privileged (CAP_SYS_ADMIN and {})",
        devices ? "every device" : "an open /proc and /sys");
  }
  edit.Note("the container asked to be privileged; it runs confined by the other layers");
  return {};
}

}  // namespace stockade::sandbox
