// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/promises.h"

#include <algorithm>
#include <limits>

#include "config/names.h"

namespace stockade::ctl {
namespace {

using base::Json;
using config::Mode;

std::uint64_t BitsOf(const config::CapabilityNames& names) {
  const auto& table = config::CapabilityTable();
  std::uint64_t bits = 0;
  for (const std::string& name : names) {
    const auto found = std::find(table.begin(), table.end(), name);
    if (found != table.end()) bits |= std::uint64_t{1} << (found - table.begin());
  }
  return bits;
}

Finding Capabilities(const ContainerView& view) {
  const std::uint64_t ceiling = BitsOf(view.policy.capabilities.ceiling);
  std::string beyond;
  for (std::size_t set = 0; set < kCapabilitySets; ++set) {
    const bool empty = set == kInheritable || set == kAmbient;
    const std::uint64_t extra = view.process.capabilities[set] & ~(empty ? 0 : ceiling);
    if (extra == 0) continue;
    beyond += fmt::format("{}{}: {}", beyond.empty() ? "" : "; ", kCapabilitySetNames[set],
                          CapabilityText(extra));
  }
  if (!beyond.empty()) return {"capabilities", false, "beyond the class: " + beyond};
  return {"capabilities", true,
          fmt::format("bounding set: {}", CapabilityText(view.process.capabilities[kBounding]))};
}

Finding NoNewPrivileges(const ContainerView& view) {
  return {"no new privileges", view.process.no_new_privs == 1,
          fmt::format("NoNewPrivs {}", view.process.no_new_privs)};
}

Finding SeccompFloor(const ContainerView& view) {
  const ProcessFacts& process = view.process;
  // Kernels before 5.9 do not count filters.
  const bool kept = process.seccomp == 2 && process.seccomp_filters != 0;
  if (!kept) return {"seccomp", false, fmt::format("no filter: Seccomp {}", process.seccomp)};
  if (view.policy.seccomp.complain) {
    return {"seccomp", false, "COMPLAIN MODE: what the class refuses is logged and goes through"};
  }
  return {"seccomp", true,
          process.seccomp_filters < 0 ? "filtered"
                                      : fmt::format("{} filters", process.seccomp_filters)};
}

Finding Namespaces(const ContainerView& view) {
  const config::NamespacesRule& rule = view.policy.namespaces;
  const std::array<std::pair<std::string_view, Mode>, 6> promised{{{"net", rule.network},
                                                                   {"pid", rule.pid},
                                                                   {"ipc", rule.ipc},
                                                                   {"uts", rule.uts},
                                                                   {"cgroup", rule.cgroup},
                                                                   {"mnt", rule.mount}}};
  std::string shared;
  std::string own;
  for (const auto& [name, mode] : promised) {
    if (mode == Mode::kOff) continue;
    const auto ours = view.process.namespaces.find(name);
    const auto hosts = view.host_namespaces.find(name);
    // What cannot be read counts as the host's.
    const bool known = ours != view.process.namespaces.end() && hosts != view.host_namespaces.end();
    std::string& list = known && ours->second != hosts->second ? own : shared;
    list += (list.empty() ? "" : ", ") + std::string(name);
  }
  if (!shared.empty()) return {"namespaces", false, "the host's: " + shared};
  return {"namespaces", true, "its own: " + own};
}

bool AnyNamespace(const config::NamespacesRule& rule) {
  return rule.network != Mode::kOff || rule.pid != Mode::kOff || rule.ipc != Mode::kOff ||
         rule.uts != Mode::kOff || rule.cgroup != Mode::kOff || rule.mount != Mode::kOff;
}

// Root inside must be nobody that the host knows.
Finding UserNamespace(const ContainerView& view) {
  const auto ours = view.process.namespaces.find("user");
  const auto hosts = view.host_namespaces.find("user");
  const bool known = ours != view.process.namespaces.end() && hosts != view.host_namespaces.end();
  if (!known || ours->second == hosts->second) {
    return {"user namespace", false, "the host's: root inside is root on the host"};
  }
  constexpr std::uint32_t kFirstPrivateId = 65536;
  std::string text;
  bool kept = !view.process.uid_map.empty();
  for (const IdMapping& mapping : view.process.uid_map) {
    kept = kept && mapping.outside >= kFirstPrivateId;
    text += fmt::format("{}{} ids from {} are {} and up on the host", text.empty() ? "" : ", ",
                        mapping.count, mapping.inside, mapping.outside);
  }
  return {"user namespace", kept, text.empty() ? "no id is mapped" : text};
}

Finding User(const ContainerView& view) {
  for (const std::uint32_t uid : view.process.uids) {
    const auto inside = InsideId(view.process.uid_map, uid);
    if (!inside || *inside == 0)
      return {"user", false, fmt::format("runs as root (uid {} here)", uid)};
  }
  return {"user", true,
          fmt::format("uid {}", *InsideId(view.process.uid_map, view.process.uids[0]))};
}

Finding Rlimits(const ContainerView& view) {
  std::string beyond;
  for (const auto& [name, most] : view.policy.rlimits.max) {
    if (most == std::numeric_limits<std::uint64_t>::max()) continue;
    const auto found = view.process.limits.find(name);
    const bool within = found != view.process.limits.end() && found->second.soft &&
                        found->second.hard && *found->second.soft <= most &&
                        *found->second.hard <= most;
    if (!within) beyond += fmt::format("{}{} above {}", beyond.empty() ? "" : ", ", name, most);
  }
  if (!beyond.empty()) return {"rlimits", false, beyond};
  return {"rlimits", true, fmt::format("{} within their bounds", view.policy.rlimits.max.size())};
}

std::string TextAt(const Json& document, std::string_view pointer) {
  const Json* value = base::Find(document, pointer);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

// "" if the label is what the class and the document ask for.
std::string LabelFault(const ContainerView& view) {
  const std::string& label = view.process.label;
  if (view.lsm.apparmor && view.policy.lsm.apparmor_mode != Mode::kOff) {
    const std::string profile = TextAt(view.document, "/process/apparmorProfile");
    if (label.empty() || label == "unconfined") return "AppArmor: unconfined";
    if (!label.ends_with(" (enforce)")) return "AppArmor does not enforce: " + label;
    if (label != profile + " (enforce)") return fmt::format("AppArmor: {}, not {}", label, profile);
  }
  if (view.lsm.selinux && view.policy.lsm.selinux_mode != Mode::kOff) {
    const std::string wanted = TextAt(view.document, "/process/selinuxLabel");
    if (!wanted.empty() && label != wanted)
      return fmt::format("SELinux: {}, not {}", label, wanted);
  }
  return "";
}

Finding Lsm(const ContainerView& view) {
  if (const std::string fault = LabelFault(view); !fault.empty()) return {"lsm", false, fault};
  if (!view.lsm.apparmor && !view.lsm.selinux) {
    return {"lsm", true, "the running kernel has neither AppArmor nor SELinux"};
  }
  return {"lsm", true, view.process.label};
}

}  // namespace

std::vector<Finding> CheckPromises(const ContainerView& view) {
  const config::ClassPolicy& policy = view.policy;
  std::vector<Finding> findings;
  if (AnyNamespace(policy.namespaces)) findings.push_back(Namespaces(view));
  if (policy.user_namespace.force) findings.push_back(UserNamespace(view));
  if (policy.capabilities.mode != Mode::kOff) findings.push_back(Capabilities(view));
  if (policy.no_new_privileges.mode != Mode::kOff) findings.push_back(NoNewPrivileges(view));
  if (policy.user.run_as_non_root != Mode::kOff) findings.push_back(User(view));
  if (policy.rlimits.mode != Mode::kOff) findings.push_back(Rlimits(view));
  if (policy.seccomp.mode != Mode::kOff) findings.push_back(SeccompFloor(view));
  for (Finding& finding : CheckFilePromises(view)) findings.push_back(std::move(finding));
  const bool lsm = policy.lsm.apparmor_mode != Mode::kOff || policy.lsm.selinux_mode != Mode::kOff;
  if (lsm) findings.push_back(Lsm(view));
  return findings;
}

}  // namespace stockade::ctl
