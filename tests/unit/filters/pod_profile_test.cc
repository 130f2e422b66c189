// SPDX-License-Identifier: Apache-2.0
#include "filters/pod_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "filters/floor.h"

namespace stockade::filters {
namespace {

using base::Json;
using ::testing::HasSubstr;

Json Floor(const std::vector<std::string>& compat = {}) {
  return BuildFloor("baseline", {}, compat).value();
}

// Lists are vectors: gcc and clang read Json{x}, with x a Json, differently (a copy, or [x]).
using List = std::vector<Json>;

Json AllowAllBut(const List& entries) {
  return {{"defaultAction", "SCMP_ACT_ALLOW"}, {"syscalls", entries}};
}

Json Arg(unsigned index, const char* op, std::uint64_t value, std::uint64_t value_two = 0) {
  return {{"index", index}, {"value", value}, {"valueTwo", value_two}, {"op", op}};
}

Json Entry(const char* name, const char* action, const List& args = {}) {
  return {{"names", {name}}, {"action", action}, {"args", args}};
}

// "" when the profile may be replaced, else the call and the reason.
std::string Lost(const Json& profile, const std::vector<std::string>& compat = {}) {
  const auto lost = FirstCallLost(profile, Floor(compat));
  return lost ? lost->call + " " + lost->reason : "";
}

TEST(FirstCallLostTest, TheFloorItselfIsReplaceable) { EXPECT_EQ(Lost(Floor()), ""); }

TEST(FirstCallLostTest, AProfileThatRefusesNothingIsReplaceable) {
  EXPECT_EQ(Lost(AllowAllBut({})), "");
  EXPECT_EQ(Lost({{"defaultAction", "SCMP_ACT_LOG"}}), "");
}

TEST(FirstCallLostTest, AStricterProfileIsNot) {
  for (const char* action : {"SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
                             "SCMP_ACT_TRAP", "SCMP_ACT_TRACE"}) {
    EXPECT_EQ(Lost(AllowAllBut({Entry("chmod", action)})),
              "chmod is refused by the pod's own profile");
  }
  EXPECT_EQ(Lost(AllowAllBut({{{"name", "fchmodat"}, {"action", "SCMP_ACT_ERRNO"}}})),
            "fchmodat is refused by the pod's own profile");
  EXPECT_THAT(Lost({{"defaultAction", "SCMP_ACT_KILL"}}), HasSubstr("is refused"));
}

TEST(FirstCallLostTest, RefusingWhatTheFloorRefusesTooLosesNothing) {
  EXPECT_EQ(Lost(AllowAllBut({Entry("mount", "SCMP_ACT_ERRNO"), Entry("bpf", "SCMP_ACT_KILL"),
                              Entry("socket", "SCMP_ACT_ERRNO", {Arg(0, "SCMP_CMP_EQ", 40)})})),
            "");
}

TEST(FirstCallLostTest, ArgumentsAreProvedNotCompared) {
  // As the newest default writes the families: three ranges, which together leave out 38 and 40.
  const Json ranges = {Entry("socket", "SCMP_ACT_ALLOW", {Arg(0, "SCMP_CMP_LT", 38)}),
                       Entry("socket", "SCMP_ACT_ALLOW", {Arg(0, "SCMP_CMP_EQ", 39)}),
                       Entry("socket", "SCMP_ACT_ALLOW", {Arg(0, "SCMP_CMP_GT", 40)})};
  Json profile = Floor();
  Json entries = Json::array();
  for (const Json& entry : profile["syscalls"]) {
    if (entry["names"][0] != "socket") entries.push_back(entry);
  }
  profile["syscalls"] = entries;
  EXPECT_THAT(Lost(profile), HasSubstr("socket"));
  for (const Json& range : ranges) profile["syscalls"].push_back(range);
  EXPECT_EQ(Lost(profile), "");
  // One family that the floor allows and the ranges no longer do.
  profile["syscalls"].push_back(Entry("socket", "SCMP_ACT_KILL", {Arg(0, "SCMP_CMP_EQ", 10)}));
  EXPECT_THAT(Lost(profile), HasSubstr("socket is refused by the pod's own profile for some"));
}

TEST(FirstCallLostTest, FindsARefusalOfSomeArguments) {
  EXPECT_THAT(
      Lost(AllowAllBut({Entry("socket", "SCMP_ACT_ERRNO",
                              {Arg(0, "SCMP_CMP_EQ", 2), Arg(1, "SCMP_CMP_MASKED_EQ", 0xf, 2)})})),
      HasSubstr("socket"));
  EXPECT_THAT(
      Lost(AllowAllBut({Entry("mmap", "SCMP_ACT_ERRNO", {Arg(2, "SCMP_CMP_MASKED_EQ", 4, 4)})})),
      HasSubstr("mmap"));
  EXPECT_THAT(
      Lost(AllowAllBut({Entry("mmap", "SCMP_ACT_ERRNO", {Arg(1, "SCMP_CMP_GT", 1ULL << 40)})})),
      HasSubstr("mmap"));
  EXPECT_THAT(
      Lost(AllowAllBut({Entry("ioctl", "SCMP_ACT_ERRNO", {Arg(1, "SCMP_CMP_EQ", 0x5401)})})),
      HasSubstr("ioctl"));
  EXPECT_EQ(Lost(AllowAllBut({Entry("ioctl", "SCMP_ACT_ERRNO", {Arg(1, "SCMP_CMP_EQ", 0x5412)})})),
            "");
}

TEST(FirstCallLostTest, UpperHalvesThatTheKernelIgnoresDoNotCount) {
  EXPECT_EQ(
      Lost(AllowAllBut({Entry("socket", "SCMP_ACT_ERRNO", {Arg(0, "SCMP_CMP_GT", 0xffffffff)})})),
      "");
}

TEST(FirstCallLostTest, ReadsRepeatedArgumentsAsTheDelegatesDo) {
  // "neither 38 nor 40" written as one rule means "not 38, or not 40": everything is allowed.
  Json profile = Floor();
  profile["syscalls"].push_back(
      Entry("ioctl", "SCMP_ACT_ALLOW", {Arg(1, "SCMP_CMP_NE", 38), Arg(1, "SCMP_CMP_NE", 40)}));
  EXPECT_EQ(Lost(profile), "");
  // The same for a refusal: it refuses everything.
  EXPECT_THAT(Lost(AllowAllBut({Entry("ioctl", "SCMP_ACT_ERRNO",
                                      {Arg(1, "SCMP_CMP_NE", 38), Arg(1, "SCMP_CMP_NE", 40)})})),
              HasSubstr("ioctl"));
}

TEST(FirstCallLostTest, OnlyCallsNewerThanAnyDefaultAreExcused) {
  Json profile = Floor();
  Json& names = profile["syscalls"][0]["names"];
  const auto without = [&](const std::vector<std::string>& gone) {
    Json copy = profile;
    Json kept = Json::array();
    for (const Json& name : names) {
      if (std::find(gone.begin(), gone.end(), name) == gone.end()) kept.push_back(name);
    }
    copy["syscalls"][0]["names"] = kept;
    return copy;
  };
  EXPECT_EQ(Lost(without({"mseal"})), "");  // 462, the newest of the floor
  EXPECT_EQ(Lost(without({"mseal", "map_shadow_stack", "fchmodat2"})), "");
  // Named newer ones say that these were known: mseal, and set_mempolicy_home_node (450).
  EXPECT_THAT(Lost(without({"fchmodat2"})), HasSubstr("fchmodat2"));
  EXPECT_THAT(Lost(without({"mseal", "map_shadow_stack", "fchmodat2", "futex_waitv"})),
              HasSubstr("futex_waitv"));
  EXPECT_THAT(Lost(without({"openat2"})), HasSubstr("openat2"));
  // A short list that names only old calls refuses the others on purpose.
  EXPECT_THAT(Lost({{"defaultAction", "SCMP_ACT_ERRNO"},
                    {"syscalls", List{Entry("read", "SCMP_ACT_ALLOW")}}}),
              HasSubstr("is refused"));
}

TEST(FirstCallLostTest, ArchitecturesThatTheClassOpensMustBeOpen) {
#if defined(__x86_64__)
  Json profile = AllowAllBut({});
  EXPECT_THAT(Lost(profile, {"SCMP_ARCH_X86"}), HasSubstr("does not open SCMP_ARCH_X86"));
  profile["architectures"] = {"SCMP_ARCH_X86"};
  EXPECT_EQ(Lost(profile, {"SCMP_ARCH_X86"}), "");
#endif
}

TEST(FirstCallLostTest, WhatCannotBeUnderstoodIsNotReplaced) {
  EXPECT_THAT(Lost(nullptr), HasSubstr("no object"));
  EXPECT_THAT(Lost({{"defaultAction", "SCMP_ACT_ALLOW"}, {"listenerPath", "/x"}}),
              HasSubstr("listener"));
  EXPECT_THAT(Lost(AllowAllBut({{{"names", nullptr}, {"action", "SCMP_ACT_ERRNO"}}})),
              HasSubstr("names no call"));
}

TEST(FirstCallLostTest, AHostileProfileCostsLittle) {
  List entries;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    entries.push_back(Entry("ioctl", i % 2 == 0 ? "SCMP_ACT_ERRNO" : "SCMP_ACT_ALLOW",
                            {Arg(0, "SCMP_CMP_GT", i << 20),
                             Arg(1, "SCMP_CMP_MASKED_EQ", std::uint64_t{0x5555} << i % 16, i),
                             Arg(2, "SCMP_CMP_NE", i * 77)}));
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(Lost(AllowAllBut(entries)), HasSubstr("ioctl"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace stockade::filters
