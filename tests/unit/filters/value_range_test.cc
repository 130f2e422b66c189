// SPDX-License-Identifier: Apache-2.0
#include "filters/value_range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace stockade::filters {
namespace {

// Everything below is checked against counting: small ranges, every value.
constexpr std::uint64_t kSpace = 64;

bool Holds(std::uint64_t x, const Comparison& c) {
  switch (c.op) {
    case CompareOp::kNotEqual:
      return x != c.value;
    case CompareOp::kLess:
      return x < c.value;
    case CompareOp::kLessEqual:
      return x <= c.value;
    case CompareOp::kEqual:
      return x == c.value;
    case CompareOp::kGreaterEqual:
      return x >= c.value;
    case CompareOp::kGreater:
      return x > c.value;
    case CompareOp::kMaskedEqual:
      return (x & c.value) == (c.value_two & c.value);
  }
  return false;
}

std::vector<std::uint64_t> ValuesOf(const ValueRange& range) {
  std::vector<std::uint64_t> values;
  for (std::uint64_t x = 0; x < kSpace; ++x) {
    if (x >= range.low && x <= range.high && (x & range.mask) == range.bits) values.push_back(x);
  }
  return values;
}

struct Random {
  std::mt19937_64 engine{7};
  std::uint64_t Below(std::uint64_t limit) { return engine() % limit; }
  ValueRange Range() {
    const std::uint64_t mask = Below(kSpace);
    ValueRange range = ValueRange::Bits(mask | ~(kSpace - 1), Below(kSpace));
    range.low = Below(kSpace);
    range.high = Below(kSpace);
    return range;
  }
  Comparison Any() { return {0, static_cast<CompareOp>(Below(7)), Below(kSpace), Below(kSpace)}; }
};

TEST(ValueRangeTest, TightenFindsTheSmallestAndLargestValue) {
  Random random;
  for (int i = 0; i < 20000; ++i) {
    ValueRange range = random.Range();
    const std::vector<std::uint64_t> values = ValuesOf(range);
    ASSERT_EQ(range.Tighten(), !values.empty());
    if (values.empty()) continue;
    EXPECT_EQ(range.low, values.front());
    EXPECT_EQ(range.high, values.back());
  }
}

TEST(ValueRangeTest, CompareIsExactOrSometimes) {
  Random random;
  for (int i = 0; i < 50000; ++i) {
    ValueRange range = random.Range();
    if (!range.Tighten()) continue;
    const Comparison comparison = random.Any();
    const std::vector<std::uint64_t> values = ValuesOf(range);
    const auto held =
        std::ranges::count_if(values, [&](std::uint64_t x) { return Holds(x, comparison); });
    const Truth truth = Compare(range, comparison);
    EXPECT_TRUE(truth != Truth::kAlways || held == std::ssize(values));
    EXPECT_TRUE(truth != Truth::kNever || held == 0);
  }
}

// Cutting until nothing is open ends, loses no value and invents none.
void Decide(const ValueRange& range, const Comparison& comparison, int depth,
            std::vector<std::uint64_t>& held) {
  ASSERT_LT(depth, 20);
  const Truth truth = Compare(range, comparison);
  if (truth == Truth::kSometimes) {
    for (const ValueRange& part : Cut(range, comparison)) {
      Decide(part, comparison, depth + 1, held);
    }
  } else if (truth == Truth::kAlways) {
    std::ranges::copy(ValuesOf(range), std::back_inserter(held));
  }
}

TEST(ValueRangeTest, CuttingDecidesEveryValueOnce) {
  Random random;
  for (int i = 0; i < 20000; ++i) {
    ValueRange range = random.Range();
    if (!range.Tighten()) continue;
    const Comparison comparison = random.Any();
    std::vector<std::uint64_t> held;
    Decide(range, comparison, 0, held);
    std::ranges::sort(held);
    std::vector<std::uint64_t> expected;
    std::ranges::copy_if(ValuesOf(range), std::back_inserter(expected),
                         [&](std::uint64_t x) { return Holds(x, comparison); });
    EXPECT_EQ(held, expected);
  }
}

TEST(ValueRangeTest, SixtyFourBitEdges) {
  ValueRange low_half_is_38 = ValueRange::Bits(0xffffffff, 38);
  ASSERT_TRUE(low_half_is_38.Tighten());
  EXPECT_EQ(low_half_is_38.low, 38U);
  EXPECT_EQ(low_half_is_38.high, 0xffffffff00000026U);
  EXPECT_EQ(Compare(low_half_is_38, {0, CompareOp::kEqual, 38, 0}), Truth::kSometimes);
  EXPECT_EQ(Compare(low_half_is_38, {0, CompareOp::kMaskedEqual, 0xffffffff, 38}), Truth::kAlways);
  ValueRange all;
  EXPECT_EQ(Compare(all, {0, CompareOp::kGreaterEqual, 0, 0}), Truth::kAlways);
  EXPECT_EQ(Compare(all, {0, CompareOp::kLess, 0, 0}), Truth::kNever);
  EXPECT_EQ(Cut(all, {0, CompareOp::kEqual, ~0ULL, 0}).size(), 2U);
}

}  // namespace
}  // namespace stockade::filters
