// SPDX-License-Identifier: Apache-2.0
#include "sandbox/state.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "config/base/file.h"
#include "tests/unit/sandbox/state_fixture.h"

namespace stockade::sandbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(StateTest, ReadsBackWhatItWrote) {
  ASSERT_TRUE(Claim(Record("pause")));
  StateRecord written = Record("web");
  written.container.role = Role::kPodContainer;
  ASSERT_TRUE(Claim(written));
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
  EXPECT_THAT(Root().List(), ElementsAre("pause", "web"));
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
}  // namespace stockade::sandbox
