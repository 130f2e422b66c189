// SPDX-License-Identifier: Apache-2.0
#include "sandbox/verify/unstage.h"

#include <algorithm>

namespace stockade::sandbox::verify {
namespace {

using base::Json;

// The name below the stage that `path` is, "" if it lies elsewhere.
std::string StagedName(const std::string& path, const std::string& stage) {
  return path.starts_with(stage + "/") ? path.substr(stage.size() + 1) : "";
}

// Not every delegate sets the flags of a bind in a user namespace: what the document promises of
// one has to be on what is staged.
void CheckFlags(const StagedBind& bind, const Json& mount, Broken& broken) {
  struct Pair {
    const char* set;
    const char* clear;
  };
  const std::vector<std::string> options = TextsAt(mount, "/options");
  for (const auto& [set, clear] : std::initializer_list<Pair>{{"ro", "rw"},
                                                              {"nosuid", "suid"},
                                                              {"nodev", "dev"},
                                                              {"noexec", "exec"},
                                                              {"nosymfollow", "symfollow"}}) {
    const std::string below = fmt::format("r{}", set);
    const bool cleared = Contains(options, clear) || Contains(options, fmt::format("r{}", clear));
    for (const std::string& word : {std::string(set), below}) {
      const bool promised = !cleared && Contains(options, word);
      if (promised != Contains(bind.flags, word)) {
        broken.Add("{} is staged {} {}", bind.source,
                   Contains(bind.flags, word) ? "with" : "without", word);
      }
    }
  }
}

void UnstageMount(const HostActions& actions, const std::string& stage, Json& mount,
                  std::vector<std::string>& used, Broken& broken) {
  const std::string name = StagedName(TextAt(mount, "/source"), stage);
  if (name.empty()) return;
  if (Contains(used, name)) broken.Add("two mounts use what is staged as {}", name);
  used.push_back(name);
  if (name == actions.sysfs) {
    mount["type"] = "sysfs";
    mount["source"] = "sysfs";
    Json& options = mount["options"];
    if (options.is_array()) std::erase(options.get_ref<Json::array_t&>(), Json("bind"));
    return;
  }
  const auto bind = std::ranges::find(actions.binds, name, &StagedBind::name);
  if (bind == actions.binds.end()) {
    broken.Add("nothing is staged as {}", name);
    return;
  }
  if (bind->recursive != Contains(TextsAt(mount, "/options"), "rbind")) {
    broken.Add("{} is staged {} what is mounted below it", bind->source,
               bind->recursive ? "with" : "without");
  }
  CheckFlags(*bind, mount, broken);
  mount["source"] = bind->source;
}

}  // namespace

void Unstage(const HostActions& actions, const std::string& stage, Json& root, Broken& broken) {
  if (actions.Empty()) return;
  if (Json* const path = base::Find(root, "/root/path"); path != nullptr && path->is_string()) {
    const std::string name = StagedName(path->get<std::string>(), stage);
    if (actions.rootfs && name == actions.rootfs->name) {
      *path = actions.rootfs->path;
    } else if (actions.rootfs || !name.empty()) {
      broken.Add("the container's root {} is not the one that is staged", path->get<std::string>());
    }
  }
  std::vector<std::string> used;
  if (Json* const mounts = base::Find(root, "/mounts"); mounts != nullptr && mounts->is_array()) {
    for (Json& mount : *mounts) UnstageMount(actions, stage, mount, used, broken);
  }
  for (const StagedBind& bind : actions.binds) {
    if (!Contains(used, bind.name)) broken.Add("{} is staged for no mount", bind.source);
  }
  if (!actions.network_namespace.empty()) {
    Json entry = Json::object();
    entry["type"] = "network";
    entry["path"] = actions.network_namespace;
    root["linux"]["namespaces"].push_back(std::move(entry));
  }
  for (const NetworkSysctl& sysctl : actions.sysctls) {
    Json& sysctls = root["linux"]["sysctl"];
    if (sysctls.contains(sysctl.name)) broken.Add("the sysctl {} is set twice", sysctl.name);
    sysctls[sysctl.name] = sysctl.value;
  }
}

}  // namespace stockade::sandbox::verify
