// SPDX-License-Identifier: Apache-2.0
#include "sandbox/state.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "config/base/file.h"

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
    record.class_snapshot = {{"a", 1}};
    record.policy_snapshot = {{"b", 2}};
    record.changes = base::Json::array();
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
  const auto record = Root().Read("web", /*with_texts=*/true);
  ASSERT_TRUE(record) << record.error().Text();
  EXPECT_EQ(record->container.id, "web");
  EXPECT_EQ(record->container.role, Role::kPodContainer);
  EXPECT_EQ(record->container.sandbox_id, "pause");
  EXPECT_EQ(record->class_name, "restricted");
  EXPECT_EQ(record->class_snapshot, (base::Json{{"a", 1}}));
  EXPECT_EQ(record->policy_snapshot, (base::Json{{"b", 2}}));
  EXPECT_EQ(record->original, "original");
  EXPECT_EQ(record->final_text, "final");
  EXPECT_TRUE(record->creator.Alive());
  EXPECT_EQ(Root().DelegateOf("web"), "/usr/sbin/runc");
  EXPECT_THAT(Root().List(), ElementsAre("web"));
}

TEST_F(StateTest, KeepsItsDirectoryToRoot) {
  ASSERT_TRUE(Claim(Record("web")));
  struct stat info = {};
  ASSERT_EQ(stat((top_ + "/state").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0700U);
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
  const auto lock = Root().Lock();
  ASSERT_TRUE(Root().Sweep(*lock));
  EXPECT_THAT(Root().List(), ElementsAre("running", "starting"));
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
