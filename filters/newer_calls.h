// SPDX-License-Identifier: Apache-2.0
// Calls that are newer than a profile. A profile that refuses what it does not name means to refuse
// what its author knew; runc answers ENOSYS to a call with a higher number than every call that the
// profile names on that interface, whatever the rules and the default say, so that libc falls back
// as on an older kernel. What compiles a profile (seccomp_compiler.h) does the same.
//
//   AnswerNewerCalls({{Abi::kNative, 448}}, program);
#pragma once

#include <cstdint>
#include <map>

#include "filters/bpf.h"
#include "filters/call_table.h"
#include "filters/oci_rules.h"

namespace stockade::filters {

// SECCOMP_RET_ERRNO with ENOSYS.
std::uint32_t NoSuchCall();

// True if a profile with this default answers so: not where the default lets calls through or hands
// them to a tracer, and not where it is ENOSYS anyway.
bool AnswersNewerCalls(const OciRules& rules);

// Makes `program` answer ENOSYS to every number above `newest` on each interface.
void AnswerNewerCalls(const std::map<Abi, int>& newest, Program& program);

}  // namespace stockade::filters
