// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "config/glob.h"
#include "shim/ctl/promises.h"

namespace stockade::ctl {
namespace {

using base::Json;
using config::IsWithin;
using config::Mode;

// What every delegate makes in /dev by itself (runtime-spec config-linux.md#default-devices), and
// the terminal's mounts.
constexpr std::array<std::string_view, 8> kDelegateDevices = {
    "/dev/null", "/dev/zero", "/dev/full",    "/dev/random",
    "/dev/tty",  "/dev/ptmx", "/dev/console", "/dev/urandom"};

bool Contains(const auto& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// "a, b and 3 more": what a list of faults says in one line.
std::string Some(const std::vector<std::string>& items) {
  constexpr std::size_t kShown = 4;
  const auto shown = items.begin() + static_cast<std::ptrdiff_t>(std::min(items.size(), kShown));
  std::string text = fmt::format("{}", fmt::join(items.begin(), shown, ", "));
  if (items.size() > kShown) text += fmt::format(" and {} more", items.size() - kShown);
  return text;
}

std::vector<std::string> Strings(const Json* list) {
  std::vector<std::string> strings;
  if (list == nullptr || !list->is_array()) return strings;
  for (const Json& item : *list) {
    if (item.is_string()) strings.push_back(item.get<std::string>());
  }
  return strings;
}

// An entry of the document's /mounts, at the place that its destination leads to.
struct Declared {
  std::string point;
  std::vector<std::string> options;
};

std::vector<Declared> DeclaredMounts(const ContainerView& view) {
  std::vector<Declared> declared;
  const Json* mounts = base::Find(view.document, "/mounts");
  if (mounts == nullptr || !mounts->is_array()) return declared;
  for (const Json& mount : *mounts) {
    const Json* destination = base::Find(mount, "/destination");
    if (destination == nullptr || !destination->is_string()) continue;
    const auto& path = destination->get_ref<const std::string&>();
    const auto resolved = view.process.resolved.find(path);
    declared.push_back({resolved == view.process.resolved.end() ? path : resolved->second,
                        Strings(base::Find(mount, "/options"))});
  }
  return declared;
}

// The entry that explains a mount at `point`: the last one at it or the nearest above it.
const Declared* DeclaredAt(const std::vector<Declared>& declared, std::string_view point) {
  const Declared* best = nullptr;
  for (const Declared& each : declared) {
    if (!IsWithin(point, each.point)) continue;
    if (best == nullptr || each.point.size() >= best->point.size()) best = &each;
  }
  return best;
}

Finding Rootfs(const ContainerView& view) {
  const MountEntry* root = MountOf(view.process.mounts, "/");
  const std::vector<Declared> declared = DeclaredMounts(view);
  std::vector<std::string> faults;
  if (root == nullptr || !root->ReadOnly()) faults.emplace_back("/ is writable");
  std::size_t writable = 0;
  for (const MountEntry& mount : view.process.mounts) {
    if (mount.ReadOnly() || mount.point == "/" || Contains(kDelegateDevices, mount.point)) continue;
    ++writable;
    if (DeclaredAt(declared, mount.point) == nullptr) {
      faults.push_back(fmt::format("{} ({}) is writable and undeclared", mount.point, mount.type));
    }
  }
  if (!faults.empty()) return {"rootfs", false, Some(faults)};
  return {"rootfs", true,
          fmt::format("/ is read-only; {} declared mounts can be written", writable)};
}

// Every mount stands in the document, below one that does, or is the delegate's own doing; and
// every mount of the document is there with the flags that take something away.
Finding HostMounts(const ContainerView& view) {
  const std::vector<MountEntry>& mounts = view.process.mounts;
  const std::vector<Declared> declared = DeclaredMounts(view);
  const std::vector<std::string> masked = Strings(base::Find(view.document, "/linux/maskedPaths"));
  const std::vector<std::string> fixed = Strings(base::Find(view.document, "/linux/readonlyPaths"));
  std::vector<std::string> faults;
  for (const MountEntry& mount : mounts) {
    const bool known = mount.point == "/" || Contains(masked, mount.point) ||
                       Contains(fixed, mount.point) || Contains(kDelegateDevices, mount.point) ||
                       DeclaredAt(declared, mount.point) != nullptr;
    if (!known)
      faults.push_back(fmt::format("{} ({}) is not in the document", mount.point, mount.type));
  }
  for (const Declared& each : declared) {
    const MountEntry* mount = MountOf(mounts, each.point);
    if (DeclaredAt(declared, each.point) != &each) continue;  // a later one lies on it
    if (mount == nullptr || mount->point != each.point) {
      faults.push_back(fmt::format("nothing is mounted at {}", each.point));
      continue;
    }
    for (const std::string_view flag : {"ro", "nosuid", "nodev", "noexec"}) {
      const bool kept = mount->Has(flag) || (flag == "ro" && mount->ReadOnly());
      if (Contains(each.options, flag) && !kept) {
        faults.push_back(fmt::format("{} is not {}", each.point, flag));
      }
    }
  }
  if (!faults.empty()) return {"host mounts", false, Some(faults)};
  return {"host mounts", true, fmt::format("{} mounts, all as declared", mounts.size())};
}

Finding KernelPaths(const ContainerView& view) {
  const ProcessFacts& process = view.process;
  std::vector<std::string> faults;
  // A path that the kernel does not have needs no cover.
  for (const std::string& path : view.policy.kernel_paths.masked) {
    if (!process.present.contains(path)) continue;
    const MountEntry* mount = MountOf(process.mounts, path);
    const bool covered =
        mount != nullptr && mount->point == path &&
        (mount->root == "/null" || mount->type == "tmpfs" || mount->type == "devtmpfs");
    if (!covered) faults.push_back(path + " is not masked");
  }
  for (const std::string& path : view.policy.kernel_paths.read_only) {
    const MountEntry* mount = MountOf(process.mounts, path);
    if (process.present.contains(path) && (mount == nullptr || !mount->ReadOnly())) {
      faults.push_back(path + " is writable");
    }
  }
  if (!faults.empty()) return {"kernel paths", false, Some(faults)};
  return {"kernel paths", true,
          fmt::format("{} masked, {} read-only", view.policy.kernel_paths.masked.size(),
                      view.policy.kernel_paths.read_only.size())};
}

Finding Devices(const ContainerView& view) {
  std::vector<std::string> faults;
  for (const std::string& path : view.process.devices) {
    if (!Contains(view.policy.devices.allowed, path) && !Contains(kDelegateDevices, path)) {
      faults.push_back(path + " is not in the class's list");
    }
  }
  if (!faults.empty()) return {"devices", false, Some(faults)};
  return {"devices", true, fmt::format("{} device files, all listed", view.process.devices.size())};
}

}  // namespace

std::vector<Finding> CheckFilePromises(const ContainerView& view) {
  std::vector<Finding> findings;
  if (view.policy.host_mounts.mode != Mode::kOff) findings.push_back(HostMounts(view));
  if (view.policy.rootfs.mode != Mode::kOff) findings.push_back(Rootfs(view));
  if (view.policy.kernel_paths.mode != Mode::kOff) findings.push_back(KernelPaths(view));
  if (view.policy.devices.mode != Mode::kOff) findings.push_back(Devices(view));
  return findings;
}

}  // namespace stockade::ctl
