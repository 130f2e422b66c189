// SPDX-License-Identifier: Apache-2.0
// May a pod's own `linux.seccomp` be replaced by the floor? Only if the floor allows nothing that
// the pod's profile refuses. An engine's default profile, of any engine and release, passes by what
// it means; a stricter profile of the pod's own does not, and the answer names the call that would
// be lost.
//
//   if (const auto lost = FirstCallLost(pod_profile, floor)) {
//     return Fail(ErrorKind::kSpec, "… {} {}", lost->call, lost->reason);
//   }
//
// Calls that are newer than everything the profile names do not count: a default that was written
// before a call existed does not refuse it on purpose. Only calls newer than Linux 5.15 are excused
// so, for every engine that can meet us has a default that reaches it.
#pragma once

#include <optional>
#include <string>

#include "config/base/json.h"

namespace stockade::filters {

// Why the floor may not stand in for a profile.
struct RefusedCall {
  std::string call;  // the system call's name, or "" when it is the profile as a whole
  // What befalls the call, or what the profile does: "is refused by the pod's own profile",
  // "asks for a notification listener".
  std::string reason;
};

// Nothing if the floor is at least as strict as `pod_profile` for every call, argument value and
// architecture that the floor opens; else the lowest-numbered call that is not. Anything in
// the profile that cannot be proved harmless (an unknown action or operator, a listener, sizes
// beyond limits) is an answer too: the function fails closed and never throws.
std::optional<RefusedCall> FirstCallLost(const base::Json& pod_profile, const base::Json& floor);

}  // namespace stockade::filters
