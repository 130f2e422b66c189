// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/perform.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <random>

#include "config/base/fd.h"
#include "config/base/file.h"
#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using testing::HasSubstr;
using Ids = StagedBind::Ids;

class PerformTest : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    File(In("volume/file"), "text");
    for (const char* folder : {"lower", "upper/fs", "upper/work", "rootfs"}) Folder(In(folder));
    File(In("lower/file"), "x");
    actions_.ids = kIds;
    actions_.binds = {{In("volume"), "mount-0", true, Ids::kOfThePod, "/data"}};
  }
  void MountOverlay() {
    const std::string data =
        fmt::format("lowerdir={0}/lower,upperdir={0}/upper/fs,workdir={0}/upper/work", directory_);
    int error = EBUSY;
    // The helper of a process that was killed may be in the middle of its mount: no engine tries
    // again that soon, but this test does.
    for (int i = 0; i < 100 && error != 0; ++i) {
      if (i > 0) usleep(5000);
      error = mount("overlay", In("rootfs").c_str(), "overlay", 0, data.c_str()) == 0 ? 0 : errno;
    }
    ASSERT_EQ(error, 0) << strerror(error);
    actions_.rootfs = RootfsAction{In("rootfs"), "rootfs", false};
  }
  std::string Mounts() { return Shell("grep -c " + directory_ + " /proc/self/mountinfo"); }
};

// Every descriptor of this process, and what it is.
std::string Descriptors() {
  std::string all;
  for (int fd = 0; fd < 1024; ++fd) {
    std::error_code closed;
    const auto what = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", fd), closed);
    if (!closed) all += fmt::format("{} {}\n", fd, what.string());
  }
  return all;
}

TEST_F(PerformTest, DoesNothingForNothing) {
  const ino_t before = [] {
    struct stat info = {};
    return stat("/proc/self/ns/mnt", &info) == 0 ? info.st_ino : 0;
  }();
  EXPECT_EQ(Perform(HostActions{}, Command("stat -Lc %i /proc/self/ns/mnt")),
            fmt::format("{}\n", before));
  EXPECT_NE(access(State().c_str(), F_OK), 0);
}

TEST_F(PerformTest, LeavesNothingOnTheHost) {
  EXPECT_EQ(Perform(actions_, Command("cat " + Staged("mount-0/file"))), "text");
  EXPECT_EQ(Mounts(), "0\n");
  EXPECT_EQ(Shell("find " + State() + "/.stage -mindepth 2"), "");
}

TEST_F(PerformTest, KeepsTheWorkingDirectoryAndDescriptors) {
  ASSERT_EQ(chdir(In("volume").c_str()), 0);
  EXPECT_EQ(Perform(HostActions{},
                    [&]() -> std::string {
                      const std::string before = Descriptors();
                      const auto done = PerformHostActions(actions_, State());
                      const std::string after = Descriptors();
                      return !done ? done.error().Text() : before == after ? "" : before + after;
                    }),
            "");
  EXPECT_EQ(Perform(actions_, Command("pwd -P; cat file")), In("volume") + "\ntext");
  EXPECT_EQ(Perform(actions_, Command("cd /proc/$PPID/cwd && pwd -P")), In("volume") + "\n");
}

TEST_F(PerformTest, LetsThePodThroughAndNobodySeeMore) {
  Folder(State(), 0, 0, 0700);
  Folder(State() + "/root", 0, 0, 0700);
  EXPECT_EQ(
      Perform(actions_, PodCommand("cat " + Staged("mount-0/file") + "; ls " + State() +
                                   " 2>/dev/null; ls " + State() + "/.stage 2>/dev/null; ls " +
                                   State() + "/root 2>/dev/null; stat -c %a " + State())),
      "text711\n");
  ASSERT_EQ(chmod(directory_.c_str(), 0700), 0);
  EXPECT_THAT(Perform(actions_), HasSubstr(directory_ + ": a pod's root cannot pass it"));
}

TEST_F(PerformTest, LetsThePodThroughWhateverTheUmask) {
  const mode_t before = umask(077);
  EXPECT_EQ(Perform(actions_, PodCommand("cat " + Staged("mount-0/file"))), "text");
  umask(before);
}

// As many as a node starts at once after a reboot. Each has copies of the others' mounts for a
// while, which an index minds.
class ManyAtOnceTest : public PerformTest, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Options, ManyAtOnceTest,
                         testing::Values("index=off", "index=on", "volatile"),
                         [](const testing::TestParamInfo<const char*>& each) {
                           std::string name = each.param;
                           std::erase(name, '=');
                           return name;
                         });

TEST_P(ManyAtOnceTest, Works) {
  constexpr int kPods = 40;
  std::vector<pid_t> children;
  for (int i = 0; i < kPods; ++i) {
    const std::string pod = In(fmt::format("pod-{}", i));
    for (const char* folder : {"/fs", "/work", "/rootfs"}) Folder(pod + folder);
    const std::string data = fmt::format("lowerdir={0}/lower,upperdir={1}/fs,workdir={1}/work,{2}",
                                         directory_, pod, GetParam());
    ASSERT_EQ(mount("overlay", (pod + "/rootfs").c_str(), "overlay", 0, data.c_str()), 0);
  }
  for (int i = 0; i < kPods; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      actions_.rootfs = RootfsAction{In(fmt::format("pod-{}/rootfs", i)), "rootfs", false};
      actions_.ids->first += static_cast<std::uint32_t>(i) * IdRange::kSize;
      const auto done = PerformHostActions(actions_, State());
      struct stat info = {};
      const bool right = done && stat(Staged("rootfs/file").c_str(), &info) == 0 &&
                         info.st_uid == actions_.ids->first;
      if (!right) fmt::print(stderr, "{}: {}\n", i, done ? "wrong" : done.error().Text());
      _exit(right ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  for (int i = 0; i < kPods; ++i) {
    EXPECT_EQ(umount2(In(fmt::format("pod-{}/rootfs", i)).c_str(), MNT_DETACH), 0);
  }
  EXPECT_EQ(Mounts(), "0\n");
}

TEST_F(PerformTest, RefusesActionsThatMakeNoSense) {
  actions_.ids.reset();
  EXPECT_THAT(Perform(actions_), HasSubstr("no ids"));
  actions_.ids = IdRange{0xffffffffU - 10};
  EXPECT_THAT(Perform(actions_), HasSubstr("ids beyond the last"));
  actions_.ids = IdRange{0};
  EXPECT_THAT(Perform(actions_), HasSubstr("ids that are the host's own"));
  actions_.ids = kIds;
  for (const char* name : {"", ".", "..", "a/b", "/a"}) {
    actions_.binds[0].name = name;
    EXPECT_THAT(Perform(actions_), HasSubstr("cannot be the name")) << name;
  }
  actions_.binds[0].name = "same";
  actions_.binds.push_back(actions_.binds[0]);
  EXPECT_THAT(Perform(actions_), HasSubstr("stage same: File exists"));
}

TEST_F(PerformTest, GivesPipesToThePodsUser) {
  actions_.stream_uid = 2001000;
  actions_.stream_gid = 2001001;
  File(In("log"), "");
  EXPECT_EQ(Perform(actions_,
                    [&]() -> std::string {
                      std::array<int, 2> ends{};
                      if (pipe(ends.data()) != 0) return "pipe";
                      const base::UniqueFd log(open(In("log").c_str(), O_WRONLY));
                      dup2(ends[1], STDOUT_FILENO);
                      dup2(log.get(), STDERR_FILENO);
                      close(STDIN_FILENO);
                      const auto done = PerformHostActions(actions_, In("state-2"));
                      struct stat out = {};
                      struct stat err = {};
                      fstat(STDOUT_FILENO, &out);
                      fstat(STDERR_FILENO, &err);
                      return fmt::format("{} {}:{} {}", done ? "ok" : done.error().Text(),
                                         out.st_uid, out.st_gid, err.st_uid);
                    }),
            "ok 2001000:2001001 0");
}

// Whenever the runtime is killed: the engine's overlay, or ours, or in between none; nothing else.
TEST_F(PerformTest, LeavesNothingWhenKilled) {
  std::mt19937 random(4);
  std::uniform_int_distribution<int> microseconds(0, 4000);
  int killed = 0;
  for (int i = 0; i < 100; ++i) {
    MountOverlay();
    const pid_t child = fork();
    if (child == 0) {
      const auto done = PerformHostActions(actions_, State());
      _exit(done ? 0 : 1);
    }
    usleep(static_cast<useconds_t>(microseconds(random)));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) ++killed;
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    const std::string mounts = Mounts();
    EXPECT_TRUE(mounts == "1\n" || mounts == "0\n") << mounts;
    if (mounts == "1\n") {
      EXPECT_EQ(umount2(In("rootfs").c_str(), 0), 0) << i;
    }
    EXPECT_EQ(Shell("find " + State() + "/.stage -mindepth 2 2>/dev/null"), "");
  }
  EXPECT_GT(killed, 10) << "too few of the kills came in time to say anything";
}

}  // namespace
}  // namespace stockade::sandbox
