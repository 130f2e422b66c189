// SPDX-License-Identifier: Apache-2.0
// The sections of a class that say what its processes may be.
#include <limits>

#include "config/class_sections.h"
#include "config/names.h"

namespace stockade::config {
namespace {

using base::Status;

Status ReadCapabilityNames(const Node& node, CapabilityNames& out) {
  return ReadChoices(node, CapabilityTable(), out);
}

Status ReadArchitectures(const Node& node, std::vector<std::string>& out) {
  return ReadChoices(node, CompatArchitectureTable(), out);
}

Status ReadSeccompProfile(const Node& node, std::string& out) {
  return ReadChoice(node, SeccompProfileTable(), out);
}

Status ReadInstaller(const Node& node, FilterInstaller& out) {
  static const std::vector<std::string_view> kNames{"delegate", "init", "auto"};
  std::string name;
  STOCKADE_TRY(ReadChoice(node, kNames, name));
  out = name == "init"   ? FilterInstaller::kInit
        : name == "auto" ? FilterInstaller::kAuto
                         : FilterInstaller::kDelegate;
  return {};
}

Status ReadRlimits(const Node& node, std::map<std::string, std::uint64_t>& out) {
  std::vector<Field> fields;
  for (const std::string_view name : RlimitTable()) {
    const auto read = [&out, name](const Node& value) {
      return ReadNumber(value, 0, std::numeric_limits<std::uint64_t>::max(),
                        out[std::string(name)]);
    };
    fields.push_back({name, read, Presence::kOptional});
  }
  // Names of limits are data, not keys of the schema.
  const DocumentContext quiet{node.context().origins};
  return ReadObject(Node(node.value(), node.pointer(), quiet), fields);
}

}  // namespace

Status ReadNoNewPrivileges(const Node& node, NoNewPrivilegesRule& rule) {
  return ReadSection(node, rule.mode, {});
}

Status ReadCapabilities(const Node& node, CapabilitiesRule& rule) {
  return ReadSection(node, rule.mode,
                     {Into("ceiling", ReadCapabilityNames, rule.ceiling),
                      Into("requestMustFit", ReadBool, rule.request_must_fit)});
}

Status ReadSeccomp(const Node& node, SeccompRule& rule) {
  return ReadSection(node, rule.mode,
                     {Into("profile", ReadSeccompProfile, rule.profile),
                      Into("compatArchitectures", ReadArchitectures, rule.compat_architectures),
                      Into("installedBy", ReadInstaller, rule.installed_by),
                      Into("complain", ReadBool, rule.complain)});
}

Status ReadRlimitsSection(const Node& node, RlimitsRule& rule) {
  return ReadSection(node, rule.mode, {Into("max", ReadRlimits, rule.max)});
}

Status ReadUser(const Node& node, UserRule& rule) {
  const auto read = [&](const Node& n) {
    return ReadModeOf(n, {Mode::kOff, Mode::kRefuse}, rule.run_as_non_root);
  };
  return ReadObject(node, {{"runAsNonRoot", read}});
}

Status ReadUserNamespace(const Node& node, UserNamespaceRule& rule) {
  // A class that forces none need not say what becomes of a container for which it is not possible.
  const base::Json* mode = base::Find(node.value(), "/mode");
  const bool kept = mode != nullptr && *mode == "keep";
  const auto presence = kept ? Presence::kOptional : Presence::kAlways;
  const auto either = [](std::string_view no, std::string_view yes, bool& out) {
    return [no, yes, &out](const Node& n) { return ReadEither(n, no, yes, out); };
  };
  return ReadObject(
      node, {{"mode", either("keep", "force", rule.force), Presence::kAlways},
             {"rootfs", either("refuse", "chown", rule.chown_rootfs), presence},
             {"hostNamespaces", either("refuse", "share", rule.share_host_namespaces), presence},
             {"devices", either("refuse", "keep", rule.keep_devices), presence}});
}

Status ReadLsm(const Node& node, LsmRule& rule) {
  const auto apparmor = [&](const Node& n) {
    return ReadSection(n, rule.apparmor_mode, {Into("profile", ReadText, rule.apparmor)});
  };
  const auto selinux = [&](const Node& n) -> Status {
    STOCKADE_TRY(ReadSection(n, rule.selinux_mode, {Into("label", ReadText, rule.selinux)}));
    if (rule.selinux_mode == Mode::kConfine && rule.selinux.empty()) {
      return n.Refuse("to confine needs a \"label\" to set");
    }
    return {};
  };
  return ReadObject(node, {{"apparmor", apparmor}, {"selinux", selinux}});
}

}  // namespace stockade::config
