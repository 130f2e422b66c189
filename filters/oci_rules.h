// SPDX-License-Identifier: Apache-2.0
// Any `linux.seccomp` object, read as the delegates read it: by system call, with their traps.
//
//   const std::optional<OciRules> rules = OciRules::Read(json, why);   // why: what cannot be
//   understood for (const OciRule& rule : rules->For(257)) …                      // the rules for
//   openat
//
// The traps: a rule that gives the default's answer is dropped; a rule that names an argument twice
// is one rule for each of its comparisons; a call that nobody knows is ignored; and runc answers
// ENOSYS to a call that is newer than all that are named (newer_calls.h).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/json.h"
#include "filters/value_range.h"

namespace stockade::filters {

using Comparisons = std::vector<Comparison>;

// A rule for one call: the call goes ahead (SCMP_ACT_ALLOW, SCMP_ACT_LOG) or not when all
// comparisons hold. Refers to the OciRules that it is part of.
struct OciRule {
  int call = 0;  // the call's native number, or the negative stand-in of SyscallNumber()
  bool allows = false;
  std::uint32_t answer = 0;  // the SECCOMP_RET_* value, with its errno
  const Comparisons* comparisons = nullptr;
  std::string_view name;  // of the call, as the object has it
};

class OciRules {
 public:
  OciRules(OciRules&&) = default;
  OciRules& operator=(OciRules&&) = default;

  bool default_allows() const { return default_allows_; }
  // The SECCOMP_RET_* value of a call that no rule decides.
  std::uint32_t default_answer() const { return default_answer_; }
  const std::vector<std::string>& architectures() const { return architectures_; }
  // All rules, those of one call together, by rising number.
  std::span<const OciRule> all() const { return rules_; }
  // The rules for one call, in the object's order; none: the default answers.
  std::span<const OciRule> For(int call) const;
  // The highest native number that is named, even by a rule that says no more than the default; -1:
  // none.
  int newest_call() const { return newest_call_; }
  // Every name that somebody here has heard of, such rules' too, in the object's order.
  std::span<const std::string_view> names() const { return names_; }

  // Reads an object of any origin. Nothing, and `why` set, if a part of it has no certain meaning:
  // an unknown action, operator or type, a rule for no call, a listener, or sizes beyond any real
  // profile's. Refers to names within `seccomp`, which must stay.
  static std::optional<OciRules> Read(const base::Json& seccomp, std::string& why);

 private:
  friend class OciReader;
  OciRules() = default;

  bool default_allows_ = false;
  std::uint32_t default_answer_ = 0;
  std::vector<std::string> architectures_;
  std::vector<OciRule> rules_;
  std::deque<Comparisons> conjunctions_;  // a deque, for rules point at its elements
  int newest_call_ = -1;
  std::vector<std::string_view> names_;
};

}  // namespace stockade::filters
