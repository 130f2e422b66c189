// SPDX-License-Identifier: Apache-2.0
#include "filters/floor.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "filters/profile_data.h"
#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

using base::Json;
using Members = Json::object_t::Container;

// An object of `members`, without the look-ups and copies that building it key by key would cost.
Json Object(std::initializer_list<std::pair<const char*, Json>> members) {
  Json::object_t object;
  Members& list = object;
  list.reserve(members.size() + 1);
  for (const auto& [key, value] : members) list.emplace_back(key, value);
  return object;
}

Json Arguments(std::span<const BitMatch> matches) {
  Json::array_t args;
  args.reserve(matches.size());
  for (const BitMatch& match : matches) {
    args.push_back(Object({{"index", match.index},
                           {"value", match.mask},
                           {"valueTwo", match.value},
                           {"op", "SCMP_CMP_MASKED_EQ"}}));
  }
  return args;
}

// One entry of `linux.seccomp.syscalls`.
Json Entry(Json names, bool open, int error_number, std::span<const BitMatch> matches) {
  Json::object_t object;
  Members& entry = object;
  entry.reserve(4);
  entry.emplace_back("names", std::move(names));
  entry.emplace_back("action", open ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO");
  if (!open) entry.emplace_back("errnoRet", static_cast<unsigned>(error_number));
  if (!matches.empty()) entry.emplace_back("args", Arguments(matches));
  return object;
}

// The group's calls that one of the open architectures has. Naming the others would only cost the
// delegate time.
Json::array_t CallsOf(const CallGroup& group, bool native_only) {
  Json::array_t names;
  names.reserve(group.calls.size());
  for (const std::string_view call : group.calls) {
    if (!native_only || SyscallNumber(std::string(call)).value_or(-1) >= 0)
      names.emplace_back(call);
  }
  return names;
}

}  // namespace

std::vector<std::string_view> FloorProfiles() {
  std::vector<std::string_view> names;
  for (const Profile& profile : Profiles()) names.push_back(profile.name);
  return names;
}

base::Result<Json> BuildFloor(std::string_view profile_name,
                              const config::CapabilityNames& remaining,
                              const std::vector<std::string>& compat_architectures) {
  const Profile* const profile = FindProfile(profile_name);
  if (profile == nullptr) {
    return base::FailHint(base::ErrorKind::kPolicy,
                          fmt::format("one of: {}", fmt::join(FloorProfiles(), ", ")),
                          "there is no seccomp profile \"{}\"", profile_name);
  }
  Json::array_t architectures{NativeArchitecture()};
  for (const std::string& architecture : compat_architectures) {
    if (!IsCompatArchitecture(architecture)) {
      return base::Fail(base::ErrorKind::kPolicy, "{} cannot run {} programs", NativeArchitecture(),
                        architecture);
    }
    architectures.emplace_back(architecture);
  }

  // Calls that are open whatever their arguments share the first entry, so that the document stays
  // small.
  Json::array_t always;
  Json::array_t entries(1);
  for (const CallGroup& group : profile->groups) {
    Json::array_t names = CallsOf(group, compat_architectures.empty());
    if (names.empty()) continue;
    const bool open = group.IsOpen(remaining);
    if (open && group.when.empty()) {
      std::ranges::move(names, std::back_inserter(always));
      continue;
    }
    // Delegates drop a rule whose answer is the default's; leaving it out says the same honestly.
    if (!open && group.error_number == profile->default_error_number) continue;
    if (group.when.empty()) entries.push_back(Entry(names, open, group.error_number, {}));
    for (const std::span<const BitMatch> matches : group.when) {
      entries.push_back(Entry(names, open, group.error_number, matches));
    }
  }
  entries.front() = Entry(std::move(always), true, 0, {});

  return Json{{"defaultAction", "SCMP_ACT_ERRNO"},
              {"defaultErrnoRet", static_cast<unsigned>(profile->default_error_number)},
              {"architectures", std::move(architectures)},
              {"syscalls", std::move(entries)}};
}

Json Complaining(Json floor) {
  const auto relent = [](Json& object, const char* action, const char* error_number) {
    if (object.value(action, "") != "SCMP_ACT_ERRNO") return;
    object[action] = "SCMP_ACT_LOG";
    object.erase(error_number);
  };
  relent(floor, "defaultAction", "defaultErrnoRet");
  for (Json& entry : floor["syscalls"]) relent(entry, "action", "errnoRet");
  return floor;
}

}  // namespace stockade::filters
