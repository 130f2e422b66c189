// SPDX-License-Identifier: Apache-2.0
// The promises of the seccomp floor, checked on the finished `linux.seccomp` object without the
// code or the data that made it. What must be refused stands in a table of its own
// (verify_floor.cc).
//
//   for (const std::string& broken : BrokenFloorPromises(final, "restricted", remaining, {})) …
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/json.h"
#include "config/class_policy.h"

namespace stockade::filters {

// Each promise of the shipped profile `profile` that `seccomp` breaks, one sentence each; empty if
// all hold. `remaining` is the container's final bounding set: calls that belong to one of
// these capabilities may be open. A profile that this table does not know is a broken promise.
std::vector<std::string> BrokenFloorPromises(const base::Json& seccomp, std::string_view profile,
                                             const config::CapabilityNames& remaining,
                                             const std::vector<std::string>& compat_architectures);

}  // namespace stockade::filters
