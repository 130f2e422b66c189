// SPDX-License-Identifier: Apache-2.0
#include "config/node_config.h"

#include <algorithm>

#include "config/class_sections.h"
#include "config/policy_file.h"

namespace stockade::config {
namespace {

using base::Status;

bool IsDelegateName(std::string_view name) {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Status ReadDelegateName(const Node& node, std::string& out) {
  STOCKADE_TRY(ReadText(node, out));
  if (IsDelegateName(out)) return {};
  return node.Refuse(fmt::format("\"{}\" is not the name of a delegate", out),
                     "give a path a name under \"delegates\"");
}

Status ReadDelegates(const Node& node, std::map<std::string, std::string>& out) {
  if (!node.value().is_object()) return node.Refuse("not an object");
  for (const auto& [name, path] : node.value().items()) {
    const Node member = node.Member(name, path);
    if (!IsDelegateName(name)) return member.Refuse("not the name of a delegate");
    STOCKADE_TRY(ReadPath(member, out[name]));
  }
  return {};
}

Status ReadIdPool(const Node& node, std::optional<IdPoolSetting>& out) {
  constexpr std::uint64_t kPod = 65536;
  constexpr std::uint64_t kEnd = 4294967295;  // (uid_t)-1, which is no user
  IdPoolSetting pool;
  STOCKADE_TRY(ReadObject(
      node,
      {
          {"first", [&](const Node& n) { return ReadNumber(n, kPod, kEnd - kPod, pool.first); }},
          {"count", [&](const Node& n) { return ReadNumber(n, kPod, kEnd - kPod, pool.count); }},
      }));
  if (pool.first + pool.count > kEnd) {
    return node.Refuse(fmt::format("ends at {}, beyond the last user id {}",
                                   pool.first + pool.count - 1, kEnd - 1));
  }
  pool.origin = NearestOrigin(node.context().origins, node.pointer()).Text();
  out = std::move(pool);
  return {};
}

Status ReadNodeConfig(const Node& node, NodeConfig& config) {
  const auto optional = Presence::kOptional;
  std::string ignored;
  return ReadObject(
      node, {
                Into("$schema", ReadText, ignored, optional),
                Into("defaultDelegate", ReadDelegateName, config.default_delegate, optional),
                Into("delegates", ReadDelegates, config.delegates, optional),
                Into("classDirectories", ReadPaths, config.class_directories, optional),
                Into("stateDirectory", ReadPath, config.state_directory, optional),
                Into("apparmorDefaultProfile", ReadText, config.apparmor_default, optional),
                Into("idPool", ReadIdPool, config.id_pool, optional),
            });
}

// Where each member of the one file stands.
Origins OriginsOf(const PolicyFile& file) {
  Origins origins;
  for (const auto& [pointer, line] : file.parsed.lines) {
    origins.emplace_hint(origins.end(), pointer, Origin{file.path, line});
  }
  return origins;
}

}  // namespace

base::Result<NodeConfig> LoadNodeConfig(const std::string& path, bool required) {
  STOCKADE_ASSIGN(const std::optional<PolicyFile> file, ReadPolicyFile(path));
  NodeConfig config;
  if (!file) {
    if (!required) return config;
    return base::Fail(base::ErrorKind::kPolicy, "{}: no such file", path);
  }
  const Origins origins = OriginsOf(*file);
  STOCKADE_TRY(ReadNodeConfig(Node(file->parsed.value, "", DocumentContext{origins}), config));
  config.path = path;
  return config;
}

}  // namespace stockade::config
