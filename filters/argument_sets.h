// SPDX-License-Identifier: Apache-2.0
// Sets of argument values as "bits under a mask", the one comparison that a seccomp rule can make
// without being misread: `argument & mask == value`.
//
//   Outside(0, 0xffffffff, {6})   // every 32-bit value of argument 0 but 6, as 32 disjoint matches
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace stockade::filters {

// `args[index] & mask == value`, with value within mask.
struct BitMatch {
  unsigned index = 0;  // 0 to 5
  std::uint64_t mask = 0;
  std::uint64_t value = 0;

  bool operator==(const BitMatch&) const = default;
};

// Disjoint matches whose union is exactly the values that differ, under `mask`, from each of
// `values`. None of them matches a value of `values`, in whatever order they are tried. `below`, if
// not 0, is a power of two that the values matched stay under, which takes far fewer matches.
std::vector<BitMatch> Outside(unsigned index, std::uint64_t mask,
                              std::span<const std::uint64_t> values, std::uint64_t below = 0);

// True if some arguments satisfy all of `a` and all of `b`.
bool Overlap(std::span<const BitMatch> a, std::span<const BitMatch> b);

}  // namespace stockade::filters
