// SPDX-License-Identifier: Apache-2.0
// The sections of a class about the root file system and the kernel's own paths in it.
#include <algorithm>

#include "config/class_sections.h"
#include "config/glob.h"

namespace stockade::config {
namespace {

using base::Status;

constexpr std::uint64_t kMinTmpfs = 4096;
constexpr std::uint64_t kMaxTmpfs = std::uint64_t{1} << 40;
constexpr std::uint64_t kMaxInodes = std::uint64_t{1} << 32;

// A file system over one of the kernel's would hide what the kernel paths protect, and of the image
// there is nothing to see there. `kind` says what the path is to be.
Status CheckNotKernels(const Node& node, const std::string& path, std::string_view kind) {
  for (const char* kernel : {"/proc", "/sys", "/dev"}) {
    if (IsWithin(path, kernel)) {
      return node.Refuse(fmt::format("{} cannot be {}, for it lies in {}", path, kind, kernel));
    }
  }
  return {};
}

Status CheckWritablePath(const Node& node, const std::string& path) {
  STOCKADE_TRY(CheckNotKernels(node, path, "a writable path"));
  if (path == "/") {
    return node.Refuse("the root itself cannot be a writable path",
                       "set /rootfs/mode to \"off\" to leave the root as the pod asks");
  }
  return {};
}

Status ReadWritable(const Node& node, WritablePath& out) {
  std::string kind = "tmpfs";
  STOCKADE_TRY(ReadObject(
      node,
      {
          {"path", [&](const Node& n) { return ReadPath(n, out.path); }, Presence::kAlways},
          {"kind",
           [&](const Node& n) {
             return ReadChoice(n, {"tmpfs", "volume"}, kind);
           },
           Presence::kAlways},
          {"size", [&](const Node& n) { return ReadSize(n, kMinTmpfs, kMaxTmpfs, out.size_bytes); },
           Presence::kOptional},
          {"mode", [&](const Node& n) { return ReadPermissions(n, out.mode); },
           Presence::kOptional},
          {"inodes", [&](const Node& n) { return ReadNumber(n, 1, kMaxInodes, out.inodes); },
           Presence::kOptional},
          {"exec", [&](const Node& n) { return ReadBool(n, out.exec); }, Presence::kOptional},
          {"keepContent", [&](const Node& n) { return ReadBool(n, out.keep_content); },
           Presence::kOptional},
      }));
  STOCKADE_TRY(CheckWritablePath(node, out.path));
  if (kind == "volume") {
    out.kind = WritablePath::Kind::kVolume;
    for (const char* key : {"size", "mode", "inodes", "exec", "keepContent"}) {
      if (node.value().contains(key)) {
        return node.Refuse(fmt::format("a volume has no \"{}\": the pod's own mount decides", key));
      }
    }
    return {};
  }
  if (out.size_bytes == 0 || out.inodes == 0) {
    return node.Refuse("a tmpfs needs \"size\" and \"inodes\"",
                       "without limits it could fill the node's memory");
  }
  return {};
}

Status CheckExecutable(const Node& node, const RootfsRule& rule) {
  for (std::size_t i = 0; i < rule.executable.size(); ++i) {
    const std::string& path = rule.executable[i];
    const Node element = node.Element(i);
    if (path == "/") {
      return element.Refuse("the root itself would let everything run", "leave the list out");
    }
    STOCKADE_TRY(CheckNotKernels(element, path, "executable"));
    for (const WritablePath& writable : rule.writable) {
      if (IsWithin(path, writable.path)) {
        return element.Refuse(
            fmt::format("{} lies in the writable path {}, which hides it", path, writable.path));
      }
    }
  }
  return {};
}

}  // namespace

Status ReadRootfs(const Node& node, RootfsRule& rule) {
  const auto read_writable = [&](const Node& element) -> Status {
    WritablePath path;
    STOCKADE_TRY(ReadWritable(element, path));
    if (std::any_of(rule.writable.begin(), rule.writable.end(),
                    [&](const WritablePath& other) { return other.path == path.path; })) {
      return element.Refuse(fmt::format("{} stands twice in the list", path.path));
    }
    rule.writable.push_back(std::move(path));
    return {};
  };
  STOCKADE_TRY(ReadSection(
      node, rule.mode,
      {
          {"writable", [&](const Node& n) { return ReadArray(n, read_writable); }},
          {"podMayAdd", [&](const Node& n) { return ReadPatterns(n, rule.pod_may_add); }},
          Into("executable", ReadPaths, rule.executable, Presence::kOptional),
      }));
  const base::Json* const executable = base::Find(node.value(), "/executable");
  if (executable == nullptr) return {};
  return CheckExecutable(node.Member("executable", *executable), rule);
}

Status ReadKernelPaths(const Node& node, KernelPathsRule& rule) {
  return ReadSection(
      node, rule.mode,
      {Into("masked", ReadPaths, rule.masked), Into("readOnly", ReadPaths, rule.read_only)});
}

}  // namespace stockade::config
