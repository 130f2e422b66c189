// SPDX-License-Identifier: Apache-2.0
#include "filters/argument_sets.h"

#include <bit>

namespace stockade::filters {
namespace {

// Walks the binary trie of `values` from the highest bit of `rest` down; `fixed` and `prefix` are
// the bits decided so far. A branch that no value takes is one match.
void Walk(unsigned index, std::uint64_t rest, std::uint64_t fixed, std::uint64_t prefix,
          const std::vector<std::uint64_t>& values, std::vector<BitMatch>& out) {
  if (values.empty()) {
    out.push_back({index, fixed, prefix});
    return;
  }
  if (rest == 0) return;
  const std::uint64_t bit = std::bit_floor(rest);
  for (const std::uint64_t side : {std::uint64_t{0}, bit}) {
    std::vector<std::uint64_t> below;
    for (const std::uint64_t value : values) {
      if ((value & bit) == side) below.push_back(value);
    }
    Walk(index, rest ^ bit, fixed | bit, prefix | side, below, out);
  }
}

}  // namespace

std::vector<BitMatch> Outside(unsigned index, std::uint64_t mask,
                              std::span<const std::uint64_t> values, std::uint64_t below) {
  std::vector<BitMatch> out;
  const std::uint64_t free_bits = below == 0 ? mask : mask & (below - 1);
  Walk(index, free_bits, mask & ~free_bits, 0, {values.begin(), values.end()}, out);
  return out;
}

bool Overlap(std::span<const BitMatch> a, std::span<const BitMatch> b) {
  for (const BitMatch& x : a) {
    for (const BitMatch& y : b) {
      if (x.index == y.index && ((x.value ^ y.value) & x.mask & y.mask) != 0) return false;
    }
  }
  return true;
}

}  // namespace stockade::filters
