// SPDX-License-Identifier: Apache-2.0
#include "sandbox/staging.h"

#include <algorithm>
#include <array>

#include "config/glob.h"
#include "sandbox/host/net_sysctl.h"
#include "sandbox/init/protocol.h"
#include "sandbox/layers/fields.h"
#include "sandbox/layers/mount_list.h"
#include "sandbox/layers/namespace_list.h"
#include "sandbox/layers/refusal.h"

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

// The shared memory that containerd, CRI-O and Podman, or Docker made for the pod. A volume that is
// mounted in its place is none: other containers use it too, and it may outlive the pod.
bool IsSharedMemory(const Mount& mount) {
  return mount.destination == "/dev/shm" &&
         std::ranges::any_of(
             std::array{"**/sandboxes/*/shm", "**/userdata/shm", "**/containers/*/mounts/shm"},
             [&](const char* path) { return config::PathMatches(path, mount.source, {}); });
}

// What has no ids of its own to map, or must keep them: kernel file systems and device nodes; the
// stub, which must be nobody's; and the pod's shared memory, which is everybody's.
StagedBind::Ids IdsOf(const Mount& mount) {
  const bool kept =
      mount.destination == init::kPath || IsSharedMemory(mount) ||
      std::ranges::any_of(std::array{"/dev/", "/proc/", "/sys/"},
                          [&](const char* at) { return mount.source.starts_with(at); });
  return kept ? StagedBind::Ids::kAsTheyAre : StagedBind::Ids::kOfThePod;
}

// The mapping of a volume is the class's where the user namespace is.
Status CheckUnmapped(const LayerInput& in, const SpecEditor& edit, const Mount& mount) {
  for (const std::string& word : mount.options) {
    if (word.starts_with("idmap") || word.starts_with("ridmap")) {
      return Refuse(in, kSetting, "leave the ids of the volume to the class",
                    "the mount at {} has the option {:.40}", mount.destination, word);
    }
  }
  for (const char* list : {"/uidMappings", "/gidMappings"}) {
    STOCKADE_ASSIGN(const std::size_t count, SizeAt(edit.Root(), mount.pointer + list));
    if (count == 0) continue;
    return Refuse(in, kSetting, "leave the ids of the volume to the class",
                  "the mount at {} has id mappings of its own", mount.destination);
  }
  return {};
}

Status StageBind(const LayerInput& in, const std::string& stage, const Mount& mount,
                 StagedBind::Ids ids, SpecEditor& edit, HostActions& actions) {
  STOCKADE_ASSIGN(const std::vector<std::string> flags, in.host.MountFlags(mount.source));
  MountOptions options = Force(mount.options, {flags.begin(), flags.end()});
  const MountOptions tightening = TighteningFlags(options);
  options = Force(std::move(options), {tightening.begin(), tightening.end()});
  const StagedBind bind{.source = mount.source,
                        .name = fmt::format("mount-{}", actions.binds.size()),
                        .recursive = IsRecursiveBind(mount.options),
                        .ids = ids,
                        .destination = mount.destination,
                        .flags = tightening};
  edit.Set(mount.pointer + "/source", stage + "/" + bind.name,
           ids == StagedBind::Ids::kOfThePod ? "the volume's ids are the pod's"
                                             : "where the pod's user namespace can reach it",
           kSetting);
  if (options != mount.options) {
    edit.Set(mount.pointer + "/options", Json(options),
             "the flags of the volume's own mount cannot be taken away in a user namespace",
             kSetting);
  }
  actions.binds.push_back(bind);
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

bool HasNamespace(const std::vector<NamespaceEntry>& list, std::string_view type, bool joined) {
  const auto entry = std::ranges::find(list, type, &NamespaceEntry::type);
  return entry != list.end() && (!joined || !entry->path.empty());
}

// crun 1.8 forgets the flags of a proc or mqueue of a namespace that a user namespace joins, but
// not their recursive form.
Status RepeatFlags(const std::vector<NamespaceEntry>& namespaces, SpecEditor& edit) {
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  for (const Mount& mount : mounts) {
    const bool joined = (mount.type == "proc" && HasNamespace(namespaces, "pid", true)) ||
                        (mount.type == "mqueue" && HasNamespace(namespaces, "ipc", true));
    if (!joined) continue;
    MountOptions options = mount.options;
    for (const std::string& flag : TighteningFlags(mount.options)) {
      if (!flag.starts_with('r')) options = Force(std::move(options), {fmt::format("r{}", flag)});
    }
    if (options == mount.options) continue;
    edit.Set(mount.pointer + "/options", Json(options), "said so that every delegate sets them",
             kSetting);
  }
  return {};
}

// In a user namespace that the engine made the ids are the engine's business, but the flags of the
// binds are not every delegate's.
Status StageForgotten(const LayerInput& in, const std::string& stage, SpecEditor& edit,
                      HostActions& actions) {
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  for (Mount mount : mounts) {
    if (!mount.bind() || mount.destination == init::kPath) continue;
    const bool absolute = mount.source.starts_with('/');
    STOCKADE_ASSIGN(
        mount.source,
        in.host.Resolve(absolute ? mount.source : in.container.bundle + "/" + mount.source));
    if (!MayBeForgotten(mount.options, in.host.IsDirectory(mount.source))) continue;
    edit.StartLayer("user namespace");
    STOCKADE_TRY(StageBind(in, stage, mount, StagedBind::Ids::kAsTheyAre, edit, actions));
  }
  return {};
}

}  // namespace

Result<HostActions> Stage(const LayerInput& in, const std::string& stage, SpecEditor& edit) {
  HostActions actions;
  STOCKADE_ASSIGN(const auto namespaces, NamespacesOf(edit.Root()));
  const bool mapped = HasNamespace(namespaces, "user", /*joined=*/false);
  if (mapped) {
    edit.StartLayer("user namespace");
    STOCKADE_TRY(RepeatFlags(namespaces, edit));
  }
  if (!edit.ids()) {
    STOCKADE_TRY(HideInit(stage, edit, actions));
    if (!in.policy.rootfs.executable.empty()) STOCKADE_TRY(StageRoot(in, stage, edit, actions));
    if (mapped) STOCKADE_TRY(StageForgotten(in, stage, edit, actions));
    return actions;
  }
  edit.StartLayer("user namespace");
  actions.ids = edit.ids();
  STOCKADE_TRY(EnterNetwork(edit, actions));
  STOCKADE_TRY(TakeSysctls(edit, actions));
  STOCKADE_TRY(StageRoot(in, stage, edit, actions));
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  for (const Mount& mount : mounts) {
    if (mount.bind()) {
      STOCKADE_TRY(CheckUnmapped(in, edit, mount));
      STOCKADE_TRY(StageBind(in, stage, mount, IdsOf(mount), edit, actions));
    }
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
