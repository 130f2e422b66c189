// SPDX-License-Identifier: Apache-2.0
#include "filters/floor.h"
#include "filters/pod_profile.h"
#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

constexpr const char* kPointer = "/linux/seccomp";
constexpr const char* kSetting = "/seccomp/profile";
constexpr const char* kHint =
    "use seccompProfile.type: RuntimeDefault, or none; the class brings its own filter";

}  // namespace

base::Status ApplySeccompFloor(const LayerInput& in, SpecEditor& edit) {
  const config::SeccompRule& rule = in.policy.seccomp;
  if (rule.mode == config::Mode::kOff) return {};
  STOCKADE_ASSIGN(const auto remaining,
                  TextsAt(edit.Root(), edit.ProcessPointer("/capabilities/bounding")));
  STOCKADE_ASSIGN(base::Json floor,
                  filters::BuildFloor(rule.profile, remaining, rule.compat_architectures));
  STOCKADE_ASSIGN(const base::Json* own, ObjectAt(edit.Root(), kPointer));
  if (own == nullptr && rule.mode == config::Mode::kRefuse) {
    return Refuse(in, "/seccomp", "use seccompProfile.type: RuntimeDefault",
                  "the container asks for no system call filter");
  }
  if (own != nullptr && *own != floor) {
    STOCKADE_ASSIGN(const auto listener, TextAt(edit.Root(), "/linux/seccomp/listenerPath"));
    if (listener.value_or("") != "") {
      return Refuse(in, kSetting, kHint, "{}/listenerPath hands system calls to {}", kPointer,
                    *listener);
    }
    // Stricter than the floor in any one call: nothing of a pod's own may be lost.
    if (const auto lost = filters::FirstCallLost(*own, floor)) {
      return Refuse(
          in, kSetting, kHint,
          "the pod has a seccomp profile of its own that is stricter than the class's ({} {})",
          lost->call.empty() ? "it" : lost->call, lost->reason);
    }
  }
  edit.Set(kPointer, std::move(floor), "the class decides which system calls are reachable",
           kSetting);
  return {};
}

}  // namespace stockade::sandbox
