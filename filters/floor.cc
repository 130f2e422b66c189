// SPDX-License-Identifier: Apache-2.0
#include "filters/floor.h"

#include <utility>

#include "filters/profile_data.h"
#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

using base::Json;

// One entry of `linux.seccomp.syscalls`.
Json Entry(Json names, const char* action, int error_number, const BitMatches& matches) {
  Json entry = {{"names", std::move(names)}, {"action", action}};
  if (error_number != 0) entry["errnoRet"] = error_number;
  if (!matches.empty()) {
    Json& args = entry["args"] = Json::array();
    for (const BitMatch& match : matches) {
      args.push_back({{"index", match.index},
                      {"value", match.mask},
                      {"valueTwo", match.value},
                      {"op", "SCMP_CMP_MASKED_EQ"}});
    }
  }
  return entry;
}

// The group's calls that one of the open architectures has. Naming the others would only cost the
// delegate time.
Json CallsOf(const CallGroup& group, bool native_only) {
  Json names = Json::array();
  for (const std::string& call : group.calls) {
    if (!native_only || SyscallNumber(call).value_or(-1) >= 0) names.push_back(call);
  }
  return names;
}

}  // namespace

std::vector<std::string_view> FloorProfiles() { return ProfileNames(); }

base::Result<Json> BuildFloor(std::string_view profile_name,
                              const config::CapabilityNames& remaining,
                              const std::vector<std::string>& compat_architectures) {
  STOCKADE_ASSIGN(const Profile profile, LoadProfile(profile_name));
  Json architectures = Json::array({NativeArchitecture()});
  for (const std::string& architecture : compat_architectures) {
    if (!IsCompatArchitecture(architecture)) {
      return base::Fail(base::ErrorKind::kPolicy, "{} cannot run {} programs", NativeArchitecture(),
                        architecture);
    }
    architectures.push_back(architecture);
  }

  // Calls that are open whatever their arguments share one entry, so that the document stays small.
  Json always = Json::array();
  Json entries = Json::array();
  for (const CallGroup& group : profile.groups) {
    Json names = CallsOf(group, compat_architectures.empty());
    if (names.empty()) continue;
    const bool open = group.IsOpen(remaining);
    if (open && group.when.empty()) {
      for (Json& name : names) always.push_back(std::move(name));
      continue;
    }
    // Delegates drop a rule whose answer is the default's; leaving it out says the same honestly.
    if (!open && group.error_number == profile.default_error_number) continue;
    const char* const action = open ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO";
    const int error_number = open ? 0 : group.error_number;
    if (group.when.empty()) entries.push_back(Entry(names, action, error_number, {}));
    for (const BitMatches& matches : group.when) {
      entries.push_back(Entry(names, action, error_number, matches));
    }
  }
  entries.insert(entries.begin(), Entry(std::move(always), "SCMP_ACT_ALLOW", 0, {}));

  return Json{{"defaultAction", "SCMP_ACT_ERRNO"},
              {"defaultErrnoRet", profile.default_error_number},
              {"architectures", std::move(architectures)},
              {"syscalls", std::move(entries)}};
}

}  // namespace stockade::filters
