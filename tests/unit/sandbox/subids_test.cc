// SPDX-License-Identifier: Apache-2.0
#include "sandbox/subids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/base/file.h"
#include "sandbox/kubelet_ids.h"
#include "tests/unit/sandbox/scratch.h"

namespace stockade::sandbox {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SubIds, ReadsLinesWithTheirPlace) {
  const auto entries = ParseSubIds(
      "# who has what\n"
      "alice:100000:65536\n"
      "\n"
      "1000:165536:1\r\n"
      "empty:7:0\n"
      "stockade:4294967295:4294967295  ",
      "f");
  ASSERT_TRUE(entries) << entries.error().Text();
  EXPECT_THAT(*entries, ElementsAre(SubIds{"alice", {100000, 65536, "f:2"}},
                                    SubIds{"1000", {165536, 1, "f:4"}},
                                    SubIds{"stockade", {4294967295, 4294967295, "f:6"}}));
  EXPECT_EQ(entries->back().ids.end(), 8589934590U);
}

TEST(SubIds, ALineThatCannotBeReadIsAnErrorAndNotLeftOut) {
  for (const char* line : {"alice", "alice:1", ":1:2", "alice::2", "alice:1:", "alice:1:2:3",
                           "alice:-1:2", "alice:+1:2", "alice:1:0x10", "alice:1:4294967296",
                           "alice: 1:2", "alice:4294967296:1", "alice:99999999999999999999:1"}) {
    const auto entries = ParseSubIds(fmt::format("bob:1:2\n{}\ncarol:3:4\n", line), "/etc/subuid");
    ASSERT_FALSE(entries) << line;
    EXPECT_EQ(entries.error().kind, base::ErrorKind::kHost);
    EXPECT_THAT(entries.error().message, HasSubstr("/etc/subuid:2: not of the form")) << line;
  }
}

TEST(SubIds, AMissingFileHasNoneAndAnUnreadableOneIsAnError) {
  const Scratch scratch;
  EXPECT_THAT(*ReadSubIds(scratch.Path("none")), IsEmpty());
  scratch.Write("subuid", "a:1:2\n");
  EXPECT_THAT(*ReadSubIds(scratch.Path("subuid")),
              ElementsAre(SubIds{"a", {1, 2, scratch.Path("subuid") + ":1"}}));
  EXPECT_FALSE(ReadSubIds(scratch.Path("")));  // a directory
  // Not in a file that is a part of the path: nothing is there, and it is not known what should be.
  EXPECT_FALSE(ReadSubIds(scratch.Path("subuid/subuid")));
}

TEST(Accounts, ReadsTheNumbersOfUsersAndGroups) {
  const Scratch scratch;
  EXPECT_THAT(*ReadAccounts(scratch.Path("none")), IsEmpty());
  EXPECT_FALSE(ReadAccounts(scratch.Path("")));
  scratch.Write("f",
                "root:x:0:0:root:/root:/bin/sh\n+::::::\n\nstaff:x:50:\nbare:x:7\nbad:x:-1:\nno\n");
  EXPECT_THAT(*ReadAccounts(scratch.Path("f")),
              ElementsAre(SubIds{"root", {0, 1, scratch.Path("f:1")}},
                          SubIds{"staff", {50, 1, scratch.Path("f:4")}},
                          SubIds{"bare", {7, 1, scratch.Path("f:5")}}));
}

TEST(IdSpan, OverlapsByOneId) {
  const IdSpan span{100, 10, {}};
  EXPECT_TRUE(span.Overlaps({109, 1, {}}));
  EXPECT_TRUE(span.Overlaps({91, 10, {}}));
  EXPECT_TRUE(span.Overlaps({0, 4294967295, {}}));
  EXPECT_FALSE(span.Overlaps({110, 10, {}}));
  EXPECT_FALSE(span.Overlaps({90, 10, {}}));
}

TEST(KubeletIds, ReadsThePodsThatHaveThem) {
  const Scratch scratch;
  EXPECT_THAT(*ReadKubeletIds(scratch.Path("pods")), IsEmpty());
  scratch.Write("pods/a/userns",
                R"({"uidMappings":[{"hostId":131072,"containerId":0,"length":65536}],
                    "gidMappings":[{"hostId":131072,"containerId":0,"length":65536}]})");
  scratch.Write("pods/b/volumes/x", "");
  scratch.Write("pods/c/userns", "");
  scratch.Write("pods/file", "");
  const auto ids = ReadKubeletIds(scratch.Path("pods"));
  ASSERT_TRUE(ids) << ids.error().Text();
  EXPECT_THAT(*ids, ElementsAre(IdSpan{131072, 65536, scratch.Path("pods/a/userns")}));
}

TEST(KubeletIds, WhatItDoesNotUnderstandIsAnErrorThatNamesTheFile) {
  for (const char* text :
       {"{", "[]", "{}", R"({"uidMappings":[]})", R"({"uidMappings":7,"gidMappings":[]})",
        R"({"uidMappings":[{"hostId":1}],"gidMappings":[]})",
        R"({"uidMappings":[{"hostId":-1,"length":1}],"gidMappings":[]})",
        R"({"uidMappings":[{"hostId":"1","length":1}],"gidMappings":[]})",
        R"({"uidMappings":[{"hostId":4294967296,"length":1}],"gidMappings":[]})",
        R"({"uidMappings":[7],"gidMappings":[]})"}) {
    const Scratch scratch;
    scratch.Write("pods/a/userns", text);
    const auto ids = ReadKubeletIds(scratch.Path("pods"));
    ASSERT_FALSE(ids) << text;
    EXPECT_THAT(ids.error().message, HasSubstr(scratch.Path("pods/a/userns"))) << text;
  }
}

}  // namespace
}  // namespace stockade::sandbox
