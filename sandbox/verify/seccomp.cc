// SPDX-License-Identifier: Apache-2.0
#include "filters/verify_floor.h"
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {
namespace {

using base::Json;
using config::Mode;

#if defined(__x86_64__)
constexpr std::string_view kNative = "SCMP_ARCH_X86_64";
#elif defined(__aarch64__)
constexpr std::string_view kNative = "SCMP_ARCH_AARCH64";
#else
#error "no native seccomp architecture is known here"
#endif

bool Denies(const std::string& action) {
  return action == "SCMP_ACT_ERRNO" || action == "SCMP_ACT_KILL" ||
         action == "SCMP_ACT_KILL_PROCESS" || action == "SCMP_ACT_KILL_THREAD";
}

// Whether stockade-init is to install the class's filter. Where the class leaves that open it is
// what the document says, for either of them has to keep the whole promise.
bool ByInit(const Final& final) {
  const config::SeccompRule& rule = final.policy.seccomp;
  if (rule.complain || rule.installed_by == config::FilterInstaller::kDelegate) return false;
  if (rule.installed_by == config::FilterInstaller::kInit) return true;
  return !final.exec && TextAt(final.root, "/linux/seccomp/defaultAction") == "SCMP_ACT_ALLOW";
}

}  // namespace

void CheckSeccomp(const Final& final, Broken& broken) {
  const config::SeccompRule& rule = final.policy.seccomp;
  if (rule.mode == Mode::kOff) return;
  const bool by_init = ByInit(final);
  if (by_init || !final.init_filters.empty()) CheckInit(final, by_init, broken);
  if (final.exec) return;  // the rest comes from the container's own document
  const Json& seccomp = At(final.root, "/linux/seccomp");
  if (!seccomp.is_object()) {
    broken.Add("there is no seccomp section");
    return;
  }
  if (!TextAt(seccomp, "/listenerPath").empty()) {
    broken.Add("seccomp hands its listener to {}", TextAt(seccomp, "/listenerPath"));
  }
  const std::string action = TextAt(seccomp, "/defaultAction");
  const char* const lenient = by_init ? "SCMP_ACT_ALLOW" : rule.complain ? "SCMP_ACT_LOG" : nullptr;
  if (!Denies(action) && (lenient == nullptr || action != lenient)) {
    broken.Add("seccomp's default action is \"{}\", which does not refuse", action);
  }
  for (const std::string& architecture : TextsAt(seccomp, "/architectures")) {
    if (architecture != kNative && !Contains(rule.compat_architectures, architecture)) {
      broken.Add("seccomp opens the architecture {}, which the class does not", architecture);
    }
  }
  for (const std::string& flag : TextsAt(seccomp, "/flags")) {
    if (flag != "SECCOMP_FILTER_FLAG_LOG") broken.Add("seccomp carries the flag {}", flag);
  }
  if (by_init) {
    for (const Json& rule_entry : At(seccomp, "/syscalls")) {
      if (const std::string what = TextAt(rule_entry, "/action"); !Denies(what)) {
        broken.Add("the floor under stockade-init has a rule that says \"{}\"", what);
      }
    }
  }
  if (by_init || rule.complain)
    return;  // what is refused, call by call, is the promise of what init installs
  // ... and else of this object.
  const auto remaining = TextsAt(final.process, "/capabilities/bounding");
  for (const std::string& sentence :
       filters::BrokenFloorPromises(seccomp, rule.profile, remaining, rule.compat_architectures)) {
    broken.Add("{}", sentence);
  }
}

}  // namespace stockade::sandbox::verify
