// SPDX-License-Identifier: Apache-2.0
// Calls that are decided on their arguments, as a program of a few instructions. libseccomp asks
// them for every rule in turn behind its search tree: "every ioctl but three" costs it 110
// instructions, of which none but the loads of those three are needed.
//
//   const ArgumentProgram first = CompileArguments(rules);
//   // first.code, then the program of all other calls
//
// What is made here is proved like the rest: check_program.h asks it, and so do the tests of every
// shipped profile, in user space and in the running kernel.
#pragma once

#include <set>

#include "filters/bpf.h"
#include "filters/oci_rules.h"

namespace stockade::filters {

struct ArgumentProgram {
  std::set<int> calls;  // the native numbers that `code` decides
  Program code;         // goes on behind its end for every other call; empty if there are none
};

// The native calls of `rules` all of whose rules compare 32 bits or fewer by SCMP_CMP_MASKED_EQ and
// do not contradict each other. Others are left out, for libseccomp.
ArgumentProgram CompileArguments(const OciRules& rules);

}  // namespace stockade::filters
