// SPDX-License-Identifier: Apache-2.0
// What any `linux.seccomp` object says of one system call, read from its rules (oci_rules.h) one by
// one, for each way into the kernel that it opens. Shares nothing with libseccomp, which makes the
// program.
//
//   const OciOracle oracle(*OciRules::Read(json, why));
//   oracle.Of(call).answers;   // {SECCOMP_RET_ALLOW}
//
// A call newer than all that the object names gets ENOSYS, as newer_calls.h has it.
//
// A rule without comparisons wins over those with. Where several rules apply that answer
// differently, libseccomp's choice is its own affair, and each of their answers is right.
//
// On i386 and x32 a rule compares the lower halves of arguments, as libseccomp has it.
// An i386 rule for socket() and the like, or for semop() and the like, also governs the same
// operation of socketcall() and ipc(), its first comparison replaced by the operation's number: so
// libseccomp has it, and a filter cannot see the true arguments there.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "filters/call_table.h"
#include "filters/oci_rules.h"

namespace stockade::filters {

// One rule as it stands for a number of one interface.
struct AppliedRule {
  std::uint32_t answer = 0;  // SECCOMP_RET_*
  const Comparisons* comparisons = nullptr;
};

struct OciVerdict {
  std::vector<std::uint32_t> answers;  // the answers that are right: one, unless rules contradict
  bool by_rule = false;                // false: the default, or the interface is closed
};

class OciOracle {
 public:
  // `rules` must outlive the oracle.
  explicit OciOracle(const OciRules& rules);

  // True for the machine's own interface, and for those that the object names.
  bool Opens(Abi abi) const { return tables_.contains(abi); }
  OciVerdict Of(const seccomp_data& call) const;
  // True if `call` is answered ENOSYS because it is newer than all that is named.
  bool IsNewer(const seccomp_data& call) const;
  // True if `rule` applies to the arguments of `call`.
  static bool Applies(const AppliedRule& rule, const seccomp_data& call);
  // The rules that are about a call of this number; none: the default decides.
  std::span<const AppliedRule> RulesOf(Abi abi, int number) const;

 private:
  using Table = std::unordered_map<int, std::vector<AppliedRule>>;

  void AddCompat(const OciRules& rules, Abi abi, Table& table);
  static int NewestOf(const OciRules& rules, Abi abi);
  void AddMultiplexed(const OciRule& rule, Table& table);

  std::uint32_t default_answer_;
  bool default_allows_;
  std::map<Abi, int> newest_;  // none where newer calls get what others get
  std::map<Abi, Table> tables_;
  std::deque<Comparisons> rewritten_;  // a deque, for rules point at its elements
};

}  // namespace stockade::filters
