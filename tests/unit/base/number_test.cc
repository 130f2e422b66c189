// SPDX-License-Identifier: Apache-2.0
#include "config/base/number.h"

#include <gmock/gmock.h>

#include <cstdint>

namespace stockade::base {
namespace {

TEST(WholeNumber, IsAllOfTheText) {
  EXPECT_EQ(WholeNumber<int>("42"), 42);
  EXPECT_EQ(WholeNumber<int>("-1"), -1);
  EXPECT_EQ(WholeNumber<std::uint32_t>("0755", 8), 0755U);
  EXPECT_EQ(WholeNumber<std::uint64_t>("ffffffffffffffff", 16), UINT64_MAX);
  for (const char* text : {"", " 1", "1 ", "1\n", "+1", "0x1", "1.0", "-", "a"}) {
    EXPECT_EQ(WholeNumber<int>(text), std::nullopt) << text;
  }
}

TEST(WholeNumber, FitsItsType) {
  EXPECT_EQ(WholeNumber<std::uint8_t>("255"), 255);
  EXPECT_EQ(WholeNumber<std::uint8_t>("256"), std::nullopt);
  EXPECT_EQ(WholeNumber<std::uint32_t>("-1"), std::nullopt);
}

}  // namespace
}  // namespace stockade::base
