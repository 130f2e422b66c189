// SPDX-License-Identifier: Apache-2.0
#include "filters/value_range.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace stockade::filters {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};

// The smallest x >= from with x & mask == bits.
std::optional<std::uint64_t> NextMatch(std::uint64_t from, std::uint64_t mask, std::uint64_t bits) {
  if (from == 0) return bits & mask;
  std::optional<std::uint64_t> larger;  // the best value found that exceeds `from` at some bit
  std::uint64_t prefix = 0;             // equals `from` in the bits above `bit`
  for (int at = 63; at >= 0; --at) {
    const std::uint64_t bit = std::uint64_t{1} << at;
    const std::uint64_t below = bit - 1;
    const bool fixed = (mask & bit) != 0;
    if ((from & bit) == 0) {
      // Going above `from` here leaves the lower bits free; the lowest such place is the smallest
      // value.
      if (!fixed || (bits & bit) != 0) larger = prefix | bit | (bits & mask & below);
      if (fixed && (bits & bit) != 0) return larger;
    } else {
      if (fixed && (bits & bit) == 0) return larger;
      prefix |= bit;
    }
  }
  return from;
}

Truth Not(Truth truth) {
  if (truth == Truth::kSometimes) return truth;
  return truth == Truth::kAlways ? Truth::kNever : Truth::kAlways;
}

// x <= limit
Truth AtMost(const ValueRange& range, std::uint64_t limit) {
  if (range.high <= limit) return Truth::kAlways;
  return range.low > limit ? Truth::kNever : Truth::kSometimes;
}

// x < limit
Truth Below(const ValueRange& range, std::uint64_t limit) {
  return limit == 0 ? Truth::kNever : AtMost(range, limit - 1);
}

Truth Equal(const ValueRange& range, std::uint64_t value) {
  if (value < range.low || value > range.high || ((value ^ range.bits) & range.mask) != 0) {
    return Truth::kNever;
  }
  return range.low == range.high ? Truth::kAlways : Truth::kSometimes;
}

Truth MaskedEqual(const ValueRange& range, std::uint64_t mask, std::uint64_t value) {
  if (range.low == range.high) {
    return ((range.low ^ value) & mask) == 0 ? Truth::kAlways : Truth::kNever;
  }
  if (((range.bits ^ value) & mask & range.mask) != 0) return Truth::kNever;
  return (mask & ~range.mask) == 0 ? Truth::kAlways : Truth::kSometimes;
}

void Keep(ValueRange part, std::vector<ValueRange>& parts) {
  if (part.Tighten()) parts.push_back(part);
}

}  // namespace

bool ValueRange::Tighten() {
  if (low > high) return false;
  const auto first = NextMatch(low, mask, bits);
  const auto last = NextMatch(~high, mask, ~bits & mask);  // the mirror image finds the largest
  if (!first || !last || *first > ~*last) return false;
  low = *first;
  high = ~*last;
  return true;
}

Truth Compare(const ValueRange& range, const Comparison& comparison) {
  switch (comparison.op) {
    case CompareOp::kNotEqual:
      return Not(Equal(range, comparison.value));
    case CompareOp::kLess:
      return Below(range, comparison.value);
    case CompareOp::kLessEqual:
      return AtMost(range, comparison.value);
    case CompareOp::kEqual:
      return Equal(range, comparison.value);
    case CompareOp::kGreaterEqual:
      return Not(Below(range, comparison.value));
    case CompareOp::kGreater:
      return Not(AtMost(range, comparison.value));
    case CompareOp::kMaskedEqual:
      return MaskedEqual(range, comparison.value, comparison.value_two);
  }
  return Truth::kSometimes;
}

std::vector<ValueRange> Cut(const ValueRange& range, const Comparison& comparison) {
  std::vector<ValueRange> parts;
  if (comparison.op == CompareOp::kMaskedEqual) {
    const std::uint64_t bit = std::bit_floor(comparison.value & ~range.mask);
    for (const std::uint64_t side : {std::uint64_t{0}, bit}) {
      Keep({range.low, range.high, range.mask | bit, range.bits | side}, parts);
    }
    return parts;
  }
  // Every other operator changes its answer only next to `value`.
  const std::uint64_t value = comparison.value;
  if (value > 0) Keep({range.low, std::min(range.high, value - 1), range.mask, range.bits}, parts);
  Keep({std::max(range.low, value), std::min(range.high, value), range.mask, range.bits}, parts);
  if (value < kAll)
    Keep({std::max(range.low, value + 1), range.high, range.mask, range.bits}, parts);
  return parts;
}

}  // namespace stockade::filters
