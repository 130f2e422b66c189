// SPDX-License-Identifier: Apache-2.0
#include "sandbox/staging.h"

#include <algorithm>
#include <array>

#include "sandbox/host/net_sysctl.h"
#include "sandbox/init/protocol.h"
#include "sandbox/layers/fields.h"
#include "sandbox/layers/mount_list.h"
#include "sandbox/layers/namespace_list.h"
#include "sandbox/staged_binds.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

constexpr const char* kSetting = "/userNamespace";

// The pod's network namespace was made before its user namespace, which has no rights in it: a
// delegate that joins both may not enter it, and cannot mount its sysfs nor set its sysctls.
Status EnterNetwork(SpecEditor& edit, HostActions& actions) {
  STOCKADE_ASSIGN(const auto list, NamespacesOf(edit.Root()));
  const auto network = std::ranges::find(list, "network", &NamespaceEntry::type);
  if (network == list.end() || network->path.empty()) return {};
  actions.network_namespace = network->path;
  edit.Remove(fmt::format("/linux/namespaces/{}", network - list.begin()),
              "it is entered before the delegate starts, which could not from within the pod's "
              "user namespace",
              kSetting);
  return {};
}

// The settings of a network that was there before are the host's to make. In one that the delegate
// makes, it sets them with the pod's ids, and the kernel refuses any other.
Status TakeSysctls(SpecEditor& edit, HostActions& actions) {
  STOCKADE_ASSIGN(const Json* const sysctls, ObjectAt(edit.Root(), "/linux/sysctl"));
  if (sysctls == nullptr) return {};
  std::vector<NetworkSysctl> found;
  for (const auto& [key, value] : sysctls->items()) {
    if (!key.starts_with("net.") && !key.starts_with("net/")) continue;
    STOCKADE_ASSIGN(const auto text,
                    TextAt(edit.Root(), "/linux/sysctl/" + base::PointerToken(key)));
    found.push_back({key, text.value_or("")});
  }
  const bool entered = !actions.network_namespace.empty();
  for (const NetworkSysctl& sysctl : found) {
    const std::string pointer = "/linux/sysctl/" + base::PointerToken(sysctl.name);
    if (entered) {
      edit.Remove(pointer, "the host sets it in the pod's network namespace", kSetting);
      continue;
    }
    constexpr IdRange kPods;
    STOCKADE_ASSIGN(std::string value, NetSysctlValue(sysctl, &kPods));
    edit.Set(pointer, std::move(value), "the pod's user namespace has these ids", kSetting);
  }
  if (entered) actions.sysctls = std::move(found);
  return {};
}

Status StageRoot(const LayerInput& in, const std::string& stage, SpecEditor& edit,
                 HostActions& actions) {
  STOCKADE_ASSIGN(const auto path, TextAt(edit.Root(), "/root/path"));
  if (!path || path->empty()) return base::Fail(ErrorKind::kSpec, "/root/path is missing");
  STOCKADE_ASSIGN(
      std::string resolved,
      in.host.Resolve(path->starts_with('/') ? *path : in.container.bundle + "/" + *path));
  const std::vector<std::string>& executable = in.policy.rootfs.executable;
  const bool mapped = actions.ids.has_value();
  actions.rootfs = RootfsAction{.path = std::move(resolved),
                                .name = kStagedRoot,
                                .may_chown = mapped && in.policy.user_namespace.chown_rootfs,
                                .executable = executable};
  std::string why = mapped ? "the image's root belongs to the pod's root" : "";
  if (!executable.empty()) {
    edit.StartLayer("rootfs");
    why += fmt::format("{}of the image only these paths run programs: {}", mapped ? "; " : "",
                       fmt::join(executable, ", "));
  }
  edit.Set("/root/path", stage + "/" + kStagedRoot, std::move(why),
           executable.empty() ? "/userNamespace/rootfs" : "/rootfs/executable");
  edit.StartLayer("user namespace");
  return {};
}

// A sysfs shows the network devices of the network namespace in which it was mounted.
void StageSysfs(const std::string& stage, const Mount& mount, SpecEditor& edit,
                HostActions& actions) {
  constexpr const char* kName = "sys";
  constexpr const char* kWhy = "mounted beforehand in the pod's network namespace";
  actions.sysfs = kName;
  edit.Set(mount.pointer + "/type", "bind", kWhy, kSetting);
  edit.Set(mount.pointer + "/source", fmt::format("{}/{}", stage, kName), kWhy, kSetting);
  MountOptions options = Force(mount.options, {"ro", "nosuid", "nodev", "noexec"});
  options.insert(options.begin(), "bind");
  edit.Set(mount.pointer + "/options", Json(options), kWhy, kSetting);
}

// An id of the process on the host.
Result<std::uint32_t> HostId(const Json& process, const IdRange& ids, std::string_view field) {
  STOCKADE_ASSIGN(const auto id, UnsignedAt(process, field));
  if (id.value_or(0) < IdRange::kSize) {
    return ids.first + static_cast<std::uint32_t>(id.value_or(0));
  }
  return base::FailHint(ErrorKind::kSpec, "run it as an id below 65536",
                        "the process's {} is {}, which is beyond the {} ids of the pod's user "
                        "namespace",
                        field.substr(1), *id, IdRange::kSize);
}

// Where the host's root is one of the container's ids, without a user namespace or within one, a
// file of root's is open to it whatever its mode: stockade-init has to be nobody's.
Status HideInit(const std::string& stage, SpecEditor& edit, HostActions& actions) {
  if (edit.init_filters().empty()) return {};
  STOCKADE_ASSIGN(const bool nobodys, LeavesOutHostRoot(edit.Root()));
  if (nobodys) return {};
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  const auto mount = std::ranges::find(mounts, init::kPath, &Mount::destination);
  if (mount == mounts.end()) return base::Fail(ErrorKind::kInternal, "stockade-init has no mount");
  edit.StartLayer("seccomp");
  actions.binds.push_back({.source = mount->source,
                           .name = "init",
                           .recursive = false,
                           .ids = StagedBind::Ids::kNobody,
                           .destination = mount->destination,
                           .flags = TighteningFlags(mount->options)});
  edit.Set(mount->pointer + "/source", fmt::format("{}/{}", stage, actions.binds.back().name),
           "mounted so that it is nobody's, and nobody in the container can look into it",
           "/seccomp/installedBy");
  return {};
}

}  // namespace

Result<HostActions> Stage(const LayerInput& in, const std::string& stage, SpecEditor& edit) {
  HostActions actions;
  STOCKADE_TRY(RepeatFlags(edit));
  if (!edit.ids()) {
    STOCKADE_TRY(HideInit(stage, edit, actions));
    if (!in.policy.rootfs.executable.empty()) STOCKADE_TRY(StageRoot(in, stage, edit, actions));
    STOCKADE_TRY(StageForgotten(in, stage, edit, actions));
    return actions;
  }
  edit.StartLayer("user namespace");
  actions.ids = edit.ids();
  STOCKADE_TRY(EnterNetwork(edit, actions));
  STOCKADE_TRY(TakeSysctls(edit, actions));
  STOCKADE_TRY(StageRoot(in, stage, edit, actions));
  STOCKADE_TRY(StageBinds(in, stage, edit, actions));
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  for (const Mount& mount : mounts) {
    if (mount.type == "sysfs" && !actions.network_namespace.empty()) {
      StageSysfs(stage, mount, edit, actions);
    }
  }
  STOCKADE_TRY(OwnStreams(edit.Process(), actions));
  return actions;
}

Status OwnStreams(const Json& process, HostActions& actions) {
  if (!actions.ids) return {};
  STOCKADE_ASSIGN(actions.stream_uid, HostId(process, *actions.ids, "/user/uid"));
  STOCKADE_ASSIGN(actions.stream_gid, HostId(process, *actions.ids, "/user/gid"));
  // An fsGroup, for one. All that a delegate says of it is "setgroups: invalid argument".
  STOCKADE_ASSIGN(const std::size_t groups, SizeAt(process, "/user/additionalGids"));
  for (std::size_t i = 0; i < groups; ++i) {
    STOCKADE_TRY(HostId(process, *actions.ids, fmt::format("/user/additionalGids/{}", i)));
  }
  return {};
}

}  // namespace stockade::sandbox
