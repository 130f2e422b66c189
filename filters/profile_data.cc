// SPDX-License-Identifier: Apache-2.0
#include "filters/profile_data.h"

#include <algorithm>

namespace stockade::filters {

bool CallGroup::IsOpen(const config::CapabilityNames& remaining) const {
  if (open != Open::kCapability) return open == Open::kAlways;
  return std::ranges::any_of(capabilities, [&](std::string_view capability) {
    return std::ranges::find(remaining, capability) != remaining.end();
  });
}

const Profile* FindProfile(std::string_view name) {
  const auto found = std::ranges::find(Profiles(), name, &Profile::name);
  return found == Profiles().end() ? nullptr : &*found;
}

}  // namespace stockade::filters
