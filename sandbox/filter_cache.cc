// SPDX-License-Identifier: Apache-2.0
#include "sandbox/filter_cache.h"

#include <fmt/ranges.h>

#include <cstring>

#include "filters/check_program.h"
#include "filters/floor.h"
#include "filters/pod_profile.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using filters::Program;

std::string Bytes(const Program& program) {
  return {reinterpret_cast<const char*>(program.data()), program.size() * sizeof(sock_filter)};
}

// The program of such bytes; empty for any others.
Program ProgramOf(std::string_view bytes) {
  const std::size_t count = bytes.size() / sizeof(sock_filter);
  if (bytes.size() % sizeof(sock_filter) != 0 || count == 0 || count > BPF_MAXINSNS) return {};
  Program program(count);
  std::memcpy(program.data(), bytes.data(), bytes.size());
  return program;
}

}  // namespace

Result<Program> FilterCache::Get(const Json& seccomp) const {
  const std::string question = "filter\n" + base::DumpJson(seccomp);
  if (const auto known = cache_.Find(question)) {
    if (Program program = ProgramOf(*known); !program.empty()) return program;
  }
  STOCKADE_ASSIGN(
      const std::string bytes,
      RunContained("compiling the seccomp profile", limits_, [&]() -> Result<std::string> {
        STOCKADE_ASSIGN(const Program program, filters::CompileChecked(seccomp));
        return Bytes(program);
      }));
  Program program = ProgramOf(bytes);
  if (program.empty()) {
    return base::Fail(ErrorKind::kSpec, "compiling the seccomp profile: no program came back");
  }
  cache_.Keep(question, bytes);
  return program;
}

Result<bool> FilterCache::Covers(std::string_view profile, const config::CapabilityNames& remaining,
                                 const std::vector<std::string>& compat_architectures,
                                 const Json& own) const {
  const std::string question =
      fmt::format("covered\n{}\n{}\n{}\n{}", profile, fmt::join(remaining, " "),
                  fmt::join(compat_architectures, " "), base::DumpJson(own));
  if (const auto known = cache_.Find(question); known == "yes" || known == "no") {
    return known == "yes";
  }
  STOCKADE_ASSIGN(const Json floor, filters::BuildFloor(profile, remaining, compat_architectures));
  const bool covered = !filters::FirstCallLost(own, floor);
  cache_.Keep(question, covered ? "yes" : "no");
  return covered;
}

}  // namespace stockade::sandbox
