// SPDX-License-Identifier: Apache-2.0
// That no id of the container is one of the host's, and that whatever the container mounts belongs
// to the ids that it has.
#include <algorithm>
#include <array>

#include "sandbox/init/protocol.h"
#include "sandbox/verify/mounts.h"
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {
namespace {

using base::Json;

constexpr std::uint64_t kFirstPrivateId = 65536;

std::uint64_t NumberAt(const Json& document, const char* pointer) {
  const Json& value = At(document, pointer);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

// One mapping of id 0 to a range that is not the host's; the pod's own range where it is ours.
void CheckMapping(const Final& final, const char* pointer, Broken& broken) {
  const Json& mappings = At(final.root, pointer);
  if (!mappings.is_array() || mappings.size() != 1) {
    broken.Add("{} is not one mapping", pointer);
    return;
  }
  const std::uint64_t first = NumberAt(mappings[0], "/hostID");
  const std::uint64_t size = NumberAt(mappings[0], "/size");
  if (NumberAt(mappings[0], "/containerID") != 0 || first < kFirstPrivateId || size == 0) {
    broken.Add("{} does not map 0 to ids of the pod's own", pointer);
  }
  const auto& ids = final.actions.ids;
  if (ids && (first != ids->first || size != IdRange::kSize)) {
    broken.Add("{} maps {} ids from {}, and the pod has {} from {}", pointer, size, first,
               IdRange::kSize, ids->first);
  }
}

// The same of the ids that a namespace to join really has.
bool HasIdsOfItsOwn(const HostView& host, const std::string& path) {
  const auto ids = host.UserNamespaceIds(path);
  const auto own = [](const std::vector<IdMap>& list) {
    return list.size() == 1 && list[0].inside == 0 && list[0].outside >= kFirstPrivateId;
  };
  return ids && own(ids->uids) && own(ids->gids);
}

// With ids of ours everything is staged: what is not would be nobody's in the container, or the
// host's root's.
void CheckStaged(const Final& final, Broken& broken) {
  if (!final.actions.rootfs) broken.Add("the root file system does not belong to the pod's ids");
  for (const Mount& mount : MountsOf(final, broken)) {
    if (!mount.IsBind()) continue;
    const auto staged =
        std::ranges::find(final.actions.binds, mount.destination, &StagedBind::destination);
    if (staged == final.actions.binds.end()) {
      broken.Add("{} is not staged", mount.Text());
    } else if (mount.destination == init::kPath && staged->ids == StagedBind::Ids::kOfThePod) {
      broken.Add("stockade-init would be a file of the pod's, which it could read");
    }
  }
}

}  // namespace

void CheckUserNamespace(const Final& final, Broken& broken) {
  const config::UserNamespaceRule& rule = final.policy.user_namespace;
  if (!rule.force) return;
  int entries = 0;
  std::string path;
  bool host_shared = false;
  for (const Json& entry : At(final.root, "/linux/namespaces")) {
    const std::string type = TextAt(entry, "/type");
    if (type != "user") continue;
    ++entries;
    path = TextAt(entry, "/path");
  }
  if (entries == 0 && rule.share_host_namespaces) {
    // The class lets containers that share a namespace of the host stay in its user namespace.
    for (const char* shared : {"network", "pid", "ipc"}) {
      host_shared = host_shared || !HasOwnNamespace(final, shared);
    }
    if (host_shared) return;
  }
  if (entries != 1) {
    broken.Add("the container has {} user namespaces and not one of its own", entries);
    return;
  }
  if (!path.empty()) {
    const auto is_host = final.host.IsHostNamespace(path, "user");
    if (!is_host || *is_host) broken.Add("the user namespace {} is the host's", path);
    // One of ours is known by its claim.
    if (!final.actions.ids && !HasIdsOfItsOwn(final.host, path)) {
      broken.Add("the user namespace {} has ids of the host's", path);
    }
  }
  for (const char* pointer : {"/linux/uidMappings", "/linux/gidMappings"}) {
    const bool joins = !path.empty() && At(final.root, pointer).is_null();
    if (!joins) CheckMapping(final, pointer, broken);
  }
  if (final.actions.ids) CheckStaged(final, broken);
}

}  // namespace stockade::sandbox::verify
