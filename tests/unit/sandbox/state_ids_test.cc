// SPDX-License-Identifier: Apache-2.0
// The ids of a pod in its records.
#include <optional>

#include "config/base/file.h"
#include "sandbox/id_claims.h"
#include "tests/unit/sandbox/state_fixture.h"

namespace stockade::sandbox {
namespace {

// The record of a container of `pod` with ids of the pod's.
class StateIdsTest : public StateTest {
 protected:
  StateIdsTest() : usable_{{1000000}, {2000000}} {}

  StateRecord WithIds(const std::string& id, Role role, const IdRange& ids) const {
    StateRecord record = Record(id);
    record.container.role = role;
    record.actions.ids = ids;
    return record;
  }
  std::size_t Taken() const { return IdClaims(top_ + "/state").List()->size(); }

  std::vector<IdRange> usable_;
};

TEST_F(StateIdsTest, ARecordKeepsTheIds) {
  ASSERT_TRUE(Claim(WithIds("web", Role::kStandalone, {2000000})));
  EXPECT_EQ(Root().Read("web")->actions.ids, IdRange{2000000});
  ASSERT_TRUE(Claim(Record("db")));
  EXPECT_EQ(Root().Read("db")->actions.ids, std::nullopt);
}

TEST_F(StateIdsTest, IdsThatAreNoRangeAreAnError) {
  ASSERT_TRUE(Claim(WithIds("web", Role::kStandalone, {2000000})));
  const std::string file = top_ + "/state/" + Root().key() + "/web/record.json";
  const std::string good = *base::ReadFile(file, 65536);
  const std::string ids = R"("firstId":2000000)";
  const auto at = good.find(ids);
  ASSERT_NE(at, std::string::npos);
  for (const char* bad : {R"("first":7)", R"("firstId":{})", R"("firstId":"2000000")",
                          R"("firstId":-1)", R"("firstId":0)", R"("firstId":4294901761)"}) {
    std::string text = good;
    ASSERT_TRUE(base::ReplaceFile(file, text.replace(at, ids.size(), bad), 0600));
    EXPECT_FALSE(Root().Read("web")) << bad;
  }
}

TEST_F(StateIdsTest, GoWithTheLastRecordOfThePod) {
  const IdRange ids = *Root().ClaimIds("pause", usable_);
  ASSERT_TRUE(Claim(WithIds("pause", Role::kPodSandbox, ids)));
  ASSERT_TRUE(Claim(WithIds("web", Role::kPodContainer, ids)));  // of sandbox "pause"
  ASSERT_TRUE(Claim(Record("other")));
  // A container that outlives its sandbox still runs with them.
  ASSERT_TRUE(Root().Release("pause", *Root().Lock()));
  EXPECT_EQ(Taken(), 1U);
  ASSERT_TRUE(Root().Release("other", *Root().Lock()));
  EXPECT_EQ(Taken(), 1U);
  ASSERT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_EQ(Taken(), 0U);
}

// Its ids may be another pod's by now.
TEST_F(StateIdsTest, OfASandboxThatWentGoToNoContainer) {
  const IdRange ids = *Root().ClaimIds("pause", usable_);
  ASSERT_TRUE(Claim(WithIds("pause", Role::kPodSandbox, ids)));
  ASSERT_TRUE(Root().Release("pause", *Root().Lock()));
  const auto late = Claim(WithIds("web", Role::kPodContainer, ids));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().Text(), testing::HasSubstr("the pod's sandbox pause is gone"));
  EXPECT_FALSE(Root().Exists("web"));
}

// A record that is half removed is of a container that is over.
TEST_F(StateIdsTest, DoNotWaitForWhatIsLeftOfARecord) {
  const IdRange ids = *Root().ClaimIds("pause", usable_);
  ASSERT_TRUE(Claim(WithIds("pause", Role::kPodSandbox, ids)));
  ASSERT_TRUE(Claim(WithIds("web", Role::kPodContainer, ids)));
  std::filesystem::remove(top_ + "/state/" + Root().key() + "/web/record.json");
  ASSERT_TRUE(Root().Release("pause", *Root().Lock()));
  EXPECT_EQ(Taken(), 1U);
  std::filesystem::remove(top_ + "/state/" + Root().key() + "/web/pod");
  ASSERT_TRUE(Root().ReleaseIds("pause", ProcessId::Self()));
  EXPECT_EQ(Taken(), 0U);
}

TEST_F(StateIdsTest, StayWithTheSandboxWhenAContainerGoes) {
  const IdRange ids = *Root().ClaimIds("pause", usable_);
  ASSERT_TRUE(Claim(WithIds("pause", Role::kPodSandbox, ids)));
  ASSERT_TRUE(Claim(WithIds("web", Role::kPodContainer, ids)));
  ASSERT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_EQ(Taken(), 1U);
  ASSERT_TRUE(Root().Release("pause", *Root().Lock()));
  EXPECT_EQ(Taken(), 0U);
}

TEST_F(StateIdsTest, AFailedCreateGivesBackWhatHasNoRecord) {
  ASSERT_TRUE(Root().ClaimIds("web", usable_));
  ASSERT_TRUE(Root().ReleaseIds("web", ProcessId::Self()));
  EXPECT_EQ(Taken(), 0U);
  const IdRange ids = *Root().ClaimIds("web", usable_);
  ASSERT_TRUE(Claim(WithIds("web", Role::kStandalone, ids)));
  ASSERT_TRUE(Root().ReleaseIds("web", ProcessId::Self()));  // of a second create of the same id
  EXPECT_EQ(Taken(), 1U);
}

// As a release leaves it that was killed while it removed the record's files.
TEST_F(StateIdsTest, OfARecordThatIsHalfRemovedAreSwept) {
  const auto ids = IdClaims(top_ + "/state").Claim({Root().key(), "web"}, DeadProcess(), usable_);
  ASSERT_TRUE(ids);
  ASSERT_TRUE(Claim(WithIds("web", Role::kStandalone, *ids)));
  std::filesystem::remove(top_ + "/state/" + Root().key() + "/web/pod");
  ASSERT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_EQ(Taken(), 0U);
}

// Between the two steps of a release, its record and its ids, another process creates the container
// anew.
TEST_F(StateIdsTest, OfAnotherCreateStay) {
  StateRecord before = WithIds("web", Role::kStandalone, {1000000});
  before.creator = DeadProcess();
  ASSERT_TRUE(Claim(before));
  ASSERT_TRUE(Root().ClaimIds("web", usable_));
  ASSERT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_EQ(Taken(), 1U);
}

// As a create leaves it that was killed while it wrote its record.
TEST_F(StateIdsTest, AnUnfinishedRecordGivesTheIdsBack) {
  ASSERT_TRUE(IdClaims(top_ + "/state").Claim({Root().key(), "web"}, DeadProcess(), usable_));
  ASSERT_TRUE(base::MakeDirectories(top_ + "/state/" + Root().key() + "/.new-web", 0700));
  ASSERT_TRUE(Root().Unfinished("web"));
  ASSERT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_EQ(Taken(), 0U);
}

TEST_F(StateIdsTest, ARecordThatCannotBeReadGivesItsOwnBack) {
  const IdRange ids = *Root().ClaimIds("web", usable_);
  ASSERT_TRUE(Claim(WithIds("web", Role::kStandalone, ids)));
  ASSERT_TRUE(base::ReplaceFile(top_ + "/state/" + Root().key() + "/web/record.json", "{", 0600));
  ASSERT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_EQ(Taken(), 0U);
}

TEST_F(StateIdsTest, SweepTakesThoseOfAllRootsThatNobodyNeeds) {
  const IdClaims claims(top_ + "/state");
  const StateRoot other(top_ + "/state", top_ + "/crun");
  const std::vector<IdRange> usable = {{1000000}, {2000000}, {3000000}, {4000000}};
  // Killed before it had a record; about to write one; with a record, here and in another root.
  ASSERT_TRUE(claims.Claim({other.key(), "killed"}, DeadProcess(), usable));
  ASSERT_TRUE(Root().ClaimIds("starting", usable));
  for (const StateRoot& root : {Root(), other}) {
    const auto ids = claims.Claim({root.key(), "web"}, DeadProcess(), usable);
    ASSERT_TRUE(ids);
    ASSERT_TRUE(root.Claim(WithIds("web", Role::kStandalone, *ids), *root.Lock()));
  }
  ASSERT_EQ(Taken(), 4U);
  ASSERT_TRUE(Root().Sweep());
  EXPECT_EQ(*claims.Find({other.key(), "killed"}), std::nullopt);
  EXPECT_EQ(Taken(), 3U);
}

TEST_F(StateIdsTest, SweepKeepsThoseOfARootThatCannotBeRead) {
  const IdClaims claims(top_ + "/state");
  const IdOwner owner{"%2Fodd", "web"};
  ASSERT_TRUE(Root().Lock());
  ASSERT_TRUE(claims.Claim(owner, DeadProcess(), {{1000000}}));
  ASSERT_TRUE(base::ReplaceFile(top_ + "/state/%2Fodd", "no directory", 0600));
  ASSERT_TRUE(Root().Sweep());
  EXPECT_NE(*claims.Find(owner), std::nullopt);
  std::filesystem::remove(top_ + "/state/%2Fodd");
  ASSERT_TRUE(Root().Sweep());
  EXPECT_EQ(*claims.Find(owner), std::nullopt);
}

}  // namespace
}  // namespace stockade::sandbox
