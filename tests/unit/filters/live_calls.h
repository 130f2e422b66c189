// SPDX-License-Identifier: Apache-2.0
// System calls made for real, in children of this process, under a filter.
#pragma once

#include <string>
#include <vector>

#include "filters/bpf.h"

namespace stockade::filters {

// Added to every errno of a filter, so that what it refuses cannot be taken for the kernel's own
// refusal: the kernel hands through anything up to 4095, and has no errno from 3000 on.
inline constexpr int kPrivateErrno = 3000;

// `program` with kPrivateErrno added to each errno.
Program WithPrivateErrnos(Program program);

struct LiveAnswer {
  long value = 0;       // as the call returned it, below 0 for an errno
  bool killed = false;  // by SIGSYS
};

// Makes the calls one after the other, as the user nobody, in as few children as get killed, and
// reports each one's answer. Throws std::runtime_error if a child cannot start or dies of something
// else. A call of i386 has five arguments.
std::vector<LiveAnswer> MakeCalls(const Program& program, const std::vector<seccomp_data>& calls);

// True unless the call, with garbage for arguments, would end, block or fork its process, or leave
// something behind, if a filter let it through.
bool IsHarmless(const seccomp_data& call);

}  // namespace stockade::filters
