// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host_actions_json.h"

#include <array>

namespace stockade::sandbox {
namespace {

using base::Json;

constexpr std::array<const char*, 3> kIds{"as they are", "of the pod", "nobody"};

StagedBind::Ids IdsFromName(const std::string& name) {
  for (std::size_t i = 0; i < kIds.size(); ++i) {
    if (name == kIds[i]) return static_cast<StagedBind::Ids>(i);
  }
  throw Json::other_error::create(599, "unknown ids: " + name, nullptr);
}

}  // namespace

Json HostActionsToJson(const HostActions& actions) {
  if (actions.Empty()) return nullptr;
  Json binds = Json::array();
  for (const StagedBind& bind : actions.binds) {
    binds.push_back({{"source", bind.source},
                     {"name", bind.name},
                     {"recursive", bind.recursive},
                     {"ids", kIds[static_cast<std::size_t>(bind.ids)]},
                     {"destination", bind.destination},
                     {"flags", bind.flags}});
  }
  Json sysctls = Json::object();
  for (const NetworkSysctl& sysctl : actions.sysctls) sysctls[sysctl.name] = sysctl.value;
  Json rootfs;
  if (actions.rootfs) {
    rootfs = {{"path", actions.rootfs->path},
              {"name", actions.rootfs->name},
              {"mayChown", actions.rootfs->may_chown},
              {"executable", actions.rootfs->executable}};
  }
  return {{"firstId", actions.ids ? Json(actions.ids->first) : Json()},
          {"networkNamespace", actions.network_namespace},
          {"sysctls", std::move(sysctls)},
          {"rootfs", std::move(rootfs)},
          {"binds", std::move(binds)},
          {"sysfs", actions.sysfs},
          {"streamUid", actions.stream_uid},
          {"streamGid", actions.stream_gid}};
}

HostActions HostActionsFromJson(const Json& json) {
  HostActions actions;
  if (json.is_null()) return actions;
  if (const Json& first = json.at("firstId"); !first.is_null()) {
    const bool good = first.is_number_unsigned() && first >= IdRange::kSize &&
                      first <= UINT32_MAX - IdRange::kSize;
    if (!good) throw Json::other_error::create(599, "no range of a pod: " + first.dump(), nullptr);
    actions.ids = IdRange{first.get<std::uint32_t>()};
  }
  json.at("networkNamespace").get_to(actions.network_namespace);
  for (const auto& [name, value] : json.at("sysctls").items()) {
    actions.sysctls.push_back({name, value.get<std::string>()});
  }
  if (const Json& rootfs = json.at("rootfs"); !rootfs.is_null()) {
    actions.rootfs =
        RootfsAction{rootfs.at("path").get<std::string>(), rootfs.at("name").get<std::string>(),
                     rootfs.at("mayChown").get<bool>(),
                     // A container may be older than this list.
                     rootfs.value("executable", std::vector<std::string>{})};
  }
  for (const Json& bind : json.at("binds")) {
    actions.binds.push_back({bind.at("source").get<std::string>(),
                             bind.at("name").get<std::string>(), bind.at("recursive").get<bool>(),
                             IdsFromName(bind.at("ids").get<std::string>()),
                             bind.at("destination").get<std::string>(),
                             // A container may be older than this list.
                             bind.value("flags", std::vector<std::string>{})});
  }
  json.at("sysfs").get_to(actions.sysfs);
  json.at("streamUid").get_to(actions.stream_uid);
  json.at("streamGid").get_to(actions.stream_gid);
  return actions;
}

}  // namespace stockade::sandbox
