// SPDX-License-Identifier: Apache-2.0
#include "sandbox/staged_binds.h"

#include <algorithm>
#include <array>

#include "config/glob.h"
#include "sandbox/init/protocol.h"
#include "sandbox/layers/fields.h"
#include "sandbox/layers/mount_list.h"
#include "sandbox/layers/namespace_list.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using base::Status;

constexpr const char* kLayer = "user namespace";
constexpr const char* kSetting = "/userNamespace";

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

bool HasNamespace(const std::vector<NamespaceEntry>& list, std::string_view type, bool joined) {
  const auto entry = std::ranges::find(list, type, &NamespaceEntry::type);
  return entry != list.end() && (!joined || !entry->path.empty());
}

}  // namespace

Status StageBinds(const LayerInput& in, const std::string& stage, SpecEditor& edit,
                  HostActions& actions) {
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  for (const Mount& mount : mounts) {
    if (!mount.bind()) continue;
    STOCKADE_TRY(CheckUnmapped(in, edit, mount));
    STOCKADE_TRY(StageBind(in, stage, mount, IdsOf(mount), edit, actions));
  }
  return {};
}

Status StageForgotten(const LayerInput& in, const std::string& stage, SpecEditor& edit,
                      HostActions& actions) {
  STOCKADE_ASSIGN(const auto namespaces, NamespacesOf(edit.Root()));
  if (!HasNamespace(namespaces, "user", /*joined=*/false)) return {};
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  for (Mount mount : mounts) {
    if (!mount.bind() || mount.destination == init::kPath) continue;
    const bool absolute = mount.source.starts_with('/');
    STOCKADE_ASSIGN(
        mount.source,
        in.host.Resolve(absolute ? mount.source : in.container.bundle + "/" + mount.source));
    if (!MayBeForgotten(mount.options, in.host.IsDirectory(mount.source))) continue;
    edit.StartLayer(kLayer);
    STOCKADE_TRY(StageBind(in, stage, mount, StagedBind::Ids::kAsTheyAre, edit, actions));
  }
  return {};
}

Status RepeatFlags(SpecEditor& edit) {
  STOCKADE_ASSIGN(const auto namespaces, NamespacesOf(edit.Root()));
  if (!HasNamespace(namespaces, "user", /*joined=*/false)) return {};
  edit.StartLayer(kLayer);
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  for (const Mount& mount : mounts) {
    const bool joined = (mount.type == "proc" && HasNamespace(namespaces, "pid", true)) ||
                        (mount.type == "mqueue" && HasNamespace(namespaces, "ipc", true));
    if (!joined) continue;
    MountOptions options = mount.options;
    for (const std::string& flag : TighteningFlags(mount.options)) {
      if (flag.starts_with('r')) continue;  // "ro" is not forgotten, and "rnoexec" is recursive
      options = Force(std::move(options), {fmt::format("r{}", flag)});
    }
    if (options == mount.options) continue;
    edit.Set(mount.pointer + "/options", Json(options), "said so that every delegate sets them",
             kSetting);
  }
  return {};
}

}  // namespace stockade::sandbox
