// SPDX-License-Identifier: Apache-2.0
// What is known of one 64-bit argument: bounds and fixed bits; and what a seccomp comparison makes
// of every value that fits.
//
//   ValueRange any;                                   // nothing is known
//   ValueRange family = ValueRange::Bits(~0ULL, 38);  // exactly 38
//   Compare(family, {0, CompareOp::kLess, 40, 0});    // Truth::kAlways
#pragma once

#include <cstdint>
#include <vector>

namespace stockade::filters {

enum class CompareOp {
  kNotEqual,
  kLess,
  kLessEqual,
  kEqual,
  kGreaterEqual,
  kGreater,
  kMaskedEqual
};

// One comparison of an OCI rule: `args[index] op value`, on all 64 bits. For kMaskedEqual,
// `args[index] & value == value_two & value`.
struct Comparison {
  unsigned index = 0;  // 0 to 5
  CompareOp op = CompareOp::kEqual;
  std::uint64_t value = 0;
  std::uint64_t value_two = 0;
};

// The values x with low <= x <= high and x & mask == bits.
struct ValueRange {
  std::uint64_t low = 0;
  std::uint64_t high = ~std::uint64_t{0};
  std::uint64_t mask = 0;
  std::uint64_t bits = 0;

  static ValueRange Bits(std::uint64_t mask, std::uint64_t bits) {
    return {0, ~std::uint64_t{0}, mask, bits & mask};
  }
  // Moves low and high onto the smallest and largest value. False if there is none.
  bool Tighten();
};

// Of all values in a range: the comparison holds for every one, for none, or perhaps for some.
enum class Truth { kNever, kSometimes, kAlways };

// `range` must be tightened. kSometimes may stand for kNever where bits and bounds interlock; the
// two other answers are exact.
Truth Compare(const ValueRange& range, const Comparison& comparison);

// Cuts `range` where `comparison` is kSometimes into two or three tightened parts that together are
// it, so that cutting further always ends with kNever or kAlways.
std::vector<ValueRange> Cut(const ValueRange& range, const Comparison& comparison);

}  // namespace stockade::filters
