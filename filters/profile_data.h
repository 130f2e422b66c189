// SPDX-License-Identifier: Apache-2.0
// The shipped profiles as data (filters/profiles/*.json), read strictly and merged over what they extend.
//
//   STOCKADE_ASSIGN(const Profile profile, LoadProfile("restricted"));
//   for (const CallGroup& group : profile.groups) …            // every call with its reason
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/class_policy.h"
#include "filters/argument_sets.h"

namespace stockade::filters {

// Calls that are decided together, for one reason.
struct CallGroup {
  enum class Open {
    kAlways,
    kNever,
    kCapability,  // while one of `capabilities` remains in the bounding set
  };
  std::string id;
  std::string reason;    // a sentence
  std::string fallback;  // what software does when a call of the group is refused; "" if always open
  Open open = Open::kNever;
  config::CapabilityNames capabilities;
  int error_number = 0;  // the errno of a closed call; 0 leaves it to the profile's default
  std::vector<std::string> calls;
  // The argument values that the group is about, any one of them; empty: every call.
  std::vector<BitMatches> when;

  // True if the group's calls are allowed with these capabilities in the bounding set.
  bool IsOpen(const config::CapabilityNames& remaining) const;
};

struct Profile {
  std::string name;
  int default_error_number = 0;  // the errno of a call that no group decides
  std::vector<CallGroup> groups;
};

// The profile `name`. A call that an extending profile names is taken out of the groups that it
// extends. kPolicy error for an unknown name; kInternal if the shipped data is not what it must be.
base::Result<Profile> LoadProfile(std::string_view name);

// The names of all shipped profiles.
std::vector<std::string_view> ProfileNames();

}  // namespace stockade::filters
