// SPDX-License-Identifier: Apache-2.0
#include "config/annotation_checks.h"

#include <algorithm>

#include "config/class_values.h"
#include "config/glob.h"
#include "config/names.h"

namespace stockade::config {
namespace {

using base::Status;

constexpr std::uint64_t kMinTmpfs = 4096;

template <class List, class Value>
bool Contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::string Joined(const std::vector<std::string>& list) {
  return list.empty() ? "none" : fmt::format("{}", fmt::join(list, ","));
}

// "net_raw" and "CAP_NET_RAW" as "CAP_NET_RAW".
std::string CapabilityName(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return name.starts_with("CAP_") ? name : "CAP_" + name;
}

// Appends those of the annotation's paths that `list` does not have.
Status AddPaths(Tuning& tuning, const std::vector<std::string>& list, std::string_view pointer) {
  STOCKADE_ASSIGN(const std::vector<std::string> paths, tuning.Paths());
  for (const std::string& path : paths) {
    if (!Contains(list, path)) tuning.Set(fmt::format("{}/-", pointer), path);
  }
  return {};
}

// A path as the end of an annotation's key, which Kubernetes lets hold no slash: "/var/cache" is
// "var.cache".
std::string KeyForm(std::string path) {
  path.erase(0, 1);
  std::replace(path.begin(), path.end(), '/', '.');
  return path;
}

}  // namespace

Status TuneCapabilities(Tuning& tuning) {
  const CapabilitiesRule& rule = tuning.policy().capabilities;
  STOCKADE_TRY(tuning.LayerOn(rule.mode, "capabilities"));
  base::Json ceiling = base::Json::array();
  if (tuning.value() != "none") {
    STOCKADE_ASSIGN(const std::vector<std::string> names, tuning.List());
    for (const std::string& name : names) {
      const std::string full = CapabilityName(name);
      if (!Contains(rule.ceiling, full)) {
        return tuning.Refuse(fmt::format("{} is not within what the class allows", full),
                             fmt::format("write \"none\", or some of {}", Joined(rule.ceiling)));
      }
      if (!Contains(ceiling, full)) ceiling.push_back(full);
    }
  }
  tuning.Set("/capabilities/ceiling", std::move(ceiling));
  return {};
}

Status TuneSeccompProfile(Tuning& tuning) {
  const SeccompRule& rule = tuning.policy().seccomp;
  STOCKADE_TRY(tuning.LayerOn(rule.mode, "seccomp"));
  const auto& table = SeccompProfileTable();
  const auto now = std::find(table.begin(), table.end(), rule.profile);
  if (std::find(now, table.end(), tuning.value()) == table.end()) {
    return tuning.Refuse(
        fmt::format("is not as strict as the class's profile \"{}\"", rule.profile),
        fmt::format("write one of {}", fmt::join(now, table.end(), ", ")));
  }
  tuning.Set("/seccomp/profile", tuning.value());
  return {};
}

Status TuneSeccompComplain(Tuning& tuning) {
  STOCKADE_TRY(tuning.LayerOn(tuning.policy().seccomp.mode, "seccomp"));
  STOCKADE_TRY(tuning.OnlyValue("true"));
  tuning.Set("/seccomp/complain", true);
  return {};
}

Status TuneRunAsNonRoot(Tuning& tuning) {
  STOCKADE_TRY(tuning.OnlyValue("true"));
  tuning.Set("/user/runAsNonRoot", ModeName(Mode::kRefuse));
  return {};
}

Status TuneReadOnlyRoot(Tuning& tuning) {
  STOCKADE_TRY(tuning.OnlyValue("true"));
  if (tuning.policy().rootfs.mode == Mode::kOff) {
    tuning.Set("/rootfs/mode", ModeName(Mode::kConfine));
  }
  return {};
}

Status TuneWritablePaths(Tuning& tuning) {
  const RootfsRule& rule = tuning.policy().rootfs;
  STOCKADE_TRY(tuning.LayerOn(rule.mode, "rootfs"));
  STOCKADE_ASSIGN(const std::vector<std::string> paths, tuning.Paths());
  for (const std::string& path : paths) {
    const bool opened =
        std::any_of(rule.pod_may_add.begin(), rule.pod_may_add.end(),
                    [&](const std::string& pattern) { return PathMatches(pattern, path); });
    if (!opened) {
      return tuning.Refuse(fmt::format("{} is not within what the class opens", path),
                           fmt::format("the class opens {}; an administrator can add to its "
                                       "/rootfs/podMayAdd",
                                       Joined(rule.pod_may_add)));
    }
    if (std::any_of(rule.writable.begin(), rule.writable.end(),
                    [&](const WritablePath& other) { return other.path == path; })) {
      continue;
    }
    tuning.Set("/rootfs/writable/-", {{"path", path},
                                      {"kind", "tmpfs"},
                                      {"size", "64Mi"},
                                      {"mode", "1777"},
                                      {"inodes", 16384U},
                                      {"exec", false},
                                      {"keepContent", true}});
  }
  return {};
}

Status TuneTmpfsSize(Tuning& tuning) {
  const RootfsRule& rule = tuning.policy().rootfs;
  STOCKADE_TRY(tuning.LayerOn(rule.mode, "rootfs"));
  std::vector<std::string> known;
  bool found = false;  // "/a/b" and "/a.b" share a key: both shrink
  for (std::size_t i = 0; i < rule.writable.size(); ++i) {
    const WritablePath& path = rule.writable[i];
    if (path.kind != WritablePath::Kind::kTmpfs) continue;
    known.push_back(KeyForm(path.path));
    if (known.back() != tuning.suffix()) continue;
    const std::optional<std::uint64_t> size = ParseSize(tuning.value());
    if (!size || *size < kMinTmpfs || *size > path.size_bytes) {
      return tuning.Refuse(
          fmt::format("is not a size from {} to {} bytes", kMinTmpfs, path.size_bytes),
          "write a number of bytes, or \"8Mi\", \"512Ki\"");
    }
    tuning.Set(fmt::format("/rootfs/writable/{}/size", i), *size);
    found = true;
  }
  if (found) return {};
  return tuning.Refuse(fmt::format("the class has no tmpfs at \"{}\"", tuning.suffix()),
                       fmt::format("its tmpfs paths, as keys spell them, are {}", Joined(known)));
}

Status TuneMaskedPaths(Tuning& tuning) {
  const KernelPathsRule& rule = tuning.policy().kernel_paths;
  STOCKADE_TRY(tuning.LayerOn(rule.mode, "kernelPaths"));
  if (tuning.value() == "/") {
    return tuning.Refuse("the root itself cannot be masked", "name paths below it");
  }
  return AddPaths(tuning, rule.masked, "/kernelPaths/masked");
}

Status TuneDeniedHostMounts(Tuning& tuning) {
  const HostMountsRule& rule = tuning.policy().host_mounts;
  STOCKADE_TRY(tuning.LayerOn(rule.mode, "hostMounts"));
  return AddPaths(tuning, rule.guarded, "/hostMounts/guarded");
}

Status TuneSysctls(Tuning& tuning) {
  STOCKADE_TRY(tuning.LayerOn(tuning.policy().sysctls.mode, "sysctls"));
  STOCKADE_TRY(tuning.OnlyValue("none"));
  tuning.Set("/sysctls/allowed", base::Json::array());
  // Engines set some by themselves; to take them away is as strict as to refuse, and the pod can
  // start.
  tuning.Set("/sysctls/mode", ModeName(Mode::kConfine));
  return {};
}

}  // namespace stockade::config
