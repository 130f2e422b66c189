// SPDX-License-Identifier: Apache-2.0
// Delegates take orders from annotations: crun loads seccomp plugins and raw filters, opens files
// for hook output, keeps host groups, or swaps the whole handler; runc and crun set properties of
// the container's systemd unit and read CRIU's configuration. A pod's annotations may reach them.
#include <algorithm>
#include <array>

#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

// What each prefix steers, and where.
constexpr std::array<std::string_view, 5> kSteering{
    "run.oci.",               // crun, youki: handler, hooks, groups, seccomp, cgroups, time
    "org.criu.",              // runc, crun: CRIU's configuration file
    "org.systemd.property.",  // runc, crun, youki: any property of the systemd unit
    "module.wasm.",           // crun, youki: runs the image in an interpreter on the host side
    "krun.",                  // crun: settings of its virtual machine handler
};

bool Steers(std::string_view key) {
  return std::ranges::any_of(kSteering,
                             [&](std::string_view prefix) { return key.starts_with(prefix); });
}

}  // namespace

base::Status ApplyDelegateAnnotations(const LayerInput& in, SpecEditor& edit) {
  const config::DelegateAnnotationsRule& rule = in.policy.delegate_annotations;
  if (rule.mode == config::Mode::kOff) return {};
  STOCKADE_ASSIGN(const base::Json* annotations, ObjectAt(edit.Root(), "/annotations"));
  if (annotations == nullptr) return {};

  std::vector<std::string> unwanted;
  for (const auto& [key, value] : annotations->items()) {
    if (!Steers(key) || std::ranges::find(rule.allowed, key) != rule.allowed.end()) continue;
    if (rule.mode == config::Mode::kRefuse) {
      return Refuse(in, "/delegateAnnotations",
                    "remove the annotation from the pod, or have the admin list it in "
                    "delegateAnnotations.allowed",
                    "the annotation {} steers the container runtime", key);
    }
    unwanted.push_back(key);
  }
  for (const std::string& key : unwanted) {
    edit.Remove("/annotations/" + base::PointerToken(key),
                "a pod must not steer the runtime below the sandbox", "/delegateAnnotations");
  }
  return {};
}

}  // namespace stockade::sandbox
