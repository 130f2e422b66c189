// SPDX-License-Identifier: Apache-2.0
#include "filters/call_samples.h"

#include <gmock/gmock.h>

namespace stockade::filters {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::SizeIs;

constexpr std::uint64_t kBit32 = std::uint64_t{1} << 32;

std::vector<std::uint64_t> First(const std::vector<Arguments>& samples) {
  std::vector<std::uint64_t> values;
  for (const Arguments& args : samples) values.push_back(args[0]);
  return values;
}

TEST(SamplesTest, ACallWithoutConditionsIsTriedOnce) {
  EXPECT_THAT(Samples({}, 10), ElementsAre(Arguments{}));
  EXPECT_THAT(Samples({{}}, 10), ElementsAre(Arguments{}));
}

TEST(SamplesTest, AreAroundEachValueAndItsHalves) {
  const auto values = First(Samples({{{0, CompareOp::kGreaterEqual, 40, 0}}}, 1000));
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{39}, std::uint64_t{40}, std::uint64_t{41}, kBit32 + 40,
        kBit32 + 39, ~std::uint64_t{0}}) {
    EXPECT_THAT(values, Contains(value));
  }
  const auto two = First(Samples(
      {{{0, CompareOp::kLess, 1, 0}}, {{0, CompareOp::kGreaterEqual, 3 * kBit32 + 9, 0}}}, 1000));
  EXPECT_THAT(two, Contains(3 * kBit32 + 1));  // the upper half of one, the lower of the other
}

TEST(SamplesTest, FlipTheBitsOfAMaskAndThoseBeyondIt) {
  const auto values = First(Samples({{{0, CompareOp::kMaskedEqual, 0xf0, 0x30}}}, 1000));
  for (const std::uint64_t value : {0x30ULL, 0x20ULL, 0xb0ULL, ~0xf0ULL | 0x30ULL}) {
    EXPECT_THAT(values, Contains(value));
  }
}

TEST(SamplesTest, TryAMaskNextToABound) {
  const auto values = First(Samples(
      {{{0, CompareOp::kMaskedEqual, 1, 1}}, {{0, CompareOp::kLessEqual, 0xffff0000, 0}}}, 1000));
  EXPECT_THAT(values, Contains(0xffff0002ULL));  // the first above the bound that the mask leaves
}

TEST(SamplesTest, CombineArgumentsUpToTheLimit) {
  const Comparisons rule{{0, CompareOp::kEqual, 2, 0}, {2, CompareOp::kEqual, 6, 0}};
  const auto all = Samples({rule}, 100000);
  EXPECT_THAT(all, Contains(Arguments{2, 0, 6, 0, 0, 0}));
  EXPECT_THAT(all, Contains(Arguments{3, 0, 5, 0, 0, 0}));
  const auto few = Samples({rule}, 50);
  EXPECT_THAT(few, SizeIs(50));
  EXPECT_THAT(few, Contains(Arguments{2, 0, 6, 0, 0, 0}));
  EXPECT_EQ(few, Samples({rule}, 50));
}

// However many rules there are, each is hit.
TEST(SamplesTest, EachRuleHasItsShare) {
  std::vector<Comparisons> rules;
  for (std::uint64_t i = 0; i < 100; ++i) {
    rules.push_back({{0, CompareOp::kEqual, i * 16, 0}, {1, CompareOp::kEqual, i, 0}});
  }
  const auto samples = Samples(rules, 256);
  EXPECT_THAT(samples, SizeIs(256));
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_THAT(samples, Contains(Arguments{i * 16, i, 0, 0, 0, 0}));
  }
}

}  // namespace
}  // namespace stockade::filters
