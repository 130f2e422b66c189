// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/start_by_init.h"

#include <algorithm>

#include "sandbox/init/protocol.h"
#include "sandbox/init_command.h"
#include "sandbox/layers/fields.h"
#include "sandbox/layers/mount_list.h"
#include "sandbox/layers/namespace_list.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;
using base::Status;

constexpr const char* kSetting = "/seccomp/installedBy";

bool IsExec(const SpecEditor& edit) { return edit.ProcessPointer("").empty(); }

// stockade-init must be reachable at its place and alone there. Where its mount stands already, in
// a document that has been through this layer, it is the last: one before others could be covered
// by them, also through a link of the image, and of two only one is made nobody's.
Status CheckPlace(const LayerInput& in, const SpecEditor& edit, const Json& mount) {
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  bool dev = false;
  for (const Mount& other : mounts) {
    dev = dev || (other.destination == "/dev" && other.type == "tmpfs");
    const bool covers = other.destination == init::kPath ||
                        other.destination.starts_with(init::kPath + std::string("/"));
    const bool last = &other == &mounts.back();
    if (covers && !(last && *base::Find(edit.Root(), other.pointer) == mount)) {
      return Refuse(in, kSetting, "mount it elsewhere",
                    "the mount at {} takes the place of the program that installs the filters",
                    other.destination);
    }
  }
  if (dev) return {};
  return Refuse(in, kSetting, "mount a tmpfs on /dev, as every engine does",
                "the container has no tmpfs on /dev for the program that installs the filters");
}

// Nobody in the container may look into stockade-init before its filters are on. In a user
// namespace without the host's root its file is nobody's; elsewhere the mount makes it so
// (staging.h), and CAP_SYS_PTRACE would look all the same.
Status CheckHidden(const LayerInput& in, const SpecEditor& edit) {
  STOCKADE_ASSIGN(const bool nobodys, LeavesOutHostRoot(edit.Root()));
  if (nobodys) return {};
  STOCKADE_ASSIGN(const auto remaining,
                  TextsAt(edit.Root(), edit.ProcessPointer("/capabilities/bounding")));
  if (std::ranges::find(remaining, "CAP_SYS_PTRACE") != remaining.end()) {
    return Refuse(in, kSetting, "give the pod a user namespace, or no CAP_SYS_PTRACE",
                  "a process with CAP_SYS_PTRACE could look into another one before its filters "
                  "are on");
  }
  return in.host.InitCanBeNobodys();
}

Status MountInit(const LayerInput& in, SpecEditor& edit) {
  STOCKADE_ASSIGN(const std::string program, in.host.InitProgram());
  const Json mount = InitMount(program);
  STOCKADE_ASSIGN(const Json* const mounts, ArrayAt(edit.Root(), "/mounts"));
  if (mounts != nullptr && std::find(mounts->begin(), mounts->end(), mount) != mounts->end()) {
    return {};
  }
  edit.Set("/mounts/-", mount, "the program that installs the filters", kSetting);
  return {};
}

}  // namespace

Status CanStartByInit(const LayerInput& in, const SpecEditor& edit) {
  STOCKADE_ASSIGN(const auto no_new_privileges,
                  FlagAt(edit.Root(), edit.ProcessPointer("/noNewPrivileges")));
  if (!no_new_privileges.value_or(false)) {
    return Refuse(in, kSetting, "set allowPrivilegeEscalation: false",
                  "a process with new privileges cannot install filters for itself");
  }
  const std::string arguments = edit.ProcessPointer("/args");
  STOCKADE_ASSIGN(const Json* const own, ArrayAt(edit.Root(), arguments));
  if (own == nullptr || own->empty()) {
    return base::Fail(ErrorKind::kSpec, "{}: there is no command", arguments);
  }
  if (IsExec(edit)) return {};
  STOCKADE_ASSIGN(const std::string program, in.host.InitProgram());
  STOCKADE_TRY(CheckPlace(in, edit, InitMount(program)));
  return CheckHidden(in, edit);
}

Status StartByInit(const LayerInput& in, SpecEditor& edit, std::vector<std::string> filters) {
  STOCKADE_TRY(CanStartByInit(in, edit));
  if (!IsExec(edit)) STOCKADE_TRY(MountInit(in, edit));
  const std::string arguments = edit.ProcessPointer("/args");
  edit.Set(arguments, WrapArguments(*base::Find(edit.Root(), arguments), filters),
           "stockade-init installs the filters before the workload starts", kSetting);
  edit.SetInitFilters(std::move(filters));
  return {};
}

}  // namespace stockade::sandbox
