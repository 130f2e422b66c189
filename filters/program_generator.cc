// SPDX-License-Identifier: Apache-2.0
// Runs during the build: compiles every shipped profile for a container without capabilities and
// prints the C++ that defines CompiledProfiles() of class_filter.h.
//
//   program_generator > programs.cc
#include <fmt/format.h>

#include <cstdio>

#include "filters/filter_text.h"
#include "filters/floor.h"
#include "filters/seccomp_compiler.h"

namespace stockade::filters {
namespace {

base::Result<Program> CompileProfile(std::string_view profile) {
  STOCKADE_ASSIGN(const base::Json object, BuildFloor(profile, {}, {}));
  return CompileSeccomp(object);
}

int Generate() {
  fmt::print(
      "// Made by filters/program_generator.cc; do not edit.\n"
      "#include \"filters/class_filter.h\"\n\nnamespace stockade::filters {{\nnamespace {{\n\n");
  std::string rows;
  for (const std::string_view profile : FloorProfiles()) {
    const auto program = CompileProfile(profile);
    if (!program) {
      fmt::print(stderr, "{}: {}\n", profile, program.error().Text());
      return 1;
    }
    fmt::print("constexpr sock_filter k_{}[] = {{\n", profile);
    for (const sock_filter& at : *program) {
      fmt::print("    {{{:#x}, {}, {}, {:#x}}},\n", at.code, at.jt, at.jf, at.k);
    }
    fmt::print("}};\n\n");
    rows +=
        fmt::format("    {{\"{0}\", k_{0},\n     \"{1}\"}},\n", profile, EncodeFilter(*program, 0));
  }
  fmt::print(
      "constexpr CompiledProfile kCompiled[] = {{\n{}}};\n\n}}  // namespace\n\n"
      "std::span<const CompiledProfile> CompiledProfiles() {{ return kCompiled; }}\n\n"
      "}}  // namespace stockade::filters\n",
      rows);
  return 0;
}

}  // namespace
}  // namespace stockade::filters

int main() { return stockade::filters::Generate(); }
