// SPDX-License-Identifier: Apache-2.0
// The paths of /proc and /sys that are hidden or read-only, whatever the engine says, and nothing
// mounted at, in or over them that would show another file instead.
#include <algorithm>

#include "config/glob.h"
#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/mount_list.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using base::Status;
using config::Mode;

// The file systems that the paths are in.
bool IsKernelMount(const Mount& mount) {
  return (mount.destination == "/proc" && mount.type == "proc") ||
         (mount.destination == "/sys" && mount.type == "sysfs") ||
         (mount.destination == "/dev" && mount.type == "tmpfs");
}

Status Union(SpecEditor& edit, const char* pointer, const std::vector<std::string>& forced,
             const char* why, const char* setting) {
  STOCKADE_ASSIGN(auto paths, TextsAt(edit.Root(), pointer));
  for (const std::string& path : forced) {
    if (std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  }
  edit.Set(pointer, Json(paths), why, setting);
  return {};
}

Status KeepClear(const LayerInput& in, SpecEditor& edit, const std::vector<std::string>& paths) {
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    if (IsKernelMount(*mount)) continue;
    const auto hit = std::ranges::find_if(paths, [&](const std::string& path) {
      return config::IsWithin(mount->destination, path) ||
             config::IsWithin(path, mount->destination);
    });
    if (hit == paths.end()) continue;
    if (in.policy.kernel_paths.mode == Mode::kRefuse) {
      return Refuse(in, "/kernelPaths", "remove the mount from the pod",
                    "the mount at {} covers {}", mount->destination, *hit);
    }
    edit.Remove(mount->pointer, fmt::format("it covers {}", *hit), "/kernelPaths");
  }
  return {};
}

}  // namespace

Status ApplyKernelPaths(const LayerInput& in, SpecEditor& edit) {
  const config::KernelPathsRule& rule = in.policy.kernel_paths;
  if (rule.mode == Mode::kOff) return {};
  STOCKADE_TRY(Union(edit, "/linux/maskedPaths", rule.masked, "dangerous kernel paths are hidden",
                     "/kernelPaths/masked"));
  STOCKADE_TRY(Union(edit, "/linux/readonlyPaths", rule.read_only, "kernel settings are read-only",
                     "/kernelPaths/readOnly"));
  STOCKADE_TRY(KeepClear(in, edit, rule.masked));
  return KeepClear(in, edit, rule.read_only);
}

}  // namespace stockade::sandbox
