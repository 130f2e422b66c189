// SPDX-License-Identifier: Apache-2.0
// Where two filters answer differently, by asking both.
//
//   for (const CallDifference& difference : DiffFilters(left, right)) …
#pragma once

#include <string>
#include <vector>

#include "shim/ctl/filter_source.h"

namespace stockade::ctl {

// One way in which the answers to one call differ.
struct CallDifference {
  std::string call;        // "socket", "socket of i386", "call 599"
  std::uint32_t left = 0;  // SECCOMP_RET_*
  std::uint32_t right = 0;
  seccomp_data example{};  // a call that is answered so
  bool always = false;     // whatever the arguments that were tried
};

// Every number of every interface, and around each value that a rule of either compares with
// (filters/call_samples.h), in the order of interfaces and numbers.
std::vector<CallDifference> DiffFilters(const FilterSource& left, const FilterSource& right);

// The same for people and as JSON; the exit code is 1 if there is a difference.
Outcome ShowDiff(const FilterSource& left, const FilterSource& right,
                 const std::vector<CallDifference>& differences);

}  // namespace stockade::ctl
