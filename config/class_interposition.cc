// SPDX-License-Identifier: Apache-2.0
// The section that says which calls the container's supervisor answers, and how.
#include <algorithm>
#include <array>

#include "config/class_sections.h"
#include "config/glob.h"

namespace stockade::config {
namespace {

using base::Status;

Status ReadPattern(const Node& node, std::vector<NetworkPattern>& out) {
  std::string text;
  STOCKADE_TRY(ReadText(node, text));
  const auto pattern = ParseNetworkPattern(text);
  if (!pattern) return node.Refuse(pattern.error().message);
  if (pattern->kind == NetworkPattern::Kind::kUnixPath) {
    STOCKADE_TRY(node.Wrap(CheckPathPattern(pattern->name)));
  }
  if (std::ranges::find(out, *pattern) != out.end()) {
    return node.Refuse(fmt::format("\"{}\" stands twice in the list", text));
  }
  out.push_back(*pattern);
  return {};
}

Status ReadPatterns(const Node& node, std::vector<NetworkPattern>& out) {
  return ReadArray(node, [&](const Node& element) { return ReadPattern(element, out); });
}

Status ReadDefault(const Node& node, bool& allow) {
  std::string word;
  STOCKADE_TRY(ReadChoice(node, {"allow", "deny"}, word));
  allow = word == "allow";
  return {};
}

Status ReadMetadata(const Node& node, bool& allow) {
  std::string word;
  STOCKADE_TRY(ReadChoice(node, {"allow", "refuse"}, word));
  allow = word == "allow";
  return {};
}

Status ReadAddresses(const Node& node, AddressRule& rule) {
  return ReadObject(
      node, {Into("default", ReadDefault, rule.allow_others), Into("deny", ReadPatterns, rule.deny),
             Into("allow", ReadPatterns, rule.allow)});
}

// Where a path will lead is not known before the socket is made: file permissions decide that.
Status ReadOwnAddresses(const Node& node, AddressRule& rule) {
  STOCKADE_TRY(ReadAddresses(node, rule));
  for (const auto* list : {&rule.deny, &rule.allow}) {
    for (const NetworkPattern& pattern : *list) {
      if (pattern.kind != NetworkPattern::Kind::kUnixPath) continue;
      return node.Refuse(fmt::format("\"{}\": a bind is not decided by a path", pattern.text));
    }
  }
  return {};
}

Status ReadFamilyMode(const Node& node, Mode& mode) {
  return ReadModeOf(node, {Mode::kOff, Mode::kConfine}, mode);
}

Status ReadNetwork(const Node& node, NetworkRule& rule) {
  const base::Json* mode = base::Find(node.value(), "/mode");
  const auto presence = mode != nullptr && *mode == "off" ? Presence::kOptional : Presence::kAlways;
  return ReadObject(node, {Into("mode", ReadFamilyMode, rule.mode),
                           Into("metadata", ReadMetadata, rule.metadata, presence),
                           Into("connect", ReadAddresses, rule.connect, presence),
                           Into("bind", ReadOwnAddresses, rule.bind, presence)});
}

Status ReadFileLimit(const Node& node, FileLimit& limit) {
  std::string word;
  STOCKADE_TRY(ReadChoice(node, {"allow", "readOnly", "deny"}, word));
  limit = word == "allow"  ? FileLimit::kAllow
          : word == "deny" ? FileLimit::kDeny
                           : FileLimit::kReadOnly;
  return {};
}

Status ReadOpens(const Node& node, bool& every_open) {
  return ReadEither(node, "write", "all", every_open);
}

// A variable that has no value there would match nothing, and a denial with it would deny nothing.
Status ReadFilePatterns(const Node& node, std::vector<std::string>& out) {
  STOCKADE_TRY(ReadPatterns(node, out));
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i].find("${") == std::string::npos) continue;
    return node.Element(i).Refuse(fmt::format("\"{}\" has a variable, which files do not", out[i]));
  }
  return {};
}

Status ReadFiles(const Node& node, FilesRule& rule) {
  const base::Json* mode = base::Find(node.value(), "/mode");
  const auto presence = mode != nullptr && *mode == "off" ? Presence::kOptional : Presence::kAlways;
  STOCKADE_TRY(ReadObject(node, {Into("mode", ReadFamilyMode, rule.mode),
                                 Into("opens", ReadOpens, rule.every_open, presence),
                                 Into("default", ReadFileLimit, rule.others, presence),
                                 Into("deny", ReadFilePatterns, rule.deny, presence),
                                 Into("readOnly", ReadFilePatterns, rule.read_only, presence),
                                 Into("allow", ReadFilePatterns, rule.allow, presence)}));
  const bool denies = !rule.deny.empty() || rule.others == FileLimit::kDeny;
  if (rule.mode == Mode::kOff || rule.every_open || !denies) return {};
  return node.Refuse("denies files, but an open that only reads is not handed over",
                     "set opens to \"all\", or list the files in readOnly");
}

// Calls that stockade-init makes under the filter, or that the supervisor performs: neither can be
// refused by name.
constexpr auto kNotRefusable = std::to_array<std::string_view>(
    {"bind",    "clone",   "close",      "connect",      "creat",        "dup3",
     "execve",  "exit",    "exit_group", "mknod",        "mknodat",      "open",
     "openat",  "openat2", "read",       "rt_sigaction", "rt_sigreturn", "sendmmsg",
     "sendmsg", "sendto",  "sysinfo",    "uname",        "write"});

Status ReadRefused(const Node& node, std::vector<std::string>& out) {
  STOCKADE_TRY(ReadTexts(node, out));
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (std::ranges::find(kNotRefusable, out[i]) == kNotRefusable.end()) continue;
    return node.Element(i).Refuse(fmt::format("{} cannot be refused by its name", out[i]));
  }
  return {};
}

Status ReadRefusal(const Node& node, bool& refuse) {
  std::string word;
  STOCKADE_TRY(ReadChoice(node, {"kernel", "refuse"}, word));
  refuse = word == "refuse";
  return {};
}

Status ReadMemory(const Node& node, bool& cgroup) {
  std::string word;
  STOCKADE_TRY(ReadChoice(node, {"host", "cgroup"}, word));
  cgroup = word == "cgroup";
  return {};
}

Status ReadKernel(const Node& node, bool& neutral) {
  std::string word;
  STOCKADE_TRY(ReadChoice(node, {"host", "neutral"}, word));
  neutral = word == "neutral";
  return {};
}

Status ReadSystemInfo(const Node& node, SystemInfoRule& rule) {
  return ReadObject(node, {Into("memory", ReadMemory, rule.cgroup_memory),
                           Into("kernel", ReadKernel, rule.neutral_kernel)});
}

Status ReadDeviceNodes(const Node& node, DeviceNodes& rule) {
  std::string word;
  STOCKADE_TRY(ReadChoice(node, {"kernel", "refuse", "harmless"}, word));
  rule = word == "kernel"   ? DeviceNodes::kKernel
         : word == "refuse" ? DeviceNodes::kRefuse
                            : DeviceNodes::kHarmless;
  return {};
}

Status ReadMounts(const Node& node, Mounts& rule) {
  std::string word;
  STOCKADE_TRY(ReadChoice(node, {"kernel", "refuse", "tmpfs"}, word));
  rule = word == "kernel" ? Mounts::kKernel : word == "refuse" ? Mounts::kRefuse : Mounts::kTmpfs;
  return {};
}

Status ReadOnViolation(const Node& node, bool& kill) {
  std::string word;
  STOCKADE_TRY(ReadChoice(node, {"errno", "kill"}, word));
  kill = word == "kill";
  return {};
}

}  // namespace

Status ReadInterposition(const Node& node, InterpositionRule& rule) {
  if (node.value().is_null()) return {};
  STOCKADE_TRY(ReadObject(
      node, {Into("network", ReadNetwork, rule.network),
             Into("files", ReadFiles, rule.files, Presence::kOptional),
             Into("refused", ReadRefused, rule.refused),
             Into("namespaces", ReadRefusal, rule.refuse_namespaces, Presence::kOptional),
             Into("systemInfo", ReadSystemInfo, rule.system_info, Presence::kOptional),
             Into("deviceNodes", ReadDeviceNodes, rule.device_nodes, Presence::kOptional),
             Into("mounts", ReadMounts, rule.mounts, Presence::kOptional),
             Into("onViolation", ReadOnViolation, rule.kill),
             Into("complain", ReadBool, rule.complain)}));
  if (rule.mounts != Mounts::kTmpfs) return {};
  for (const char* name : {"mount", "umount2"}) {
    if (std::ranges::find(rule.refused, name) == rule.refused.end()) continue;
    return node.Refuse(fmt::format("refuses {}, which mounts lets through for tmpfs", name));
  }
  return {};
}

}  // namespace stockade::config
