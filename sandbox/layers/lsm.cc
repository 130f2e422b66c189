// SPDX-License-Identifier: Apache-2.0
// AppArmor and SELinux: what the class asks for, and the truth about what the running kernel
// enforces.
#include <string>

#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Status;
using config::Mode;

// "unconfined", a stack of it, or a name in another AppArmor namespace, whose meaning we cannot
// know.
bool IsUnconfinedProfile(const std::string& profile) {
  return profile == "unconfined" || profile.find("//&") != std::string::npos ||
         profile.starts_with(':');
}

// The type, third of "user:role:type:level", that container policies use for no confinement.
bool IsUnconfinedLabel(const std::string& label) {
  const std::string padded = label + ":";
  for (const char* type : {":spc_t:", ":unconfined_t:", ":unconfined_service_t:", ":init_t:",
                           ":kernel_t:", ":container_runtime_t:"}) {
    if (padded.find(type) != std::string::npos) return true;
  }
  return false;
}

Status AppArmor(const LayerInput& in, SpecEditor& edit) {
  const Mode mode = in.policy.lsm.apparmor_mode;
  if (mode == Mode::kOff) return {};
  const std::string pointer = edit.ProcessPointer("/apparmorProfile");
  STOCKADE_ASSIGN(const auto given, TextAt(edit.Root(), pointer));
  const std::string asked = given.value_or("");
  const std::string ours =
      in.policy.lsm.apparmor.empty() ? in.host.AppArmorDefault() : in.policy.lsm.apparmor;
  if (!in.host.Lsm().apparmor) {
    edit.Note(fmt::format("the running kernel has no AppArmor: the profile {} is not enforced",
                          asked.empty() ? ours : asked));
    return {};
  }
  const bool unconfined = IsUnconfinedProfile(asked);
  if (unconfined && mode == Mode::kRefuse) {
    return Refuse(in, "/lsm", "use appArmorProfile.type: RuntimeDefault", "{} is \"{}\"", pointer,
                  asked);
  }
  const std::string profile = asked.empty() || unconfined ? ours : asked;
  if (!in.host.AppArmorProfileLoaded(profile)) {
    return base::FailHint(ErrorKind::kHost, "load the profile on the node, or name another one",
                          "the AppArmor profile {} is not loaded (/lsm of {})", profile,
                          in.policy.OriginOf("/lsm").Text());
  }
  edit.Set(pointer, profile, "an AppArmor profile is on", "/lsm");
  return {};
}

Status SeLinux(const LayerInput& in, SpecEditor& edit) {
  const Mode mode = in.policy.lsm.selinux_mode;
  if (mode == Mode::kOff) return {};
  const std::string pointer = edit.ProcessPointer("/selinuxLabel");
  STOCKADE_ASSIGN(const auto given, TextAt(edit.Root(), pointer));
  const std::string asked = given.value_or("");
  if (!in.host.Lsm().selinux) {
    edit.Note("the running kernel has no SELinux: no label is enforced");
    return {};
  }
  const bool unconfined = IsUnconfinedLabel(asked);
  if (!asked.empty() && !unconfined) return {};
  const std::string& ours = in.policy.lsm.selinux;
  if (unconfined && (mode == Mode::kRefuse || ours.empty())) {
    return Refuse(in, "/lsm", "use another securityContext.seLinuxOptions.type", "{} is \"{}\"",
                  pointer, asked);
  }
  if (ours.empty()) {
    edit.Note("the container has no SELinux label, and the class names none");
    return {};
  }
  edit.Set(pointer, ours, "an SELinux label is on", "/lsm");
  return {};
}

}  // namespace

Status ApplyLsm(const LayerInput& in, SpecEditor& edit) {
  STOCKADE_TRY(AppArmor(in, edit));
  return SeLinux(in, edit);
}

}  // namespace stockade::sandbox
