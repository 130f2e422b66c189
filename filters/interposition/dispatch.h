// SPDX-License-Identifier: Apache-2.0
// The part of a program that goes to what is to be done for one call, by as few comparisons as a
// binary search takes: a filter's other calls pay for each comparison.
//
//   Dispatch cases;
//   cases.Add("ptrace", {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)});
//   Program part = std::move(cases).Take();
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "filters/bpf.h"

namespace stockade::filters {

class Dispatch {
 public:
  // `block` runs with the number of the native call `name` in the accumulator. It returns, or its
  // end leads to the part's end; at most 250 instructions. Of two blocks for a call the first
  // counts; a call that this architecture has not gets none.
  void Add(std::string_view name, const Program& block);

  // For the accumulator with a call's number. Any other number leads to the end at once.
  Program Take() const;

 private:
  std::map<std::uint32_t, Program> blocks_;
};

}  // namespace stockade::filters
