// SPDX-License-Identifier: Apache-2.0
// Answers of a seccomp filter, for people.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <string>

#include "filters/oci_rules.h"

namespace stockade::filters {

// "ALLOW", "ERRNO EPERM", "ERRNO 3038" for a number that is no errno, "KILL_THREAD", "TRACE 1".
std::string AnswerText(std::uint32_t answer);

// "socket(0x28, 0x1, 0x0)": the name, or the number if nobody knows it, and the arguments up to the
// last that is not 0; behind it the interface if it is not the machine's own: "getpid() of x32".
std::string CallText(const seccomp_data& call);

// "arg0 & 0xf == 0x1, arg2 < 0x40"; "any arguments" for none.
std::string ComparisonsText(const Comparisons& comparisons);

}  // namespace stockade::filters
