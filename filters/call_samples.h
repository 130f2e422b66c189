// SPDX-License-Identifier: Apache-2.0
// Arguments worth trying on the rules of one system call: around every value that a rule compares
// with, on both halves of the register.
//
//   for (const Arguments& args : Samples({{{0, CompareOp::kLess, 40, 0}}}, 4096)) …
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "filters/oci_rules.h"

namespace stockade::filters {

using Arguments = std::array<std::uint64_t, 6>;

// Every combination of the interesting values of all tested arguments, or, where these are more
// than `limit` (1 or more), `limit` of them: around a hit of each rule first, the rest spread over
// the combinations. Deterministic. Interesting are v-1, v, v+1, v with bit 32 set; v and what
// differs from it in the lowest or the highest bit of its mask, with the bits beyond the mask all
// clear and all set; 0 and all ones; and for comparisons of order, the upper half of each with the
// lower half of the others, and next to each bound what a mask takes and what it does not. One
// element, all zero, if no rule tests an argument.
std::vector<Arguments> Samples(const std::vector<Comparisons>& rules, std::size_t limit);

}  // namespace stockade::filters
