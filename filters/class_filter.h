// SPDX-License-Identifier: Apache-2.0
// The class filter: a shipped profile as the program that stockade-init installs, so that neither a
// create nor an exec compiles anything; and the floor that the delegate installs under it.
//
//   if (const auto* shipped = ShippedProgram("restricted", remaining, {})) …   // made by the build
//   shipped->text;   // "0:IAAAAAQAAAA…", the stub's argument
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "config/class_policy.h"
#include "filters/bpf.h"

namespace stockade::filters {

// A profile that the build has compiled.
struct CompiledProfile {
  std::string_view profile;
  ProgramView program;
  std::string_view text;  // EncodeFilter(program, 0)
};

// All of them; the table is programs.cc, made by program_generator.cc.
std::span<const CompiledProfile> CompiledProfiles();

// The compiled `profile` for a container whose capabilities open nothing in it and whose class
// opens no other architecture, which is what the built-in classes give. nullptr for another:
// BuildFloor() and CompileSeccomp() make its program.
const CompiledProfile* ShippedProgram(std::string_view profile,
                                      const config::CapabilityNames& remaining,
                                      const std::vector<std::string>& compat_architectures);

// The `linux.seccomp` object for the delegate where stockade-init installs `profile` itself: what
// the profile refuses whatever the arguments is refused by number, the rest is left to the class
// filter. It holds for the stub's few instructions, costs the delegate nothing to compile, and its
// errnos are the profile's. Calls that a supervisor refuses (RefusedCalls()) are left to it.
// kPolicy error for an unknown profile or architecture.
base::Result<base::Json> BuildUnderFloor(std::string_view profile,
                                         const config::CapabilityNames& remaining,
                                         const std::vector<std::string>& compat_architectures,
                                         const std::vector<std::string_view>& supervised = {});

}  // namespace stockade::filters
