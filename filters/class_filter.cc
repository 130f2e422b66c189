// SPDX-License-Identifier: Apache-2.0
#include "filters/class_filter.h"

#include <algorithm>
#include <map>
#include <set>

#include "filters/floor.h"
#include "filters/profile_data.h"
#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

using base::Json;

// The calls of `profile` that nothing opens, by errno.
std::map<int, std::set<std::string_view>> NeverOpen(const Profile& profile,
                                                    const config::CapabilityNames& remaining,
                                                    bool native_only) {
  std::set<std::string_view> open;
  for (const CallGroup& group : profile.groups) {
    if (group.IsOpen(remaining)) open.insert(group.calls.begin(), group.calls.end());
  }
  std::map<int, std::set<std::string_view>> closed;
  for (const CallGroup& group : profile.groups) {
    if (group.IsOpen(remaining) || !group.when.empty()) continue;
    for (const std::string_view call : group.calls) {
      const bool ours = !native_only || SyscallNumber(std::string(call)).value_or(-1) >= 0;
      if (ours && !open.contains(call)) closed[group.error_number].insert(call);
    }
  }
  return closed;
}

}  // namespace

const CompiledProfile* ShippedProgram(std::string_view profile,
                                      const config::CapabilityNames& remaining,
                                      const std::vector<std::string>& compat_architectures) {
  const Profile* const data = FindProfile(profile);
  const auto compiled = std::ranges::find(CompiledProfiles(), profile, &CompiledProfile::profile);
  if (data == nullptr || compiled == CompiledProfiles().end() || !compat_architectures.empty()) {
    return nullptr;
  }
  const bool opened = std::ranges::any_of(data->groups, [&](const CallGroup& group) {
    return group.open == Open::kCapability && group.IsOpen(remaining);
  });
  return opened ? nullptr : &*compiled;
}

base::Result<Json> BuildUnderFloor(std::string_view profile_name,
                                   const config::CapabilityNames& remaining,
                                   const std::vector<std::string>& compat_architectures,
                                   const std::vector<std::string_view>& supervised) {
  const Profile* const profile = FindProfile(profile_name);
  if (profile == nullptr) return BuildFloor(profile_name, remaining, compat_architectures);
  Json::array_t architectures{NativeArchitecture()};
  for (const std::string& name : compat_architectures) architectures.emplace_back(name);
  Json::array_t entries;
  auto closed = NeverOpen(*profile, remaining, compat_architectures.empty());
  for (auto& [number, calls] : closed) {
    for (const std::string_view name : supervised) calls.erase(name);
    if (calls.empty()) continue;
    Json entry = Json::object();
    entry["names"] = Json(calls);
    entry["action"] = "SCMP_ACT_ERRNO";
    entry["errnoRet"] = static_cast<unsigned>(number);
    entries.push_back(std::move(entry));
  }
  Json floor = Json::object();
  floor["defaultAction"] = "SCMP_ACT_ALLOW";
  floor["architectures"] = std::move(architectures);
  floor["syscalls"] = std::move(entries);
  return floor;
}

}  // namespace stockade::filters
