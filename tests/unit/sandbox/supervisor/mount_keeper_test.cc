// SPDX-License-Identifier: Apache-2.0
// What a holder makes of the orders of a worker that has been taken over.
#include "sandbox/supervisor/mount_keeper.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "config/base/error.h"
#include "sandbox/supervisor/unique_mounts.h"

namespace stockade::supervisor {
namespace {

using Table = std::array<std::uint64_t, filters::kMaxMounts>;

constexpr filters::TmpfsBound kBound{.size = 1U << 20, .inodes = 256};

MountOrder Order(MountOrder::Verb verb, std::string_view name, std::uint64_t mount = 0) {
  MountOrder order{.verb = verb, .mount = mount};
  EXPECT_TRUE(order.SetName(name));
  return order;
}

int Check(MountOrder order, const Table& table = {}) {
  return CheckOrder(order, kBound, table).error;
}

TEST(CheckOrder, BringsEveryMountWithinBounds) {
  MountOrder order = Order(MountOrder::kMount, "none");
  order.tmpfs = {.attributes = 0xffdfff00, .flags = ~0U, .size = 0, .inodes = ~std::uint64_t{0}};
  EXPECT_EQ(CheckOrder(order, kBound, Table{}).error, 0);
  EXPECT_EQ(order.tmpfs.size, kBound.size);
  EXPECT_EQ(order.tmpfs.inodes, kBound.inodes);
  constexpr unsigned kAlways = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  EXPECT_EQ(order.tmpfs.attributes, kAlways);
}

TEST(CheckOrder, RefusesWhatIsNoOrder) {
  EXPECT_EQ(Check(Order(MountOrder::kMount, "")), EINVAL);
  EXPECT_EQ(Check(Order(MountOrder::kMount, "\n")), EINVAL);
  EXPECT_EQ(Check({}), EINVAL);
  EXPECT_EQ(Check(Order(static_cast<MountOrder::Verb>(3), "none")), EINVAL);
  MountOrder endless = Order(MountOrder::kMount, "none");
  endless.name.fill('x');
  EXPECT_EQ(Check(endless), EINVAL);
  EXPECT_FALSE(endless.SetName(std::string(256, 'x')));
}

TEST(CheckOrder, UnmountsWhatItMountedAlone) {
  Table table{7, kSpentMount};
  EXPECT_EQ(Check(Order(MountOrder::kUnmount, "a", 7), table), 0);
  for (const std::uint64_t other : {std::uint64_t{0}, std::uint64_t{8}, kSpentMount}) {
    MountOrder order = Order(MountOrder::kUnmount, "a", other);
    EXPECT_EQ(CheckOrder(order, kBound, table).refusal, MountRefusal::kNotOurs) << other;
  }
  for (const char* name : {"", ".", "..", "a/b", "/", "/etc"}) {
    EXPECT_EQ(Check(Order(MountOrder::kUnmount, name, 7), table), EINVAL) << name;
  }
  MountOrder flags = Order(MountOrder::kUnmount, "a", 7);
  flags.unmount_flags = MNT_FORCE | MNT_DETACH;
  EXPECT_EQ(CheckOrder(flags, kBound, table).error, 0);
  EXPECT_EQ(flags.unmount_flags, MNT_DETACH);
  flags.unmount_flags = 64;
  EXPECT_EQ(Check(flags, table), EINVAL);
}

TEST(RootOf, IsTheHostsNumberOfAnInnerZero) {
  EXPECT_EQ(RootOf("         0          0 4294967295\n"), 0U);
  EXPECT_EQ(RootOf("         0     100000      65536\n"), 100000U);
  EXPECT_EQ(RootOf("1000 5 1\n0 7 1\n"), 7U);
  for (const char* map :
       {"", "\n", "1 100000 65535\n", "0 7\n", "0 7 0\n", "x", "0 99999999999 1\n"}) {
    EXPECT_EQ(RootOf(map), ~std::uint32_t{0}) << map;
  }
}

// Another process's mount namespace, with a folder that the test has made, and its own view of it.
class Elsewhere : public testing::Test {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
    folder_ = "/tmp/stockade-mounts-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    child_ = fork();
    if (child_ == 0) {
      const bool made =
          unshare(CLONE_NEWNS) == 0 &&
          mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
          mount("engine", folder_.c_str(), "tmpfs", 0, nullptr) == 0 &&
          mkdir((folder_ + "/a").c_str(), 0700) == 0 &&
          mkdir((folder_ + "/shared").c_str(), 0700) == 0 &&
          mount("s", (folder_ + "/shared").c_str(), "tmpfs", 0, nullptr) == 0 &&
          mkdir((folder_ + "/shared/a").c_str(), 0700) == 0 &&
          mount(nullptr, (folder_ + "/shared").c_str(), nullptr, MS_SHARED, nullptr) == 0;
      (void)!write(ends[1], made ? "y" : "n", 1);
      pause();
      _exit(0);
    }
    char made = 0;
    ASSERT_EQ(read(ends[0], &made, 1), 1);
    close(ends[0]);
    close(ends[1]);
    if (made != 'y') GTEST_SKIP() << "not allowed to make a namespace";
    const std::string own = fmt::format("/proc/{}/ns/mnt", child_);
    namespaces_.mount.Reset(open(own.c_str(), O_RDONLY | O_CLOEXEC));
    proc_.Reset(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    home_.root = 0;
    home_.root_group = 0;
  }
  void TearDown() override {
    if (child_ > 0) kill(child_, SIGKILL);
    if (child_ > 0) waitpid(child_, nullptr, 0);
    if (!folder_.empty()) rmdir(folder_.c_str());
  }

  base::UniqueFd There(const std::string& path) const {
    return base::UniqueFd(open(fmt::format("/proc/{}/root{}{}", child_, folder_, path).c_str(),
                               O_PATH | O_DIRECTORY | O_CLOEXEC));
  }

  // As the holder does it: in a process that does not come back.
  MountReport Perform(MountOrder order, const base::UniqueFd& place, const Table& ours = {}) {
    std::array<int, 2> ends{};
    MountReport report;
    EXPECT_EQ(pipe(ends.data()), 0);
    EXPECT_EQ(CheckOrder(order, kBound, ours).error, 0);
    const pid_t pid = fork();
    if (pid == 0) {
      report = PerformMount(namespaces_, home_, order, base::UniqueFd(dup(place.get())), ours,
                            proc_.get());
      (void)!write(ends[1], &report, sizeof report);
      _exit(0);
    }
    EXPECT_EQ(read(ends[0], &report, sizeof report), static_cast<ssize_t>(sizeof report));
    close(ends[0]);
    close(ends[1]);
    waitpid(pid, nullptr, 0);
    return report;
  }

  std::string folder_;
  pid_t child_ = -1;
  MountNamespaces namespaces_;
  MountHome home_;
  base::UniqueFd proc_;
};

TEST_F(Elsewhere, MountsAndUnmountsThere) {
  const MountReport made = Perform(Order(MountOrder::kMount, "mine"), There("/a"));
  ASSERT_EQ(made.answer.error, 0);
  EXPECT_EQ(MountAt(There("/a").get())->id, made.made);
  const Table ours{made.made};
  EXPECT_EQ(Perform(Order(MountOrder::kUnmount, "shared", made.made), There(""), ours).answer.error,
            EINVAL);  // the name is of another mount
  const MountReport gone = Perform(Order(MountOrder::kUnmount, "a", made.made), There(""), ours);
  EXPECT_EQ(gone.answer.error, 0);
  EXPECT_EQ(gone.living, 1U);  // of those before
  const MountReport later = Perform(Order(MountOrder::kMount, "mine"), There("/a"), ours);
  EXPECT_EQ(later.living, 0U);
}

TEST_F(Elsewhere, NothingIsMountedInAnotherNamespace) {
  const base::UniqueFd here(open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const MountReport report = Perform(Order(MountOrder::kMount, "mine"), here);
  EXPECT_EQ(report.answer.error, EPERM);
  EXPECT_EQ(report.made, 0U);
}

TEST_F(Elsewhere, NothingOfTheEnginesIsCovered) {
  for (const char* path : {"", "/..", "/shared", "/../../proc", "/../../sys"}) {
    const MountReport report = Perform(Order(MountOrder::kMount, "mine"), There(path));
    EXPECT_EQ(report.answer.refusal, MountRefusal::kPlace) << path;
    EXPECT_EQ(report.made, 0U) << path;
  }
}

TEST_F(Elsewhere, NothingIsMountedWhereOthersWouldSeeIt) {
  const MountReport report = Perform(Order(MountOrder::kMount, "mine"), There("/shared/a"));
  EXPECT_EQ(report.answer.refusal, MountRefusal::kPlace);
}

TEST_F(Elsewhere, ATableThatIsFullTakesNoMore) {
  Table ours;
  ours.fill(kSpentMount);
  const MountReport report = Perform(Order(MountOrder::kMount, "mine"), There("/a"), ours);
  EXPECT_EQ(report.answer.error, ENOSPC);
}

}  // namespace
}  // namespace stockade::supervisor
