// SPDX-License-Identifier: Apache-2.0
// The shipped profiles (filters/profiles/*.json) as tables. The build turns each into constants
// (profile_compiler.cc), merged over what it extends, so that no create reads JSON for them.
//
//   const Profile* const profile = FindProfile("restricted");
//   for (const CallGroup& group : profile->groups) …            // every call with its reason
#pragma once

#include <span>
#include <string_view>

#include "config/class_policy.h"
#include "filters/argument_sets.h"

namespace stockade::filters {

// When the calls of a group go through.
enum class Open {
  kAlways,
  kNever,
  kCapability,  // while one of the group's capabilities remains in the bounding set
};

// Calls that are decided together, for one reason.
struct CallGroup {
  std::string_view id;
  std::string_view reason;    // a sentence
  std::string_view fallback;  // what software does when a call is refused; "" if always open
  Open open = Open::kNever;
  std::span<const std::string_view> capabilities;
  int error_number = 0;  // the errno of a closed call; 0 if always open
  std::span<const std::string_view> calls;
  // The argument values that the group is about, any one of them; empty: every call.
  std::span<const std::span<const BitMatch>> when;

  // True if the group's calls are allowed with these capabilities in the bounding set.
  bool IsOpen(const config::CapabilityNames& remaining) const;
};

struct Profile {
  std::string_view name;
  int default_error_number = 0;  // the errno of a call that no group decides
  std::span<const CallGroup> groups;
};

// All shipped profiles.
std::span<const Profile> Profiles();

// The profile `name`, or nullptr.
const Profile* FindProfile(std::string_view name);

}  // namespace stockade::filters
