// SPDX-License-Identifier: Apache-2.0
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {

using config::Mode;

namespace {

// No confinement, or a name whose meaning lies in another AppArmor namespace or a stack.
bool IsUnconfinedProfile(const std::string& profile) {
  return profile.empty() || profile == "unconfined" || profile.starts_with(':') ||
         profile.find("//&") != std::string::npos;
}

// The types (third of user:role:type:level) that mean no confinement in the policies of containers.
bool IsUnconfinedLabel(const std::string& label) {
  for (const char* type : {"spc_t", "unconfined_t", "unconfined_service_t", "container_runtime_t",
                           "init_t", "kernel_t"}) {
    if ((label + ":").find(fmt::format(":{}:", type)) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

void CheckLsm(const Final& final, Broken& broken) {
  const config::LsmRule& rule = final.policy.lsm;
  const LsmFacts kernel = final.host.Lsm();
  if (rule.apparmor_mode != Mode::kOff && kernel.apparmor) {
    const std::string profile = TextAt(final.process, "/apparmorProfile");
    if (IsUnconfinedProfile(profile)) {
      broken.Add("the process has no AppArmor profile that confines it (\"{}\")", profile);
    } else if (!final.host.AppArmorProfileLoaded(profile)) {
      broken.Add("the AppArmor profile {} is not loaded", profile);
    }
  }
  if (rule.selinux_mode != Mode::kOff && kernel.selinux) {
    const std::string label = TextAt(final.process, "/selinuxLabel");
    // Without a label of its own the class can only keep what the engine gives.
    if (label.empty() && !rule.selinux.empty()) broken.Add("the process has no SELinux label");
    if (IsUnconfinedLabel(label)) broken.Add("the SELinux label {} confines nothing", label);
  }
}

}  // namespace stockade::sandbox::verify
