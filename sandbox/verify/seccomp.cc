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

}  // namespace

void CheckSeccomp(const Final& final, Broken& broken) {
  const config::SeccompRule& rule = final.policy.seccomp;
  if (rule.mode == Mode::kOff) return;
  const Json& seccomp = At(final.root, "/linux/seccomp");
  if (!seccomp.is_object()) {
    broken.Add("there is no seccomp section");
    return;
  }
  if (!TextAt(seccomp, "/listenerPath").empty()) {
    broken.Add("seccomp hands its listener to {}", TextAt(seccomp, "/listenerPath"));
  }
  if (const std::string action = TextAt(seccomp, "/defaultAction"); !Denies(action)) {
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
  // What is refused, call by call, is the floor's own promise.
  const auto remaining = TextsAt(final.process, "/capabilities/bounding");
  for (const std::string& sentence :
       filters::BrokenFloorPromises(seccomp, rule.profile, remaining, rule.compat_architectures)) {
    broken.Add("{}", sentence);
  }
}

}  // namespace stockade::sandbox::verify
