// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/process_facts.h"

#include <gtest/gtest.h>

namespace stockade::ctl {
namespace {

constexpr std::string_view kStatus =
    "Name:\tevil\\nNoNewPrivs:\t1\n"
    "Uid:\t1000\t1000\t0\t1000\n"
    "CapInh:\t0000000000000000\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000400\n"
    "CapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\n"
    "NoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n";

TEST(ParseStatus, ReadsWhatTheLayersPromise) {
  ProcessFacts facts;
  const auto done = ParseStatus(kStatus, facts);
  ASSERT_TRUE(done) << done.error().Text();
  EXPECT_EQ(facts.name, "evil\\nNoNewPrivs:\t1");  // a name is a name, whatever stands in it
  EXPECT_EQ(facts.no_new_privs, 0);
  EXPECT_EQ(facts.seccomp, 2);
  EXPECT_EQ(facts.seccomp_filters, 1);
  EXPECT_EQ(facts.uids[2], 0U);
  EXPECT_EQ(facts.capabilities[kEffective], 0x400U);
  EXPECT_EQ(facts.capabilities[kBounding], 0xa80425fbU);
}

TEST(ParseStatus, RefusesWhatIsMissingOrNoNumber) {
  ProcessFacts facts;
  EXPECT_FALSE(ParseStatus("Name:\tx\n", facts));
  EXPECT_FALSE(ParseStatus("CapInh:\tzz\n", facts));
  EXPECT_FALSE(ParseStatus("Seccomp:\t\n", facts));
}

TEST(ParseIdMap, TranslatesToInside) {
  const auto map =
      ParseIdMap("         0     100000      65536\n     70000          5          1\n");
  ASSERT_TRUE(map) << map.error().Text();
  EXPECT_EQ(InsideId(*map, 100000), 0U);
  EXPECT_EQ(InsideId(*map, 165535), 65535U);
  EXPECT_EQ(InsideId(*map, 5), 70000U);
  EXPECT_EQ(InsideId(*map, 165536), std::nullopt);
  EXPECT_EQ(InsideId(*map, 0), std::nullopt);
  EXPECT_FALSE(ParseIdMap("0 0\n"));
}

TEST(ParseLimits, KnowsNamesAndUnlimited) {
  const auto limits = ParseLimits(
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max open files            1024                 4096                 files     \n"
      "Max realtime timeout      unlimited            7                    us        \n");
  ASSERT_TRUE(limits) << limits.error().Text();
  EXPECT_EQ(limits->at("RLIMIT_NOFILE").soft, 1024U);
  EXPECT_EQ(limits->at("RLIMIT_NOFILE").hard, 4096U);
  EXPECT_EQ(limits->at("RLIMIT_RTTIME").soft, std::nullopt);
  EXPECT_EQ(limits->at("RLIMIT_RTTIME").hard, 7U);
  EXPECT_FALSE(ParseLimits("Max open files            some\n"));
}

TEST(CapabilityText, NamesBits) {
  EXPECT_EQ(CapabilityText(0), "none");
  EXPECT_EQ(CapabilityText(0x401), "CAP_CHOWN, CAP_NET_BIND_SERVICE");
  EXPECT_EQ(CapabilityText(std::uint64_t{1} << 63), "capability 63");
}

}  // namespace
}  // namespace stockade::ctl
