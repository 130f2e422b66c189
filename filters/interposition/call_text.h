// SPDX-License-Identifier: Apache-2.0
// The arguments of a refused call as people and records write them: from the registers alone, flags
// and commands by name, each at the width that the kernel reads. What is behind a pointer is
// another thread's to change, and is not looked at.
//
//   ArgumentText(call);   // "flags=CLONE_NEWUSER|CLONE_NEWNS", "request=PTRACE_ATTACH, pid=7, …"
#pragma once

#include <linux/seccomp.h>

#include <string>

namespace stockade::filters {

// Of a native call; six numbers for one that the table does not have.
std::string ArgumentText(const seccomp_data& call);

}  // namespace stockade::filters
