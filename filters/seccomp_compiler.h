// SPDX-License-Identifier: Apache-2.0
// An OCI `linux.seccomp` object, compiled to the program that the kernel runs.
//
//   STOCKADE_ASSIGN(const Program program, CompileSeccomp(*BuildFloor("restricted", {}, {})));
//
// It means what the delegates make of the same object, traps included (oci_rules.h), but for two
// things: it is searched as a binary tree, and it costs its 10 to 30 ms once, because
// what it returns can be kept.
#pragma once

#include "config/base/error.h"
#include "config/base/json.h"
#include "filters/bpf.h"

namespace stockade::filters {

// Compiles by libseccomp. kSpec error for an object without a certain meaning (OciRules::Read), one
// that libseccomp does not take or may never end with, and one that asks for a listener.
// The result is not to be trusted before CheckProgram (check_program.h) has agreed.
base::Result<Program> CompileSeccomp(const base::Json& seccomp);

}  // namespace stockade::filters
