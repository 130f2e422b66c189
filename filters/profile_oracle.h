// SPDX-License-Identifier: Apache-2.0
// What a shipped profile says of one system call, read straight from its tables. Shares nothing
// with what makes filters of them (floor.cc, oci_rules.cc, libseccomp), so that each proves the
// other; and it knows which group decided, for people who ask why.
//
//   const ProfileOracle oracle(*FindProfile("restricted"), remaining, {});
//   const Verdict verdict = oracle.Of(call);
//   if (!verdict.Allows()) Print(verdict.group->reason, verdict.group->fallback);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "filters/call_table.h"
#include "filters/profile_data.h"

namespace stockade::filters {

// What befalls a call, and why.
struct Verdict {
  std::uint32_t answer = 0;          // SECCOMP_RET_* with its errno
  std::string_view name;             // of the call; "" if nobody knows one of this number
  const CallGroup* group = nullptr;  // that decided; nullptr: none does, or the interface is closed
  // What would open a refused call, any one of them; empty: nothing within this profile.
  std::span<const std::string_view> opened_by_capability;
  std::string_view opened_by_architecture;  // "SCMP_ARCH_X86": first of all, that interface

  bool Allows() const { return answer == SECCOMP_RET_ALLOW; }
};

class ProfileOracle {
 public:
  // `profile` must outlive the oracle. `remaining` and `compat_architectures` are those of
  // BuildFloor().
  ProfileOracle(const Profile& profile, config::CapabilityNames remaining,
                std::vector<std::string> compat_architectures);

  Verdict Of(const seccomp_data& call) const;

  // The groups that are about `name` on some arguments; empty: the default decides.
  const std::vector<const CallGroup*>& GroupsOf(std::string_view name) const;
  // True if `group` is about the arguments of `call`.
  static bool Matches(const CallGroup& group, const seccomp_data& call);

 private:
  const Profile& profile_;
  config::CapabilityNames remaining_;
  std::vector<std::string> compat_architectures_;
  std::unordered_map<std::string_view, std::vector<const CallGroup*>> groups_;
};

}  // namespace stockade::filters
