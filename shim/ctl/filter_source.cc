// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/filter_source.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "config/base/file.h"
#include "config/class_loader.h"
#include "filters/check_program.h"
#include "filters/floor.h"
#include "filters/seccomp_compiler.h"
#include "filters/syscall_names.h"
#include "sandbox/init_command.h"

namespace stockade::ctl {
namespace {

using base::ErrorKind;

// "net_raw,CAP_KILL" as {"CAP_NET_RAW", "CAP_KILL"}; with `prefix` "SCMP_ARCH_" for architectures.
std::vector<std::string> List(const std::string& text, const std::string& prefix) {
  std::vector<std::string> names;
  std::string name;
  for (const char c : text + ",") {
    if (c == ',') {
      if (!name.empty() && name != "NONE") {
        names.push_back(name.starts_with(prefix) ? name : prefix + name);
      }
      name.clear();
    } else if (c != ' ') {
      name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  return names;
}

// Every capability that opens a call: what a container may hold whose class takes none away.
config::CapabilityNames Openers(const filters::Profile& profile) {
  config::CapabilityNames names;
  for (const filters::CallGroup& group : profile.groups) {
    names.insert(names.end(), group.capabilities.begin(), group.capabilities.end());
  }
  return names;
}

// Applies the options and makes the object and the program.
base::Result<FilterSource> Finish(FilterSource source, const Request& request) {
  if (source.profile != nullptr) {
    if (request.Has("capabilities")) source.remaining = List(request.Value("capabilities"), "CAP_");
    if (request.Has("architectures")) {
      source.compat_architectures = List(request.Value("architectures"), "SCMP_ARCH_");
    }
    STOCKADE_ASSIGN(source.seccomp, filters::BuildFloor(source.profile->name, source.remaining,
                                                        source.compat_architectures));
  }
  auto program = filters::CompileSeccomp(source.seccomp);
  if (!program) return tl::unexpected(program.error().Within(source.title));
  source.program = *std::move(program);
  if (const auto wrong = filters::CheckProgram(source.program, source.seccomp)) {
    return base::FailHint(ErrorKind::kSpec,
                          "use rules of SCMP_CMP_EQ and SCMP_CMP_MASKED_EQ, one for each argument",
                          "{}: {}", source.title, *wrong);
  }
  return source;
}

base::Result<FilterSource> OfFile(const std::string& path, const Request& request) {
  STOCKADE_ASSIGN(const std::string text, base::ReadFile(path, base::kSpecLimits.max_bytes));
  STOCKADE_ASSIGN(const base::ParsedJson parsed,
                  base::ParseJson(text, base::kSpecLimits, path, ErrorKind::kSpec));
  const base::Json* seccomp = base::Find(parsed.value, "/linux/seccomp");
  if (seccomp == nullptr && parsed.value.is_object() && parsed.value.contains("defaultAction")) {
    seccomp = &parsed.value;
  }
  if (seccomp == nullptr) {
    return base::FailHint(ErrorKind::kSpec, "name a config.json, or a seccomp profile as in OCI",
                          "{}: neither /linux/seccomp nor /defaultAction", path);
  }
  const base::Json* const process = base::Find(parsed.value, "/process");
  if (process != nullptr && !sandbox::InitFiltersOf(*process).empty()) {
    return base::FailHint(ErrorKind::kSpec, "ask about the class instead: class:NAME",
                          "{}: stockade-init installs its filter, /linux/seccomp is the floor "
                          "under it",
                          path);
  }
  FilterSource source;
  source.title = path;
  source.seccomp = *seccomp;
  return Finish(std::move(source), request);
}

base::Result<FilterSource> OfProfile(const filters::Profile& profile, const Request& request) {
  FilterSource source;
  source.title = fmt::format("profile {}", profile.name);
  source.profile = &profile;
  return Finish(std::move(source), request);
}

}  // namespace

base::Result<FilterSource> FilterOfClass(const config::ClassPolicy& policy,
                                         const Request& request) {
  if (policy.seccomp.mode == config::Mode::kOff) {
    return base::FailHint(ErrorKind::kPolicy,
                          "the engine's own filter is in the container's config.json",
                          "class {} leaves system calls to the engine ({})", policy.name,
                          policy.OriginOf("/seccomp/mode").Text());
  }
  FilterSource source;
  source.title = "class " + policy.name;
  source.profile = filters::FindProfile(policy.seccomp.profile);
  if (source.profile == nullptr) {
    return base::FailHint(
        ErrorKind::kPolicy, fmt::format("one of: {}", fmt::join(filters::FloorProfiles(), ", ")),
        "class {}: there is no seccomp profile \"{}\"", policy.name, policy.seccomp.profile);
  }
  source.remaining = policy.capabilities.mode == config::Mode::kOff ? Openers(*source.profile)
                                                                    : policy.capabilities.ceiling;
  source.compat_architectures = policy.seccomp.compat_architectures;
  return Finish(std::move(source), request);
}

base::Result<FilterSource> FindFilter(const std::string& name, const Request& request) {
  if (name.find('/') != std::string::npos || name.ends_with(".json")) return OfFile(name, request);
  const bool is_class = name.starts_with("class:");
  const bool is_profile = name.starts_with("profile:");
  const std::string bare = is_class || is_profile ? name.substr(name.find(':') + 1) : name;
  const filters::Profile* const profile = is_class ? nullptr : filters::FindProfile(bare);
  if (profile != nullptr) return OfProfile(*profile, request);
  if (is_profile) {
    return base::FailHint(ErrorKind::kUsage,
                          fmt::format("one of: {}", fmt::join(filters::FloorProfiles(), ", ")),
                          "there is no profile \"{}\"", bare);
  }
  STOCKADE_ASSIGN(const config::ClassPolicy policy,
                  config::LoadClass(bare, {request.node.class_directories}));
  return FilterOfClass(policy, request);
}

}  // namespace stockade::ctl
