// SPDX-License-Identifier: Apache-2.0
// Any `linux.seccomp` object, read as the delegates read it: by system call, with their traps.
//
//   const std::optional<OciRules> rules = OciRules::Read(json, why);   // why: what cannot be understood
//   rules->by_call.at(257).rules                                         // the rules for one call
//
// The traps: a rule that gives the default's answer is dropped; a rule that names an argument twice is one
// rule for each of its comparisons; a call that nobody knows is ignored.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/base/json.h"
#include "filters/value_range.h"

namespace stockade::filters {

// A rule for one call: `allows` if the call goes ahead (SCMP_ACT_ALLOW, SCMP_ACT_LOG) when all
// comparisons hold.
struct OciRule {
  bool allows = false;
  std::vector<Comparison> comparisons;
};

// Everything that an object says of one call; no rules: what it says is the default's answer.
struct CallRules {
  std::string name;
  std::vector<OciRule> rules;
};

struct OciRules {
  bool default_allows = false;
  std::vector<std::string> architectures;
  // Every call that the object names and somebody here knows, by its native number or the negative
  // stand-in of SyscallNumber().
  std::map<int, CallRules> by_call;

  // Reads an object of any origin. Nothing, and `why` set, if a part of it has no certain meaning: an
  // unknown action, operator or type, a rule for no call, a listener, or sizes beyond any real profile's.
  static std::optional<OciRules> Read(const base::Json& seccomp, std::string& why);
};

}  // namespace stockade::filters
