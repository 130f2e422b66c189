// SPDX-License-Identifier: Apache-2.0
// The promises of a profile, checked on the program that the kernel will run: by every answer that
// a call can get, whatever the arguments that a promise leaves open. Nothing here knows who
// compiled it.
//
//   for (const std::string& broken : BrokenProgramPromises(program, "restricted", remaining, {})) …
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/class_policy.h"
#include "filters/bpf.h"

namespace stockade::filters {

// A later filter that hands some calls to a supervisor, and the names of those that it refuses.
struct Supervised {
  ProgramView notify;
  std::vector<std::string_view> refused;
};

// Each promise of `profile` that `program` breaks, one sentence each; empty if all hold. As
// BrokenFloorPromises(), for a program. A refused call of `supervised` counts as refused where its
// filter hands it over whatever the arguments.
std::vector<std::string> BrokenProgramPromises(ProgramView program, std::string_view profile,
                                               const config::CapabilityNames& remaining,
                                               const std::vector<std::string>& compat_architectures,
                                               const Supervised& supervised = {});

}  // namespace stockade::filters
