// SPDX-License-Identifier: Apache-2.0
// The ids of a container are not the host's. A user namespace that the engine made is checked and
// kept; where the class forces one, the pod's first container makes it and the others join it. What
// that takes of mounts and of the network namespace is staging.cc's business, after all layers.
#include <algorithm>
#include <array>

#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/namespace_list.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;
using config::UserNamespaceRule;

constexpr const char* kSetting = "/userNamespace";
// Below are the ids of the host's own users, by the habit of every distribution.
constexpr std::uint64_t kFirstPrivateId = 65536;
constexpr std::uint64_t kEndOfIds = 0xffffffff;

constexpr std::array<const char*, 2> kMappings{"/linux/uidMappings", "/linux/gidMappings"};

// What is wrong with a range of ids, "" if it is the pod's own.
std::string RangeProblem(std::uint64_t inside, std::uint64_t first, std::uint64_t size) {
  if (size == 0) return "maps nothing";
  if (size > kEndOfIds || first > kEndOfIds - size) return "goes beyond the last id";
  if (inside == 0 && first >= kFirstPrivateId) return "";
  return fmt::format("maps {} to {} and not 0 to an id of {} or more", inside, first,
                     kFirstPrivateId);
}

// What is wrong with a mapping that the engine wrote, "" if it is one range that is the pod's own.
Result<std::string> MappingProblem(const Json& spec, const std::string& list) {
  STOCKADE_ASSIGN(const std::size_t count, SizeAt(spec, list));
  if (count != 1) return fmt::format("has {} mappings and not one", count);
  STOCKADE_ASSIGN(const auto inside, UnsignedAt(spec, list + "/0/containerID"));
  STOCKADE_ASSIGN(const auto host, UnsignedAt(spec, list + "/0/hostID"));
  STOCKADE_ASSIGN(const auto size, UnsignedAt(spec, list + "/0/size"));
  return RangeProblem(inside.value_or(0), host.value_or(0), size.value_or(0));
}

// What is wrong with the ids that a namespace to join really has, whatever the document says.
std::string JoinedProblem(const HostView& host, const std::string& path) {
  const auto ids = host.UserNamespaceIds(path);
  if (!ids) return ids.error().message;
  for (const auto& list : {ids->uids, ids->gids}) {
    if (list.size() != 1) return fmt::format("{} has {} mappings and not one", path, list.size());
    const std::string problem = RangeProblem(list[0].inside, list[0].outside, list[0].count);
    if (!problem.empty()) return fmt::format("{} {}", path, problem);
  }
  return "";
}

// The user namespace that the engine wrote into the spec. A class that only keeps one would have
// taken none as well, and says what is the matter with it.
Status CheckGiven(const LayerInput& in, SpecEditor& edit, const NamespaceEntry& given) {
  std::string problem;
  if (!given.path.empty()) {
    STOCKADE_ASSIGN(const bool host, in.host.IsHostNamespace(given.path, "user"));
    problem =
        host ? fmt::format("{} is the host's", given.path) : JoinedProblem(in.host, given.path);
  }
  for (const char* list : kMappings) {
    STOCKADE_ASSIGN(const std::size_t count, SizeAt(edit.Root(), list));
    // A namespace to join has mappings already.
    if (!problem.empty() || (!given.path.empty() && count == 0)) continue;
    STOCKADE_ASSIGN(problem, MappingProblem(edit.Root(), list));
  }
  if (problem.empty()) return {};
  if (in.policy.user_namespace.force) {
    return Refuse(in, kSetting, "have the engine map one range of ids that is the pod's alone",
                  "the container's user namespace {}", problem);
  }
  edit.Note(fmt::format("the container's user namespace {}", problem));
  return {};
}

// The first of the host's namespaces that the container shares, "" if it shares none.
Result<std::string> SharedNamespace(const LayerInput& in, const std::vector<NamespaceEntry>& list) {
  for (const char* type : {"network", "pid", "ipc"}) {
    STOCKADE_ASSIGN(const bool shared, IsShared(list, type, in.host));
    if (shared) return type;
  }
  return "";
}

// A namespace of another container's cannot be joined from the pod's user namespace, which has no
// rights in it. The network is another matter: the host's part of a create enters it.
Status CheckJoined(const LayerInput& in, const std::vector<NamespaceEntry>& list) {
  for (const NamespaceEntry& entry : list) {
    if (entry.path.empty() || entry.type == "user" || entry.type == "network") continue;
    const std::string& pod = in.pod_ids->path;  // "": it is made for this container
    if (!pod.empty()) {
      STOCKADE_ASSIGN(const bool ours, in.host.BelongsTo(entry.path, pod));
      if (ours) continue;
    }
    return Refuse(
        in, kSetting,
        fmt::format("give the container a {} namespace of its own, make it one of the "
                    "same pod, let the engine make the user namespace as well (hostUsers: "
                    "false), or ask for a class that keeps the host's",
                    entry.type),
        "the {} namespace {} is another container's, in which the pod's user namespace "
        "has no rights",
        entry.type, entry.path);
  }
  return {};
}

// In a network namespace that was made before the pod's user namespace, no process of the pod is
// privileged, whatever its capabilities.
Status CheckNetworkAdmin(const LayerInput& in, const SpecEditor& edit) {
  for (const char* set : {"bounding", "effective", "permitted"}) {
    const std::string pointer = edit.ProcessPointer(fmt::format("/capabilities/{}", set));
    STOCKADE_ASSIGN(const auto names, TextsAt(edit.Root(), pointer));
    if (std::ranges::find(names, "CAP_NET_ADMIN") == names.end()) continue;
    return Refuse(in, kSetting,
                  "do without NET_ADMIN, or ask for a class that keeps the host's user namespace",
                  "the container asks for CAP_NET_ADMIN, which has no effect on a pod network that "
                  "the host's user namespace owns");
  }
  return {};
}

// A device node belongs to nobody in the user namespace: only what others may do with it counts.
Status CheckDevices(const LayerInput& in, SpecEditor& edit) {
  STOCKADE_ASSIGN(const std::size_t count, SizeAt(edit.Root(), "/linux/devices"));
  for (std::size_t i = 0; i < count; ++i) {
    STOCKADE_ASSIGN(const auto path, TextAt(edit.Root(), fmt::format("/linux/devices/{}/path", i)));
    if (!path) continue;
    const auto open_to_others = in.host.OthersMayOpen(*path);
    if (open_to_others && *open_to_others) continue;
    constexpr const char* kClause =
        "the device {} can only be opened by its owner or group, who are nobody in the container's "
        "user namespace";
    if (in.policy.user_namespace.keep_devices) {
      edit.Note(fmt::format(kClause, *path));
      continue;
    }
    return Refuse(in, "/userNamespace/devices",
                  fmt::format("chmod o+rw {} on the host (a udev rule), or ask for a class that "
                              "keeps the host's user namespace",
                              *path),
                  kClause, *path);
  }
  return {};
}

}  // namespace

bool NeedsPodIds(const config::ClassPolicy& policy, const Json& spec) {
  if (!policy.user_namespace.force) return false;
  const auto list = NamespacesOf(spec);  // what is wrong with it, the layers say
  return !list || std::ranges::find(*list, "user", &NamespaceEntry::type) == list->end();
}

Status ApplyUserNamespace(const LayerInput& in, SpecEditor& edit) {
  const UserNamespaceRule& rule = in.policy.user_namespace;
  STOCKADE_ASSIGN(const auto list, NamespacesOf(edit.Root()));
  const auto given = std::ranges::find(list, "user", &NamespaceEntry::type);
  if (given != list.end()) return CheckGiven(in, edit, *given);
  if (!rule.force) return {};

  STOCKADE_ASSIGN(const std::string shared, SharedNamespace(in, list));
  if (!shared.empty()) {
    if (!rule.share_host_namespaces) {
      return Refuse(in, "/userNamespace/hostNamespaces",
                    fmt::format("give the pod a {} namespace of its own", shared),
                    "the container shares the host's {} namespace, in which a user namespace of "
                    "its own has no rights",
                    shared);
    }
    edit.Note(fmt::format(
        "NO USER NAMESPACE: the container shares the host's {} namespace and stays in the host's "
        "user namespace",
        shared));
    return {};
  }
  const auto network = std::ranges::find(list, "network", &NamespaceEntry::type);
  if (!network->path.empty()) STOCKADE_TRY(CheckNetworkAdmin(in, edit));
  STOCKADE_TRY(CheckDevices(in, edit));
  if (!in.pod_ids) {
    return base::Fail(ErrorKind::kInternal, "no ids were found for the pod's user namespace");
  }
  STOCKADE_TRY(CheckJoined(in, list));

  constexpr const char* kWhy = "root in the container is nobody on the host";
  Json entry = {{"type", "user"}};
  if (!in.pod_ids->path.empty()) entry["path"] = in.pod_ids->path;
  edit.Set("/linux/namespaces/-", std::move(entry), kWhy, kSetting);
  Json mapping = Json::object();
  mapping["containerID"] = 0;
  mapping["hostID"] = in.pod_ids->range.first;
  mapping["size"] = IdRange::kSize;
  for (const char* mappings : kMappings) {
    Json whole = Json::array();
    whole.push_back(mapping);
    edit.Set(mappings, std::move(whole), kWhy, kSetting);
  }
  edit.SetIds(in.pod_ids->range);
  return {};
}

}  // namespace stockade::sandbox
