// SPDX-License-Identifier: Apache-2.0
// Under the cgroup hierarchies of this machine, where they are and we may: else skipped.
#include "sandbox/supervisor_cgroup.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/sandbox/scratch.h"

namespace stockade::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr char kUnified[] = "/sys/fs/cgroup/unified";

// A cgroup of the same name in some hierarchies, gone with the test.
class Groups {
 public:
  explicit Groups(std::vector<std::string> tops) : tops_(std::move(tops)) {
    for (const std::string& top : tops_) {
      made_ = mkdir((top + Parent()).c_str(), 0755) == 0 &&
              mkdir((top + Pod().path).c_str(), 0755) == 0 && made_;
    }
  }
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;
  ~Groups() {
    for (const std::string& top : tops_) {
      rmdir((top + Pod().path).c_str());
      rmdir((top + Parent()).c_str());
    }
  }

  bool made() const { return made_; }
  static PodCgroup Pod() { return {Parent() + "/pod0c5e"}; }

 private:
  static std::string Parent() { return "/stockade-unit-" + std::to_string(getpid()); }

  std::vector<std::string> tops_;
  bool made_ = true;
};

// A process that joined `files`: its text in /proc/<pid>/cgroup until it is ended.
class Joined {
 public:
  explicit Joined(const JoinFiles& files) {
    int ready[2];
    if (pipe(ready) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      const int error = JoinCgroups(files);
      (void)!write(ready[1], &error, sizeof error);
      for (;;) pause();
    }
    (void)!read(ready[0], &error_, sizeof error_);
    close(ready[0]);
    close(ready[1]);
  }
  Joined(const Joined&) = delete;
  Joined& operator=(const Joined&) = delete;
  ~Joined() { End(); }

  int error() const { return error_; }
  std::string Text() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/cgroup");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  int End() {
    int status = 0;
    if (pid_ <= 0) return status;
    kill(pid_, SIGTERM);
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_ = 0;
  int error_ = -1;
};

bool HasV1() { return fs::exists("/sys/fs/cgroup/cpu/cgroup.procs") && geteuid() == 0; }

TEST(SupervisorCgroup, JoinsThePodsInEveryHierarchyThatCounts) {
  if (!HasV1()) GTEST_SKIP() << "no cgroup v1 here, or not root";
  const Scratch state;
  const std::string top = kCgroups;
  const Groups groups({top + "/cpu", top + "/cpuacct", top + "/memory", top + "/pids"});
  ASSERT_TRUE(groups.made());
  const auto files = OpenPodCgroup(kCgroups, Groups::Pod(), state.Path(""), "box");
  ASSERT_TRUE(files) << files.error().Text();
  EXPECT_EQ(files->size(), 4U);
  Joined process(*files);
  EXPECT_EQ(process.error(), 0);
  for (const char* name : {":cpu:", ":cpuacct:", ":memory:", ":pids:"}) {
    EXPECT_THAT(process.Text(), testing::HasSubstr(name + Groups::Pod().path + "\n"));
  }
  EXPECT_THAT(process.Text(), testing::Not(testing::HasSubstr("freezer:" + Groups::Pod().path)));
  process.End();
  EXPECT_TRUE(RemoveSupervisorCgroup(state.Path("")));
  EXPECT_TRUE(fs::exists(top + "/cpu" + Groups::Pod().path)) << "it is kubelet's";
}

TEST(SupervisorCgroup, AHierarchyOfTwoNamesCountsOnce) {
  if (!HasV1()) GTEST_SKIP() << "no cgroup v1 here, or not root";
  const Scratch scratch;
  const Groups groups({"/sys/fs/cgroup/cpu"});
  ASSERT_TRUE(groups.made());
  // As where both controllers are mounted together, at cpu,cpuacct.
  for (const char* name : {"cpu", "cpuacct"}) {
    fs::create_directory_symlink("/sys/fs/cgroup/cpu", scratch.Path(name));
  }
  const auto files = OpenPodCgroup(scratch.Path(""), Groups::Pod(), scratch.Path(""), "box");
  ASSERT_TRUE(files) << files.error().Text();
  EXPECT_EQ(files->size(), 1U);
}

TEST(SupervisorCgroup, WithoutThePodsCgroupItStays) {
  const Scratch scratch;
  for (const std::string& top : {std::string(kCgroups), std::string(kUnified), scratch.Path(""),
                                 scratch.Path("not-there")}) {
    const auto files = OpenPodCgroup(top, {"/no/such/pod0c5e"}, scratch.Path(""), "box");
    ASSERT_TRUE(files) << files.error().Text();
    EXPECT_TRUE(files->empty()) << top;
  }
  EXPECT_FALSE(fs::is_symlink(scratch.Path("cgroup")));
  EXPECT_EQ(JoinCgroups({}), 0);
}

TEST(SupervisorCgroup, AFileThatCannotBeWrittenIsAnError) {
  JoinFiles files;
  files.emplace_back(open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(JoinCgroups(files), ENOSPC);
}

// Version 2, at the mount of the machine's unified hierarchy.
class Version2 : public testing::Test {
 protected:
  Version2() : groups_({kUnified}) {}
  void SetUp() override {
    if (!fs::exists(std::string(kUnified) + "/cgroup.procs") || geteuid() != 0 || !groups_.made()) {
      GTEST_SKIP() << "no cgroup v2 at " << kUnified << ", or not root";
    }
  }
  ~Version2() override { rmdir(Child().c_str()); }

  auto Open() const { return OpenPodCgroup(kUnified, Groups::Pod(), state_.Path(""), "box"); }
  static std::string Child() { return kUnified + Groups::Pod().path + "/stockade-box"; }

  Groups groups_;
  Scratch state_;
};

TEST_F(Version2, AChildOfThePodsIsJoinedAndRemoved) {
  const auto files = Open();
  ASSERT_TRUE(files) << files.error().Text();
  EXPECT_EQ(fs::read_symlink(state_.Path("cgroup")), Child());
  Joined process(*files);
  EXPECT_EQ(process.error(), 0);
  EXPECT_THAT(process.Text(), testing::HasSubstr("0::" + Groups::Pod().path + "/stockade-box\n"));
  process.End();
  EXPECT_TRUE(RemoveSupervisorCgroup(state_.Path("")));
  EXPECT_FALSE(fs::exists(Child()));
  EXPECT_TRUE(RemoveSupervisorCgroup(state_.Path(""))) << "once more";
}

TEST_F(Version2, WhoIsStillInItGoesWithIt) {
  const auto files = Open();
  ASSERT_TRUE(files) << files.error().Text();
  Joined process(*files);
  const auto removed = RemoveSupervisorCgroup(state_.Path(""));
  EXPECT_TRUE(removed) << removed.error().Text();
  EXPECT_FALSE(fs::exists(Child()));
  EXPECT_EQ(WTERMSIG(process.End()), SIGKILL);
}

TEST_F(Version2, AnotherOnesIsNeitherJoinedNorRemoved) {
  ASSERT_EQ(mkdir(Child().c_str(), 0755), 0);
  const auto files = Open();
  ASSERT_FALSE(files);
  EXPECT_THAT(files.error().Text(), testing::HasSubstr("cannot join its pod's cgroup " + Child()));
  EXPECT_TRUE(RemoveSupervisorCgroup(state_.Path("")));
  EXPECT_TRUE(fs::exists(Child()));
}

TEST_F(Version2, KilledBeforeItWasMadeLeavesNothingToRemove) {
  fs::create_symlink(Child(), state_.Path("cgroup"));
  EXPECT_TRUE(RemoveSupervisorCgroup(state_.Path("")));
}

TEST_F(Version2, WhatCannotBeRemovedIsAnError) {
  ASSERT_EQ(mkdir(Child().c_str(), 0755), 0);
  ASSERT_EQ(mkdir((Child() + "/below").c_str(), 0755), 0);
  fs::create_symlink(Child(), state_.Path("cgroup"));
  EXPECT_FALSE(RemoveSupervisorCgroup(state_.Path("")));
  rmdir((Child() + "/below").c_str());
}

}  // namespace
}  // namespace stockade::sandbox
