// SPDX-License-Identifier: Apache-2.0
// The sections of a class that say what of the host a container may reach.
#include <algorithm>

#include "config/class_sections.h"
#include "config/glob.h"

namespace stockade::config {
namespace {

using base::Status;

Status ReadDevices(const Node& node, std::vector<std::string>& out) {
  STOCKADE_TRY(ReadPaths(node, out));
  for (const std::string& path : out) {
    if (!IsWithin(path, "/dev") || path == "/dev") {
      return node.Refuse(fmt::format("{} does not lie in /dev", path));
    }
  }
  return {};
}

Status ReadSysctls(const Node& node, std::vector<std::string>& out) {
  STOCKADE_TRY(ReadTexts(node, out));
  for (const std::string& name : out) {
    std::string_view stem = name;
    if (stem.ends_with(".*")) stem.remove_suffix(2);
    const bool good = !stem.empty() && std::all_of(stem.begin(), stem.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-' || c == '.' || c == '/';
    });
    if (!good) {
      return node.Refuse(
          fmt::format("\"{}\" is neither a sysctl's name nor a prefix ending in \".*\"", name));
    }
  }
  return {};
}

}  // namespace

Status ReadPrivileged(const Node& node, PrivilegedRule& rule) {
  return ReadSection(node, rule.mode, {});
}

Status ReadNamespaces(const Node& node, NamespacesRule& rule) {
  return ReadObject(node,
                    {Into("network", ReadMode, rule.network), Into("pid", ReadMode, rule.pid),
                     Into("ipc", ReadMode, rule.ipc), Into("uts", ReadMode, rule.uts),
                     Into("cgroup", ReadMode, rule.cgroup), Into("mount", ReadMode, rule.mount)});
}

Status ReadHostMounts(const Node& node, HostMountsRule& rule) {
  return ReadSection(
      node, rule.mode,
      {Into("guarded", ReadPaths, rule.guarded), Into("allowed", ReadPatterns, rule.allowed),
       Into("readOnly", ReadBool, rule.read_only), Into("writable", ReadPatterns, rule.writable),
       Into("fileSystems", ReadTexts, rule.file_systems),
       Into("onlyAllowed", ReadBool, rule.only_allowed, Presence::kOptional),
       Into("noExec", ReadBool, rule.no_exec, Presence::kOptional),
       Into("executable", ReadPatterns, rule.executable, Presence::kOptional)});
}

Status ReadDevicesSection(const Node& node, DevicesRule& rule) {
  return ReadSection(node, rule.mode, {Into("allowed", ReadDevices, rule.allowed)});
}

Status ReadSysctlsSection(const Node& node, SysctlsRule& rule) {
  return ReadSection(node, rule.mode, {Into("allowed", ReadSysctls, rule.allowed)});
}

Status ReadHooks(const Node& node, HooksRule& rule) {
  return ReadSection(node, rule.mode, {Into("allowed", ReadPaths, rule.allowed)});
}

Status ReadDelegateAnnotations(const Node& node, DelegateAnnotationsRule& rule) {
  return ReadSection(node, rule.mode, {Into("allowed", ReadTexts, rule.allowed)});
}

Status ReadOciFields(const Node& node, OciFieldsRule& rule) {
  return ReadSection(node, rule.mode, {});
}

}  // namespace stockade::config
