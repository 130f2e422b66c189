// SPDX-License-Identifier: Apache-2.0
// A program as one argument of stockade-init (sandbox/init/README.md): the flags of seccomp(2) in
// hexadecimal digits, a colon, and the instructions in base64.
//
//   EncodeFilter(program, 0);   // "0:IAAAAAQAAAA…"
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "filters/bpf.h"

namespace stockade::filters {

// The text of `program`, to be installed with `flags`.
std::string EncodeFilter(ProgramView program, unsigned flags);

// The program of such a text; nothing for any other text. `flags` gets the flags.
std::optional<Program> DecodeFilter(std::string_view text, unsigned& flags);

}  // namespace stockade::filters
