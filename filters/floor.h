// SPDX-License-Identifier: Apache-2.0
// The seccomp floor: a shipped profile (filters/profiles/*.json), expanded for one container, as
// the OCI object `linux.seccomp` that the delegate compiles and installs.
//
//   STOCKADE_ASSIGN(base::Json seccomp, BuildFloor("restricted", remaining_capabilities, {}));
//   edit.Set("/linux/seccomp", std::move(seccomp), "the class filters system calls",
//   "/seccomp/profile");
//
// The object needs nothing of the delegate beyond first principles: every rule compares with
// SCMP_CMP_MASKED_EQ on at most 32 bits where the kernel reads 32, no rule names an argument twice,
// and no value is allowed by one rule and refused by another, so that it means the same in whatever
// order a delegate adds its rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "config/class_policy.h"

namespace stockade::filters {

// The names of the shipped profiles: "baseline", "restricted", "isolated".
std::vector<std::string_view> FloorProfiles();

// The `linux.seccomp` object of `profile` for a container whose bounding set is `remaining`
// ("CAP_SYS_CHROOT") after the capability layer. Only the native architecture is open, and those in
// `compat_architectures` ("SCMP_ARCH_X86"). Deterministic: equal arguments give equal text.
// kPolicy error for an unknown profile or architecture.
base::Result<base::Json> BuildFloor(std::string_view profile,
                                    const config::CapabilityNames& remaining,
                                    const std::vector<std::string>& compat_architectures);

// The same object with every refusal turned into a line in the kernel's log: the call goes through.
// What it answers is no longer a promise.
base::Json Complaining(base::Json floor);

}  // namespace stockade::filters
