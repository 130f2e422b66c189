// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/perform.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "sandbox/host/bind_source.h"
#include "sandbox/host/net_sysctl.h"
#include "sandbox/host/network.h"
#include "sandbox/host/rootfs.h"
#include "sandbox/host/stage.h"
#include "sandbox/host/standard_streams.h"
#include "sandbox/host/user_namespace.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::UniqueFd;
using Ids = StagedBind::Ids;

// The mappings that some mount needs; an empty descriptor is none.
struct Mappings {
  UniqueFd pod;
  UniqueFd nobody;

  int For(Ids ids) const {
    switch (ids) {
      case Ids::kAsTheyAre:
        return -1;
      case Ids::kOfThePod:
        return pod.get();
      case Ids::kNobody:
        return nobody.get();
    }
    return -1;
  }
};

struct PreparedMount {
  UniqueFd mount;
  std::string name;
  bool folder = false;
};

bool NeedsMounts(const HostActions& actions) {
  return actions.rootfs || !actions.binds.empty() || !actions.sysfs.empty();
}

bool AnyBind(const HostActions& actions, Ids ids) {
  return std::any_of(actions.binds.begin(), actions.binds.end(),
                     [&](const StagedBind& bind) { return bind.ids == ids; });
}

// What the layers promise of their list. A sysfs or a sysctl without a network namespace would be
// the host's.
base::Status Check(const HostActions& actions) {
  const char* fault = nullptr;
  const bool mapped_root = actions.rootfs && actions.rootfs->executable.empty();
  if (!actions.ids && (mapped_root || AnyBind(actions, Ids::kOfThePod))) {
    fault = "mounts with the ids of a pod, and no ids";
  } else if (actions.network_namespace.empty() &&
             (!actions.sysctls.empty() || !actions.sysfs.empty())) {
    fault = "a sysfs or sysctls, and no network namespace";
  } else if (actions.ids && actions.ids->first < IdRange::kSize) {
    fault = "ids that are the host's own";
  } else if (actions.ids && actions.ids->first > ~0U - IdRange::kSize) {
    fault = "ids beyond the last";
  }
  if (fault == nullptr) return {};
  return base::Fail(ErrorKind::kInternal, "host actions: {}", fault);
}

base::Result<Mappings> MakeMappings(const HostActions& actions) {
  Mappings mappings;
  if (actions.ids && (actions.rootfs || AnyBind(actions, Ids::kOfThePod))) {
    STOCKADE_ASSIGN(mappings.pod, MakeUserNamespace({0, actions.ids->first, IdRange::kSize}));
  }
  if (AnyBind(actions, Ids::kNobody)) {
    STOCKADE_ASSIGN(mappings.nobody, MakeUserNamespace(kNobodyMap));
  }
  return mappings;
}

base::Result<std::vector<PreparedMount>> PrepareBinds(const HostActions& actions,
                                                      const Mappings& mappings) {
  std::vector<PreparedMount> prepared;
  prepared.reserve(actions.binds.size() + 1);
  for (const StagedBind& bind : actions.binds) {
    STOCKADE_ASSIGN(const BindSource source, OpenBindSource(bind.source));
    STOCKADE_ASSIGN(UniqueFd mount, PrepareBind(bind, source, mappings.For(bind.ids)));
    prepared.push_back({std::move(mount), bind.name, source.folder});
  }
  return prepared;
}

base::Status EnterNetwork(const HostActions& actions) {
  if (actions.network_namespace.empty()) return {};
  STOCKADE_ASSIGN(const UniqueFd space, OpenNetworkNamespace(actions.network_namespace));
  STOCKADE_TRY(EnterNetworkNamespace(space.get(), actions.network_namespace));
  return WriteNetSysctls(actions.sysctls, actions.ids ? &*actions.ids : nullptr);
}

}  // namespace

base::Status PerformHostActions(const HostActions& actions, const std::string& state_directory) {
  STOCKADE_TRY(Check(actions));
  // What can fail comes first, and is made aside; it goes away with this process.
  STOCKADE_ASSIGN(const Mappings mappings, MakeMappings(actions));
  STOCKADE_ASSIGN(std::vector<PreparedMount> mounts, PrepareBinds(actions, mappings));
  std::optional<PreparedRootfs> rootfs;
  if (actions.rootfs) {
    STOCKADE_ASSIGN(rootfs,
                    PreparedRootfs::Prepare(*actions.rootfs, actions.ids, mappings.pod.get()));
  }
  STOCKADE_TRY(EnterNetwork(actions));
  if (!actions.sysfs.empty()) {
    STOCKADE_ASSIGN(UniqueFd sysfs, MakeSysfs());
    mounts.push_back({std::move(sysfs), actions.sysfs, /*folder=*/true});
  }
  if (rootfs) STOCKADE_TRY(rootfs->ChangeHost());
  if (NeedsMounts(actions)) {
    STOCKADE_ASSIGN(const Stage stage, Stage::Enter(state_directory));
    if (rootfs) STOCKADE_TRY(rootfs->PlaceOn(stage));
    for (const PreparedMount& each : mounts) {
      STOCKADE_TRY(stage.Place(each.mount.get(), each.name, each.folder));
    }
  }
  if (actions.ids) STOCKADE_TRY(GiveStreams(actions.stream_uid, actions.stream_gid));
  return {};
}

}  // namespace stockade::sandbox
