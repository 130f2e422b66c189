// SPDX-License-Identifier: Apache-2.0
#include "sandbox/state.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "config/base/file.h"
#include "sandbox/id_claims.h"

namespace stockade::sandbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A state directory, a delegate's root and a bundle of their own for each test.
class StateTest : public testing::Test {
 protected:
  StateTest() {
    std::string pattern = testing::TempDir() + "stockade-state-XXXXXX";
    top_ = mkdtemp(pattern.data());
    std::filesystem::create_directories(top_ + "/bundle");
    std::filesystem::create_directories(top_ + "/runc");
  }
  ~StateTest() override { std::filesystem::remove_all(top_); }

  StateRoot Root() const { return {top_ + "/state", top_ + "/runc"}; }
  std::string Bundle() const { return top_ + "/bundle"; }

  StateRecord Record(const std::string& id) const {
    StateRecord record;
    record.container.id = id;
    record.container.bundle = Bundle();
    record.container.role = Role::kPodContainer;
    record.container.sandbox_id = "pause";
    record.class_name = "restricted";
    record.delegate = "/usr/sbin/runc";
    record.delegate_root = top_ + "/runc";
    record.class_snapshot = R"({"a":1})";
    record.policy_snapshot = R"({"b":2})";
    record.changes = "[]";
    record.original = "original";
    record.final_text = "final";
    record.creator = ProcessId::Self();
    return record;
  }

  // A process that is over: what a killed creator leaves.
  static ProcessId DeadProcess() {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
    return ProcessId{child, 1};
  }

  base::Status Claim(const StateRecord& record) const {
    const auto lock = Root().Lock();
    EXPECT_TRUE(lock);
    return Root().Claim(record, *lock);
  }

  std::string top_;
};

TEST_F(StateTest, ReadsBackWhatItWrote) {
  ASSERT_TRUE(Claim(Record("web")));
  const auto record = Root().Read("web", kWholeRecord);
  ASSERT_TRUE(record) << record.error().Text();
  EXPECT_EQ(record->container.id, "web");
  EXPECT_EQ(record->container.role, Role::kPodContainer);
  EXPECT_EQ(record->container.sandbox_id, "pause");
  EXPECT_EQ(record->class_name, "restricted");
  EXPECT_EQ(record->class_snapshot, R"({"a":1})");
  EXPECT_EQ(record->policy_snapshot, R"({"b":2})");
  EXPECT_EQ(record->changes, "[]");
  EXPECT_EQ(record->original, "original");
  EXPECT_EQ(record->final_text, "final");
  EXPECT_TRUE(record->creator.Alive());
  EXPECT_EQ(Root().DelegateOf("web"), "/usr/sbin/runc");
  EXPECT_THAT(Root().List(), ElementsAre("web"));
}

TEST_F(StateTest, APartThatIsGoneIsAnErrorToWhoAsksForIt) {
  ASSERT_TRUE(Claim(Record("web")));
  const auto directory = std::filesystem::directory_iterator(top_ + "/state")->path();
  ASSERT_TRUE(std::filesystem::remove(directory / "web/policy.json"));
  EXPECT_TRUE(Root().Read("web"));
  EXPECT_EQ(Root().Read("web", {.loaded_class = true})->policy_snapshot, "");
  EXPECT_FALSE(Root().Read("web", {.policy = true}));
}

TEST_F(StateTest, OthersMayPassAndSeeNothing) {
  ASSERT_TRUE(Claim(Record("web")));
  struct stat info = {};
  ASSERT_EQ(stat((top_ + "/state").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0711U);
  for (const auto& entry : std::filesystem::directory_iterator(top_ + "/state")) {
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0077U, 0U) << entry.path();
  }
}

TEST_F(StateTest, TwoRootsDoNotMeet) {
  ASSERT_TRUE(Claim(Record("web")));
  const StateRoot other(top_ + "/state", top_ + "/runc%2Fx");
  EXPECT_FALSE(other.Exists("web"));
  ASSERT_TRUE(other.Lock());
  const auto roots = AllStateRoots(top_ + "/state");
  ASSERT_EQ(roots.size(), 2U);
  EXPECT_EQ(roots[0].delegate_root(), top_ + "/runc");
  EXPECT_EQ(roots[1].delegate_root(), top_ + "/runc%2Fx");
}

TEST_F(StateTest, RefusesASecondCreateOfALivingId) {
  ASSERT_TRUE(Claim(Record("web")));  // its creator, this process, is alive
  const auto second = Claim(Record("web"));
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("container with given ID already exists"));
}

TEST_F(StateTest, RefusesAnIdThatTheDelegateHas) {
  std::filesystem::create_directory(top_ + "/runc/web");
  EXPECT_FALSE(Claim(Record("web")));
}

TEST_F(StateTest, ReplacesWhatADeadCreatorLeft) {
  StateRecord dead = Record("web");
  dead.creator = DeadProcess();
  ASSERT_TRUE(Claim(dead));
  StateRecord next = Record("web");
  next.class_name = "baseline";
  ASSERT_TRUE(Claim(next));
  EXPECT_EQ(Root().Read("web")->class_name, "baseline");
}

TEST_F(StateTest, SweepReleasesOnlyTheDead) {
  StateRecord dead = Record("dead");
  dead.creator = DeadProcess();
  StateRecord running = Record("running");
  running.creator = DeadProcess();
  std::filesystem::create_directory(top_ + "/runc/running");
  ASSERT_TRUE(Claim(dead));
  std::filesystem::remove(top_ + "/runc/running");
  ASSERT_TRUE(Claim(running));
  std::filesystem::create_directory(top_ + "/runc/running");
  ASSERT_TRUE(Claim(Record("starting")));
  ASSERT_TRUE(Root().Sweep());
  EXPECT_THAT(Root().List(), ElementsAre("running", "starting"));
}

TEST_F(StateTest, SweepWithNothingToDoWaitsForNobody) {
  ASSERT_TRUE(Claim(Record("starting")));
  const auto lock = Root().Lock();
  ASSERT_TRUE(lock);
  EXPECT_TRUE(Root().Sweep());  // or for ever
}

TEST_F(StateTest, SweepTakesWhatAKilledClaimHadBegun) {
  ASSERT_TRUE(Claim(Record("starting")));
  std::filesystem::create_directory(Root().PathOf(".new-web"));
  ASSERT_TRUE(Root().Unfinished("web"));
  ASSERT_TRUE(Root().Sweep());
  EXPECT_FALSE(Root().Unfinished("web"));
}

TEST_F(StateTest, OnlyAnotherLivingProcessIsCreating) {
  ASSERT_TRUE(Claim(Record("ours")));
  EXPECT_FALSE(Root().BeingCreated("ours"));
  StateRecord dead = Record("dead");
  dead.creator = DeadProcess();
  ASSERT_TRUE(Claim(dead));
  EXPECT_FALSE(Root().BeingCreated("dead"));
  EXPECT_FALSE(Root().BeingCreated("none"));
  const pid_t child = fork();
  if (child == 0) _exit(Root().BeingCreated("ours") && !Root().BeingCreated("dead") ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

// True when `child` waits for a lock of a file.
bool WaitsForLock(pid_t child) {
  const std::string locks = base::ReadFile("/proc/locks", 1U << 20).value_or("");
  for (std::size_t at = 0; (at = locks.find("-> FLOCK", at)) != std::string::npos; ++at) {
    const std::string line = locks.substr(at, locks.find('\n', at) - at);
    if (line.find(fmt::format(" {} ", child)) != std::string::npos) return true;
  }
  return false;
}

// While a delete waits for the lock, the container that it ended is created anew, by a process that
// becomes the delegate and ends.
TEST_F(StateTest, ReleaseUnlessUsedAsksUnderTheLock) {
  StateRecord before = Record("web");
  before.creator = DeadProcess();
  ASSERT_TRUE(Claim(before));
  std::optional<StateLock> lock = *Root().Lock();
  const pid_t child = fork();
  if (child == 0) {
    lock.reset();
    _exit(Root().ReleaseUnlessUsed("web") ? 0 : 1);
  }
  while (!WaitsForLock(child) && waitpid(child, nullptr, WNOHANG) == 0) usleep(1000);
  std::filesystem::create_directory(top_ + "/runc/web");
  lock.reset();
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(Root().Exists("web"));
}

TEST_F(StateTest, ReleaseUnlessUsedTakesOurOwnAndTheDead) {
  ASSERT_TRUE(Claim(Record("ours")));  // a run whose container has ended
  StateRecord dead = Record("dead");
  dead.creator = DeadProcess();
  ASSERT_TRUE(Claim(dead));
  for (const char* id : {"ours", "dead", "none"}) EXPECT_TRUE(Root().ReleaseUnlessUsed(id)) << id;
  EXPECT_THAT(Root().List(), IsEmpty());
}

TEST_F(StateTest, ReleasePutsTheOriginalBack) {
  ASSERT_TRUE(base::ReplaceFile(Bundle() + "/config.json", "final", 0644));
  ASSERT_TRUE(Claim(Record("web")));
  ASSERT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_EQ(base::ReadFile(Bundle() + "/config.json", 100), "original");
  EXPECT_THAT(Root().List(), IsEmpty());
}

TEST_F(StateTest, ReleaseKeepsWhatSomebodyElseWrote) {
  ASSERT_TRUE(base::ReplaceFile(Bundle() + "/config.json", "theirs", 0644));
  ASSERT_TRUE(Claim(Record("web")));
  ASSERT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_EQ(base::ReadFile(Bundle() + "/config.json", 100), "theirs");
}

TEST_F(StateTest, ReleaseNeedsNoBundle) {
  ASSERT_TRUE(Claim(Record("web")));
  std::filesystem::remove_all(Bundle());
  EXPECT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_FALSE(Root().Exists("web"));
}

TEST_F(StateTest, ABrokenRecordIsAnErrorAndCanBeReleased) {
  ASSERT_TRUE(Claim(Record("web")));
  const std::string file = top_ + "/state";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(file)) {
    if (entry.path().filename() != "record.json") continue;
    ASSERT_TRUE(base::ReplaceFile(entry.path(), "{\"id\":3}", 0600));
  }
  EXPECT_FALSE(Root().Read("web"));
  EXPECT_TRUE(Root().Release("web", *Root().Lock()));
}

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

// The record of a container whose supervisor has a cgroup: any folder can stand for it here.
class StateCgroupTest : public StateTest {
 protected:
  StateCgroupTest() { std::filesystem::create_directory(Group()); }
  void ClaimWithGroup(StateRecord record) const {
    ASSERT_TRUE(Claim(record));
    std::filesystem::create_symlink(Group(), Root().PathOf(record.container.id) + "/cgroup");
  }
  std::string Group() const { return top_ + "/group"; }
};

TEST_F(StateCgroupTest, GoesWithTheRecord) {
  ClaimWithGroup(Record("web"));
  ASSERT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_FALSE(std::filesystem::exists(Group()));
}

TEST_F(StateCgroupTest, GoesWithTheSweepOfAKilledCreate) {
  StateRecord dead = Record("web");
  dead.creator = DeadProcess();
  ClaimWithGroup(dead);
  ASSERT_TRUE(Root().Sweep());
  EXPECT_FALSE(std::filesystem::exists(Group()));
}

TEST_F(StateCgroupTest, GoesWithTheRecordThatANewOneReplaces) {
  StateRecord dead = Record("web");
  dead.creator = DeadProcess();
  ClaimWithGroup(dead);
  ASSERT_TRUE(Claim(Record("web")));
  EXPECT_FALSE(std::filesystem::exists(Group()));
}

TEST_F(StateCgroupTest, TheRecordStaysUntilItCanBeRemoved) {
  ClaimWithGroup(Record("web"));
  std::filesystem::create_directory(Group() + "/in-use");
  EXPECT_FALSE(Root().Release("web", *Root().Lock()));
  EXPECT_THAT(Root().List(), ElementsAre("web"));
  std::filesystem::remove(Group() + "/in-use");
  EXPECT_TRUE(Root().Release("web", *Root().Lock()));
  EXPECT_THAT(Root().List(), IsEmpty());
}

TEST(ContainerId, IsAFileName) {
  for (const char* good : {"a", "web-1", "A_b.c+d", "0"})
    EXPECT_TRUE(ValidContainerId(good)) << good;
  for (const char* bad : {"", ".", "..", ".hidden", "a/b", "../x", "a b", "a\n", "\xc3\xa9"}) {
    EXPECT_FALSE(ValidContainerId(bad)) << bad;
  }
  EXPECT_TRUE(ValidContainerId(std::string(200, 'x')));
  EXPECT_FALSE(ValidContainerId(std::string(201, 'x')));
}

}  // namespace

TEST_F(StateTest, AReleaseTakesAwayWhatAKilledClaimBegan) {
  const StateRoot root = Root();
  ASSERT_TRUE(Claim(Record("box")));
  EXPECT_FALSE(root.Unfinished("box"));
  const auto lock = root.Lock();
  ASSERT_TRUE(lock) << lock.error().Text();
  const auto directory = std::filesystem::directory_iterator(top_ + "/state")->path();
  std::filesystem::rename(directory / "box", directory / ".new-box");
  EXPECT_TRUE(root.Unfinished("box"));
  EXPECT_TRUE(root.Release("box", *lock));
  EXPECT_FALSE(root.Unfinished("box"));
}

}  // namespace stockade::sandbox
