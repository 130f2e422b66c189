// SPDX-License-Identifier: Apache-2.0
// Whether a compiled filter means what the OCI object says that it was made from. libseccomp up to
// 2.6 mistakes some sets of inequalities ("below 1, or 2^32 and above" allows 1), and nobody
// notices: so no program is used before it has been asked.
//
//   STOCKADE_ASSIGN(const Program program, CompileChecked(own));
#pragma once

#include <optional>
#include <string>

#include "config/base/error.h"
#include "config/base/json.h"
#include "filters/bpf.h"

namespace stockade::filters {

// The first disagreement between `program` and `seccomp` as the oracle reads it (oci_oracle.h), as
// a sentence that names the call with its arguments and both answers; nothing if they agree. Tries
// every call number of every open interface, some of the closed ones, and around each value that a
// rule compares with (call_samples.h): no proof over all arguments, but every mistake of libseccomp
// that is known shows. Takes 1 ms for an engine's default profile. Fails closed: what cannot be
// read, more rules for one call than can be tried, and a value of more than 32 bits where arguments
// have 32, are disagreements too.
std::optional<std::string> CheckProgram(ProgramView program, const base::Json& seccomp);

// CompileSeccomp() of an object that is not ours, and its errors; kSpec error for a program that
// does not mean what the object says.
base::Result<Program> CompileChecked(const base::Json& seccomp);

}  // namespace stockade::filters
