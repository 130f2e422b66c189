// SPDX-License-Identifier: Apache-2.0
#include "filters/profile_oracle.h"

#include <algorithm>
#include <utility>

namespace stockade::filters {
namespace {

std::uint32_t Refusal(int error_number) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number);
}

}  // namespace

ProfileOracle::ProfileOracle(const Profile& profile, config::CapabilityNames remaining,
                             std::vector<std::string> compat_architectures)
    : profile_(profile),
      remaining_(std::move(remaining)),
      compat_architectures_(std::move(compat_architectures)) {
  for (const CallGroup& group : profile.groups) {
    for (const std::string_view name : group.calls) groups_[name].push_back(&group);
  }
}

const std::vector<const CallGroup*>& ProfileOracle::GroupsOf(std::string_view name) const {
  static const std::vector<const CallGroup*> kNone;
  const auto found = groups_.find(name);
  return found == groups_.end() ? kNone : found->second;
}

bool ProfileOracle::Matches(const CallGroup& group, const seccomp_data& call) {
  const auto holds = [&](const BitMatch& match) {
    return (call.args[match.index] & match.mask) == match.value;
  };
  return group.when.empty() ||
         std::ranges::any_of(group.when, [&](const std::span<const BitMatch> conjunction) {
           return std::ranges::all_of(conjunction, holds);
         });
}

Verdict ProfileOracle::Of(const seccomp_data& call) const {
  const Abi abi = AbiOf(call);
  Verdict verdict;
  verdict.name = CallName(call);
  if (abi != Abi::kNative && std::ranges::find(compat_architectures_, ArchitectureOf(abi)) ==
                                 compat_architectures_.end()) {
    verdict.answer = SECCOMP_RET_KILL_THREAD;
    verdict.opened_by_architecture = ArchitectureOf(abi);
    return verdict;
  }
  verdict.answer = Refusal(profile_.default_error_number);
  for (const CallGroup* const group : GroupsOf(verdict.name)) {
    if (!Matches(*group, call)) continue;
    verdict.group = group;
    if (group->IsOpen(remaining_)) {
      verdict.answer = SECCOMP_RET_ALLOW;
    } else {
      verdict.answer = Refusal(group->error_number);
      verdict.opened_by_capability = group->capabilities;
    }
    break;
  }
  return verdict;
}

}  // namespace stockade::filters
