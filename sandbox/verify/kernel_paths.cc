// SPDX-License-Identifier: Apache-2.0
#include "sandbox/verify/mounts.h"
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {
namespace {

using config::Mode;

// What the protected paths lie in by nature.
bool IsTheirFileSystem(const Mount& mount) {
  if (mount.IsBind()) return false;
  if (mount.destination == "/proc") return mount.type == "proc";
  if (mount.destination == "/sys") return mount.type == "sysfs";
  return mount.destination == "/dev" && mount.type == "tmpfs";
}

}  // namespace

void CheckKernelPaths(const Final& final, Broken& broken) {
  const config::KernelPathsRule& rule = final.policy.kernel_paths;
  if (rule.mode == Mode::kOff) return;
  const auto masked = TextsAt(final.root, "/linux/maskedPaths");
  const auto read_only = TextsAt(final.root, "/linux/readonlyPaths");
  for (const std::string& path : rule.masked) {
    if (!Contains(masked, path)) broken.Add("{} is not masked", path);
  }
  for (const std::string& path : rule.read_only) {
    if (!Contains(read_only, path)) broken.Add("{} is not read-only", path);
  }
  for (const Mount& mount : MountsOf(final, broken)) {
    if (IsTheirFileSystem(mount)) continue;
    for (const auto* list : {&rule.masked, &rule.read_only}) {
      for (const std::string& path : *list) {
        if (IsWithin(mount.destination, path) || IsWithin(path, mount.destination)) {
          broken.Add("{} lies over {}, which is protected", mount.Text(), path);
        }
      }
    }
  }
}

}  // namespace stockade::sandbox::verify
