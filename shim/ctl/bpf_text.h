// SPDX-License-Identifier: Apache-2.0
// Programs of classic BPF as text, for people: what is loaded and compared by its name, jumps by
// their targets.
//
//   BpfText(program)[1];   // "jeq 0xc000003e, 2, 5"
#pragma once

#include <string>
#include <vector>

#include "filters/bpf.h"

namespace stockade::ctl {

// One line an instruction, without its number. "jeq K, T, F" goes on at T if A equals K, else at F.
std::vector<std::string> BpfText(filters::ProgramView program);

}  // namespace stockade::ctl
