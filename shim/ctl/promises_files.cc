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
  std::string type;
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
    const Json* type = base::Find(mount, "/type");
    declared.push_back({resolved == view.process.resolved.end() ? path : resolved->second,
                        type != nullptr && type->is_string() ? type->get<std::string>() : "",
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

// True for the mount by which one of the class's paths runs programs.
bool IsExecutablePath(const ContainerView& view, std::string_view point) {
  return std::ranges::any_of(view.policy.rootfs.executable, [&](const std::string& path) {
    const auto resolved = view.process.resolved.find(path);
    return resolved != view.process.resolved.end() && resolved->second == point;
  });
}

Finding Rootfs(const ContainerView& view) {
  const sandbox::MountEntry* root = sandbox::MountOf(view.process.mounts, "/");
  const std::vector<Declared> declared = DeclaredMounts(view);
  std::vector<std::string> faults;
  if (root == nullptr || !root->ReadOnly()) faults.emplace_back("/ is writable");
  const std::size_t listed = view.policy.rootfs.executable.size();
  if (listed != 0 && root != nullptr && !root->Has("noexec")) {
    faults.emplace_back("/ runs programs beyond the class's list");
  }
  std::size_t writable = 0;
  for (const sandbox::MountEntry& mount : view.process.mounts) {
    if (mount.ReadOnly() || mount.point == "/" || Contains(kDelegateDevices, mount.point)) continue;
    ++writable;
    if (DeclaredAt(declared, mount.point) == nullptr) {
      faults.push_back(fmt::format("{} ({}) is writable and undeclared", mount.point, mount.type));
    }
  }
  if (!faults.empty()) return {"rootfs", false, Some(faults)};
  std::string text = fmt::format("/ is read-only; {} declared mounts can be written", writable);
  if (listed != 0) text += fmt::format("; {} listed paths run programs", listed);
  return {"rootfs", true, std::move(text)};
}

// The directory of cgroup version 1 hierarchies: a tmpfs that runc and crun leave writable whatever
// the document says (runc up to 1.1, crun up to 1.8).
bool IsCgroupDirectory(const Declared& declared, const sandbox::MountEntry& mount) {
  return declared.type == "cgroup" && mount.type == "tmpfs" && mount.point == declared.point;
}

// What `mount`, which stands at or below `declared`, lacks of the flags that take something away.
void AddFlagFaults(const Declared& declared, const sandbox::MountEntry& mount,
                   std::vector<std::string>& faults) {
  const bool own = mount.point == declared.point;
  const bool below = Contains(declared.options, "rro") ||
                     (Contains(declared.options, "ro") && declared.type == "cgroup");
  const bool wanted = below || (own && Contains(declared.options, "ro"));
  if (wanted && !mount.ReadOnly() && !IsCgroupDirectory(declared, mount)) {
    faults.push_back(mount.point + " is not ro");
  }
  for (const std::string_view flag : {"nosuid", "nodev", "noexec"}) {
    const bool promised = (own && Contains(declared.options, flag)) ||
                          Contains(declared.options, fmt::format("r{}", flag));
    if (promised && !mount.Has(flag)) {
      faults.push_back(fmt::format("{} is not {}", mount.point, flag));
    }
  }
}

// True for mounts that the delegate makes by itself.
bool OfDelegate(const ContainerView& view, const std::string& point) {
  return point == "/" || Contains(kDelegateDevices, point) ||
         Contains(Strings(base::Find(view.document, "/linux/maskedPaths")), point) ||
         Contains(Strings(base::Find(view.document, "/linux/readonlyPaths")), point);
}

// Every mount stands in the document, below one that does, or is the delegate's own doing; and
// every mount of the document is there with the flags that take something away.
Finding HostMounts(const ContainerView& view) {
  const std::vector<sandbox::MountEntry>& mounts = view.process.mounts;
  const std::vector<Declared> declared = DeclaredMounts(view);
  std::vector<std::string> faults;
  for (const sandbox::MountEntry& mount : mounts) {
    // A later mount at the same place hides this one.
    if (OfDelegate(view, mount.point) || sandbox::MountOf(mounts, mount.point) != &mount) continue;
    if (IsExecutablePath(view, mount.point) && mount.ReadOnly()) continue;
    if (const Declared* by = DeclaredAt(declared, mount.point)) {
      AddFlagFaults(*by, mount, faults);
    } else {
      faults.push_back(fmt::format("{} ({}) is not in the document", mount.point, mount.type));
    }
  }
  for (const Declared& each : declared) {
    const sandbox::MountEntry* mount = sandbox::MountOf(mounts, each.point);
    if (mount == nullptr || mount->point != each.point) {
      faults.push_back(fmt::format("nothing is mounted at {}", each.point));
    }
  }
  if (!faults.empty()) return {"host mounts", false, Some(faults)};
  return {"host mounts", true, fmt::format("{} mounts, all as declared", mounts.size())};
}

// Hidden by a mount of its own: the null device over a file, or an empty read-only directory.
bool Masked(const ProcessFacts& process, const std::string& path, Content content) {
  const sandbox::MountEntry* mount = sandbox::MountOf(process.mounts, path);
  if (mount == nullptr || mount->point != path) return false;
  if (content == Content::kNullDevice) return true;
  return content == Content::kEmptyDirectory && mount->ReadOnly();
}

Finding KernelPaths(const ContainerView& view) {
  const ProcessFacts& process = view.process;
  std::vector<std::string> faults;
  // A path that the kernel does not have needs no cover.
  for (const std::string& path : view.policy.kernel_paths.masked) {
    const auto found = process.present.find(path);
    if (found != process.present.end() && !Masked(process, path, found->second)) {
      faults.push_back(path + " is not masked");
    }
  }
  for (const std::string& path : view.policy.kernel_paths.read_only) {
    const sandbox::MountEntry* mount = sandbox::MountOf(process.mounts, path);
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
