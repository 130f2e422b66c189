// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stockade::sandbox {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::HasSubstr;

const Json kDocument = Json::parse(R"({"o": {"t": "x", "n": 7, "m": -7, "f": true, "z": null},
    "l": ["a", "b"], "mixed": ["a", 3], "big": 18446744073709551615, "nothing": null, "three": 3})");

TEST(Fields, AbsentAndNullAreNothing) {
  for (const char* pointer : {"/absent", "/nothing", "/nothing/deeper", "/o/z", "/o/absent/deep"}) {
    EXPECT_EQ(ObjectAt(kDocument, pointer), nullptr) << pointer;
    EXPECT_EQ(ArrayAt(kDocument, pointer), nullptr) << pointer;
    EXPECT_EQ(TextAt(kDocument, pointer), std::nullopt) << pointer;
    EXPECT_EQ(UnsignedAt(kDocument, pointer), std::nullopt) << pointer;
    EXPECT_TRUE(TextsAt(kDocument, pointer)->empty()) << pointer;
  }
}

TEST(Fields, ValuesComeWithTheirTypes) {
  EXPECT_EQ(TextAt(kDocument, "/o/t"), "x");
  EXPECT_EQ(UnsignedAt(kDocument, "/o/n"), 7U);
  EXPECT_EQ(UnsignedAt(kDocument, "/big"), ~std::uint64_t{0});
  EXPECT_EQ(IntegerAt(kDocument, "/o/m"), -7);
  EXPECT_EQ(FlagAt(kDocument, "/o/f"), true);
  EXPECT_THAT(*TextsAt(kDocument, "/l"), ElementsAre("a", "b"));
  EXPECT_EQ(TextAt(kDocument, "/l/1"), "b");
  EXPECT_EQ(SizeAt(kDocument, "/l"), 2U);
}

TEST(Fields, WrongTypesNameTheirPointer) {
  EXPECT_THAT(TextAt(kDocument, "/o/n").error().message, HasSubstr("/o/n must be a string"));
  EXPECT_THAT(FlagAt(kDocument, "/o/t").error().message, HasSubstr("true or false"));
  EXPECT_THAT(UnsignedAt(kDocument, "/o/m").error().message, HasSubstr("0 or more"));
  EXPECT_THAT(IntegerAt(kDocument, "/big").error().message, HasSubstr("64-bit"));
  EXPECT_THAT(TextsAt(kDocument, "/mixed").error().message, HasSubstr("/mixed/1"));
  EXPECT_THAT(ArrayAt(kDocument, "/o").error().message, HasSubstr("an array"));
  EXPECT_THAT(ObjectAt(kDocument, "/l").error().message, HasSubstr("an object"));
}

TEST(Fields, AWrongTypeOnTheWayIsNoAbsence) {
  EXPECT_THAT(ObjectAt(kDocument, "/three/user").error().message, HasSubstr("/three must be"));
  EXPECT_THAT(TextAt(kDocument, "/l/type").error().message, HasSubstr("/l must be an object"));
  EXPECT_THAT(TextsAt(Json(3), "/process/x").error().message, HasSubstr("the document must be"));
}

}  // namespace
}  // namespace stockade::sandbox
