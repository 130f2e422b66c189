// SPDX-License-Identifier: Apache-2.0
#include "sandbox/id_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/scratch.h"

namespace stockade::sandbox {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kSize = IdRange::kSize;
constexpr std::uint64_t kFree = 10000000;  // above kubelet's default

IdFacts Configured(std::uint64_t first, std::uint64_t count) {
  IdFacts facts;
  facts.configured = IdSpan{first, count, "config.json:3"};
  return facts;
}

std::vector<std::uint64_t> Firsts(const IdFacts& facts) {
  const auto usable = UsableRanges(facts);
  EXPECT_TRUE(usable) << usable.error().Text();
  std::vector<std::uint64_t> firsts;
  if (usable) {
    for (const IdRange& ids : *usable) firsts.push_back(ids.first);
  }
  return firsts;
}

std::string ErrorOf(const IdFacts& facts) {
  const auto usable = UsableRanges(facts);
  return usable ? "no error" : usable.error().Text();
}

TEST(IdPool, AConfiguredPoolIsCutIntoWholeRangesFromItsFirstIdOn) {
  EXPECT_THAT(Firsts(Configured(kFree, 3 * kSize + 65535)),
              ElementsAre(kFree, kFree + kSize, kFree + 2 * kSize));
  EXPECT_THAT(Firsts(Configured(kFree, kSize)), ElementsAre(kFree));
  EXPECT_THAT(
      ErrorOf(Configured(kFree, kSize - 1)),
      AllOf(HasSubstr("config.json:3: there are no 65536 ids in a row"), HasSubstr("\"idPool\"")));
}

TEST(IdPool, TheLastIdIsTheLastUser) {
  // 4294967295 is no user, so that the range that ends with it is none.
  EXPECT_THAT(Firsts(Configured(4294967295 - kSize, kSize)), ElementsAre(4294967295 - kSize));
  EXPECT_THAT(Firsts(Configured(4294967296 - 2 * kSize, 2 * kSize)),
              ElementsAre(4294967296 - 2 * kSize));
}

TEST(IdPool, ANodeThatSaysNothingHasTheDefaultPool) {
  const std::vector<std::uint64_t> firsts = Firsts({});
  ASSERT_EQ(firsts.size(), 2245U);
  EXPECT_EQ(firsts.front(), 2000224256U);
  EXPECT_EQ(firsts.back() + kSize, 2147352576U);
  EXPECT_EQ(firsts.front() % kSize, 0U);
  // Entries of others that are not in the way change nothing.
  IdFacts facts;
  facts.users = {{"alice", {100000, kSize, "u:1"}},
                 {"containers", {2147483647, 2147483648, "u:2"}}};
  EXPECT_EQ(Firsts(facts), firsts);
}

TEST(IdPool, TheDefaultPoolGoesRoundWhatIsSomebodys) {
  IdFacts facts;
  facts.users = {{"alice", {kDefaultPoolFirst + kSize, 1, "u:1"}}};
  facts.groups = {{"bob", {kDefaultPoolFirst + 4 * kSize - 1, 2, "g:1"}}};
  facts.kubelet = {{kDefaultPoolFirst + 6 * kSize, kSize, "userns"}};
  const auto firsts = Firsts(facts);
  EXPECT_EQ(firsts.size(), 2245U - 4U);
  for (const std::uint64_t gone : {1U, 3U, 4U, 6U}) {
    EXPECT_THAT(firsts, ::testing::Not(::testing::Contains(kDefaultPoolFirst + gone * kSize)));
  }
  facts.users = {{"root", {100000, 4294000000, "u:1"}}};
  EXPECT_THAT(ErrorOf(facts), HasSubstr("the default pool: there are no 65536 ids in a row"));
}

TEST(IdPool, StockadesEntriesInBothFilesAreThePool) {
  IdFacts facts;
  facts.users = {{"stockade", {kFree, 4 * kSize, "u:1"}}, {"alice", {100000, kSize, "u:2"}}};
  facts.groups = {{"stockade", {kFree + kSize, 4 * kSize, "g:1"}}};
  EXPECT_THAT(Firsts(facts), ElementsAre(kFree + kSize, kFree + 2 * kSize, kFree + 3 * kSize));
  // Lines that follow one another are one span, lines apart are two.
  facts.users = {{"stockade", {kFree + 3 * kSize, kSize / 2, "u:3"}},
                 {"stockade", {kFree, kSize / 2, "u:1"}},
                 {"stockade", {kFree + kSize / 2, kSize / 2, "u:2"}},
                 {"stockade", {kFree + 7 * kSize, kSize, "u:4"}},
                 {"stockade", {kFree + 7 * kSize, kSize, "u:5"}}};
  facts.groups = {{"stockade", {kFree, 100 * kSize, "g:1"}}};
  EXPECT_THAT(Firsts(facts), ElementsAre(kFree, kFree + 7 * kSize));
}

TEST(IdPool, TheConfigurationWinsOverStockadesEntries) {
  IdFacts facts = Configured(kFree, kSize);
  facts.users = {{"stockade", {kFree + kSize, kSize, "u:1"}}};
  EXPECT_THAT(Firsts(facts), ElementsAre(kFree));
}

TEST(IdPool, IdsInOneOfTheFilesAreAnErrorAndNotTheDefault) {
  IdFacts facts;
  facts.users = {{"stockade", {kFree, kSize, "/etc/subuid:4"}}};
  EXPECT_THAT(ErrorOf(facts),
              AllOf(HasSubstr("/etc/subuid:4: 10000000 to 10065535 are stockade's as users only"),
                    HasSubstr("in /etc/subuid and in /etc/subgid")));
  facts.groups = {{"stockade", {kFree + kSize, kSize, "/etc/subgid:5"}}};
  EXPECT_THAT(ErrorOf(facts), HasSubstr("as users only"));
  facts.users.clear();
  EXPECT_THAT(ErrorOf(facts),
              HasSubstr("/etc/subgid:5: 10065536 to 10131071 are stockade's as groups only"));
}

TEST(IdPool, AnOverlapNamesBothPlaces) {
  IdFacts facts = Configured(kFree, 2 * kSize);
  facts.groups = {{"alice", {kFree + 2 * kSize - 1, 5, "/etc/subgid:7"}}};
  EXPECT_THAT(ErrorOf(facts),
              AllOf(HasSubstr("config.json:3: the ids 10000000 to 10131071 for pods overlap "
                              "10131071 to 10131075 of alice (/etc/subgid:7)"),
                    HasSubstr("\"idPool\"")));
  facts.groups = {{"alice", {kFree + 2 * kSize, 5, "/etc/subgid:7"}}};
  EXPECT_EQ(Firsts(facts).size(), 2U);
}

TEST(IdPool, StockadesOwnEntriesMayNotOverlapOthersEither) {
  IdFacts facts;
  facts.users = {{"alice", {kFree + 10, 1, "u:1"}}, {"stockade", {kFree, kSize, "u:2"}}};
  facts.groups = {{"stockade", {kFree, kSize, "g:1"}}};
  EXPECT_THAT(ErrorOf(facts), AllOf(HasSubstr("u:2 and g:1: "), HasSubstr("of alice (u:1)")));
}

TEST(IdPool, KubeletsIdsAreNeverUsed) {
  EXPECT_THAT(ErrorOf(Configured(7340031, kSize)),
              HasSubstr("65536 to 7340031 of kubelet (its default)"));
  EXPECT_THAT(Firsts(Configured(7340032, kSize)), ElementsAre(7340032U));
  IdFacts entry = Configured(kFree, kSize);
  entry.users = {{"kubelet", {kFree - 1, 2, "/etc/subuid:1"}}};
  EXPECT_THAT(ErrorOf(entry), HasSubstr("of kubelet (/etc/subuid:1)"));
  IdFacts living = Configured(kFree, kSize);
  living.kubelet = {{kFree, kSize, "/var/lib/kubelet/pods/1-2/userns"}};
  EXPECT_THAT(ErrorOf(living),
              HasSubstr("of a pod of kubelet's (/var/lib/kubelet/pods/1-2/userns)"));
  IdFacts low;
  low.users = low.groups = {{"stockade", {1000, 4 * kSize, "s:1"}}};
  EXPECT_THAT(ErrorOf(low), HasSubstr("0 to 65535 of the host"));
}

TEST(IdPool, IdsOfUsersAndGroupsAreNotPods) {
  IdFacts facts = Configured(kFree, 2 * kSize);
  facts.accounts = {{"root", {0, 1, "/etc/passwd:1"}},
                    {"eve", {kFree + kSize, 1, "/etc/passwd:2"}}};
  EXPECT_THAT(ErrorOf(facts), HasSubstr("overlap 10065536 to 10065536 of eve (/etc/passwd:2)"));
  IdFacts by_default;
  by_default.accounts = {{"staff", {kDefaultPoolFirst, 1, "/etc/group:9"}}};
  EXPECT_EQ(Firsts(by_default).size(), 2244U);
}

TEST(IdPool, ReadsItsFactsFromTheNode) {
  const Scratch scratch;
  const IdSources sources{scratch.Path("subuid"), scratch.Path("subgid"), scratch.Path("passwd"),
                          scratch.Path("group"), scratch.Path("pods")};
  config::NodeConfig node;
  node.id_pool = config::IdPoolSetting{kFree, kSize, "c:1"};
  scratch.Write("subuid", "a:1:2\n");
  scratch.Write("subgid", "b:3:4\n");
  scratch.Write("passwd", "alice:x:70001:70001::/:/bin/sh\n");
  scratch.Write("group", "staff:x:70002:alice\n");
  scratch.Write("pods/x/userns",
                R"({"uidMappings":[{"hostId":5,"containerId":0,"length":6}],"gidMappings":[]})");
  const auto facts = ReadIdFacts(node, sources);
  ASSERT_TRUE(facts) << facts.error().Text();
  EXPECT_EQ(facts->configured, (IdSpan{kFree, kSize, "c:1"}));
  EXPECT_EQ(facts->users.at(0).ids.origin, sources.subuid + ":1");
  EXPECT_EQ(facts->groups.at(0).ids.origin, sources.subgid + ":1");
  EXPECT_EQ(facts->accounts, (std::vector<SubIds>{{"alice", {70001, 1, sources.passwd + ":1"}},
                                                  {"staff", {70002, 1, sources.group + ":1"}}}));
  EXPECT_EQ(facts->kubelet.at(0).first, 5U);
  for (const char* broken : {"subuid", "subgid", "pods/x/userns"}) {
    const Scratch other;
    other.Write(broken, "?");
    EXPECT_FALSE(ReadIdFacts(node, {other.Path("subuid"), other.Path("subgid"),
                                    other.Path("passwd"), other.Path("group"), other.Path("pods")}))
        << broken;
  }
}

}  // namespace
}  // namespace stockade::sandbox
