// SPDX-License-Identifier: Apache-2.0
#include "config/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stockade::base {
namespace {

using ::testing::HasSubstr;

constexpr JsonLimits kSmall{200, 3, 2};

Result<ParsedJson> Parse(std::string_view text, const JsonLimits& limits = kSpecLimits) {
  return ParseJson(text, limits, "f.json", ErrorKind::kPolicy, true);
}

std::string ErrorOf(std::string_view text, const JsonLimits& limits = kSpecLimits) {
  const auto result = Parse(text, limits);
  if (result) return "no error";
  EXPECT_EQ(result.error().kind, ErrorKind::kPolicy);
  return result.error().message;
}

TEST(Json, SizeDepthAndWidthAreLimited) {
  EXPECT_TRUE(Parse("[" + std::string(198, ' ') + "]", kSmall));
  EXPECT_THAT(ErrorOf("[" + std::string(199, ' ') + "]", kSmall), HasSubstr("201 bytes"));
  EXPECT_TRUE(Parse("[[{}]]", kSmall));
  EXPECT_THAT(ErrorOf("[[{\"a\":[]}]]", kSmall), HasSubstr("nested deeper than 3 levels"));
  EXPECT_TRUE(Parse(R"({"a":1,"b":2})", kSmall));
  EXPECT_THAT(ErrorOf(R"({"a":1,"b":2,"c":3})", kSmall), HasSubstr("more than 2 keys"));
}

TEST(Json, DepthIsCheckedBeforeTheStackIsUsed) {
  EXPECT_THAT(ErrorOf(std::string(4U << 20, '[')), HasSubstr("nested deeper"));
}

TEST(Json, DuplicateKeysAreRefusedInTheirLine) {
  EXPECT_EQ(ErrorOf("{\"a\":1,\n\n\"a\":2}"), "f.json:3: the key \"a\" stands twice in one object");
  EXPECT_THAT(ErrorOf(R"({"a":1,"\u0061":2})"), HasSubstr("stands twice"));
  EXPECT_TRUE(Parse(R"({"a":{"a":1},"b":{"a":1},"A":2})"));
}

TEST(Json, NumbersAre64BitIntegers) {
  const auto good = Parse("[18446744073709551615,-9223372036854775808,0,-0]");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->value[0].get<std::uint64_t>(), 18446744073709551615U);
  EXPECT_EQ(good->value[1].get<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  for (const char* bad : {"18446744073709551616", "-9223372036854775809", "1.0", "1e2", "1E400"}) {
    EXPECT_THAT(ErrorOf(bad),
                ::testing::AnyOf(HasSubstr("not a 64-bit integer"), HasSubstr("number overflow")))
        << bad;
  }
  for (const char* bad : {"01", "+1", ".5", "0x10", "NaN", "Infinity", "-"}) {
    EXPECT_THAT(ErrorOf(bad), HasSubstr("f.json:1: ")) << bad;
  }
  const JsonLimits floats{200, 3, 2, true};
  EXPECT_TRUE(Parse("1.5", floats));
}

TEST(Json, OneValueWithoutNulMarkOrComment) {
  EXPECT_THAT(ErrorOf(std::string_view("{}\0", 3)), HasSubstr("contains a NUL"));
  EXPECT_EQ(ErrorOf("[\n\"a\\u0000b\"]"), "f.json:2: a string holds a NUL");
  EXPECT_EQ(ErrorOf(R"({"a\u0000b":1})"), "f.json:1: a key holds a NUL");
  EXPECT_THAT(ErrorOf("\xef\xbb\xbf{}"), HasSubstr("byte order mark"));
  for (const char* bad : {"", " ", "{} {}", "{}x", "/**/{}", "{}//", "{\"a\":1,}", "[1,]", "{",
                          "\"", "\"\\ud800\"", "\"\\x41\"", "\"\t\"", "\"\xff\"", "\"\xc0\x80\""}) {
    EXPECT_THAT(ErrorOf(bad), HasSubstr("f.json:1: ")) << bad;
  }
}

TEST(Json, LinesAreThoseOfTheMembers) {
  const auto parsed = Parse("{\n \"a\": {\n  \"b/c\": [1,\n   2],\n  \"~\": 3\n }\n}");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->LineOf("/a"), 2);
  EXPECT_EQ(parsed->LineOf("/a/b~1c"), 3);
  EXPECT_EQ(parsed->LineOf("/a/b~1c/1"), 4);
  EXPECT_EQ(parsed->LineOf("/a/~0"), 5);
  EXPECT_EQ(parsed->LineOf("/a/b~1c/1/deeper/missing"), 4) << "the nearest parent";
  EXPECT_EQ(parsed->LineOf("/missing"), 1);
  EXPECT_TRUE(ParseJson("[1]", kSpecLimits, "f", ErrorKind::kSpec)->lines.empty());
}

TEST(Json, FindFollowsPointersAndNothingElse) {
  const Json document = Parse(R"({"a":[{"b/c":1,"~":2}],"":3})")->value;
  EXPECT_EQ(Find(document, ""), &document);
  EXPECT_EQ(*Find(document, "/a/0/b~1c"), 1);
  EXPECT_EQ(*Find(document, "/a/0/~0"), 2);
  EXPECT_EQ(*Find(document, "/"), 3);
  for (const char* missing :
       {"a", "/a/1", "/a/x", "/a/0x", "/a/-", "/a/ 0", "/a/0/b~1c/d", "/a/99999999999999999999"}) {
    EXPECT_EQ(Find(document, missing), nullptr) << missing;
  }
}

TEST(Json, OrderAndTextSurvive) {
  const char* text = R"({"z":1,"a":[true,null,"\u0001é\"\\/"],"m":{}})";
  EXPECT_EQ(DumpJson(Parse(text)->value), text);
  EXPECT_EQ(PointerToken("a/b~c"), "a~1b~0c");
}

}  // namespace
}  // namespace stockade::base
