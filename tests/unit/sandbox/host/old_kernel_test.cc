// SPDX-License-Identifier: Apache-2.0
// What an older kernel answers, given by a seccomp filter to the real code: each refusal has to say
// what is missing and from when on it is there.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "sandbox/host/perform.h"
#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Ids = StagedBind::Ids;

// Answers the call `number` with `error` from now on; if `argument` is not negative, only where the
// low half of that argument is `value`.
bool Answer(long number, int error, int argument = -1, std::uint32_t value = 0) {
  const auto low = static_cast<std::uint32_t>(
      offsetof(seccomp_data, args) +
      sizeof(std::uint64_t) * static_cast<std::size_t>(argument < 0 ? 0 : argument));
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, low),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  if (argument < 0) program[3] = BPF_JUMP(BPF_JMP | BPF_JA, 0, 0, 0);
  const sock_fprog all{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &all) == 0;
}

class OldKernelTest : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    for (const char* folder : {"volume", "lower", "up/fs", "up/work", "rootfs"}) Folder(In(folder));
    actions_.ids = kIds;
    actions_.binds = {{In("volume"), "mount-0", false, Ids::kOfThePod, "/data"}};
  }
  void MountOverlay(const std::string& more = "") {
    actions_.binds.clear();
    actions_.rootfs = RootfsAction{In("rootfs"), "rootfs", false};
    const std::string data = fmt::format(
        "lowerdir={0}/lower,upperdir={0}/up/fs,workdir={0}/up/work{1}", directory_, more);
    ASSERT_EQ(mount("overlay", In("rootfs").c_str(), "overlay", 0, data.c_str()), 0);
  }
  // What the actions say on a kernel that `make_old` has made.
  std::string PerformOn(const std::function<bool()>& make_old) {
    return Perform(HostActions{}, [&]() -> std::string {
      if (!make_old()) return "no filter";
      const auto done = PerformHostActions(actions_, State());
      return done ? "" : done.error().Text();
    });
  }
};

TEST_F(OldKernelTest, TheFilterItselfChangesNothing) {
  EXPECT_EQ(PerformOn([] { return Answer(SYS_getppid, EPERM); }), "");
}

TEST_F(OldKernelTest, SaysThatMountsCannotBeCloned) {
  EXPECT_THAT(PerformOn([] { return Answer(SYS_open_tree, ENOSYS); }),
              AllOf(HasSubstr("mount /data"), HasSubstr("Linux 5.2")));
}

TEST_F(OldKernelTest, SaysThatMountsCannotBeMapped) {
  EXPECT_THAT(PerformOn([] { return Answer(SYS_mount_setattr, ENOSYS); }),
              AllOf(HasSubstr("mount /data"), HasSubstr("Linux 5.12")));
}

TEST_F(OldKernelTest, SaysThatATmpfsCannotBeMapped) {
  Tmpfs(In("volume"));
  EXPECT_THAT(PerformOn([] { return Answer(SYS_mount_setattr, EINVAL); }),
              AllOf(HasSubstr(In("volume") + ": tmpfs on this kernel cannot map ids"),
                    HasSubstr("with Linux 6.3, tmpfs")));
}

TEST_F(OldKernelTest, SaysThatOverlaysCannotLieOnMappedLayers) {
  MountOverlay();
  const std::string before = Shell("grep " + In("rootfs") + " /proc/self/mountinfo");
  EXPECT_THAT(PerformOn([] { return Answer(SYS_mount, EINVAL, 3, 0); }),
              AllOf(HasSubstr("cannot be mounted with mapped layers"), HasSubstr("Linux 5.19")));
  EXPECT_EQ(Shell("grep " + In("rootfs") + " /proc/self/mountinfo"), before);
}

TEST_F(OldKernelTest, SaysThatThereAreNoUserNamespaces) {
  EXPECT_THAT(PerformOn([] { return Answer(SYS_clone, EINVAL); }), HasSubstr("CONFIG_USER_NS"));
  EXPECT_THAT(PerformOn([] { return Answer(SYS_clone, ENOSPC); }),
              HasSubstr("user.max_user_namespaces"));
}

// Every call that can fail does, one after another: an error with its name, and the host as it was.
TEST_F(OldKernelTest, UndoesEverythingAtEachFailure) {
  MountOverlay();
  actions_.binds = {{In("volume"), "mount-0", false, Ids::kOfThePod, "/data"}};
  const std::string before = Shell("grep " + directory_ + " /proc/self/mountinfo");
  for (const long call :
       {SYS_clone, SYS_vfork, SYS_openat2, SYS_open_tree, SYS_mount_setattr, SYS_statx,
        SYS_socketpair, SYS_recvmsg, SYS_sendmsg, SYS_capset, SYS_umount2, SYS_mount, SYS_chdir}) {
    const std::string said = PerformOn([&] { return Answer(call, EIO); });
    // No chdir is needed by an overlay that is mounted by full paths.
    EXPECT_EQ(said.empty(), call == SYS_chdir) << call << ": " << said;
    if (call != SYS_chdir) {
      EXPECT_EQ(Shell("grep " + directory_ + " /proc/self/mountinfo"), before) << call;
    }
  }
}

// The last steps come after the engine's overlay has made place: then ours is there.
TEST_F(OldKernelTest, LeavesAnOverlayWhenTheLastStepsFail) {
  for (const long call : {SYS_unshare, SYS_fsopen, SYS_fchown}) {
    MountOverlay();
    const std::string said = PerformOn([&] { return Answer(call, EIO); });
    EXPECT_EQ(said.empty(), call == SYS_fchown) << said;
    EXPECT_EQ(Shell("stat -c %u " + In("rootfs")), "2000000\n");
    EXPECT_EQ(Shell("umount " + In("rootfs")), "");
  }
}

}  // namespace
}  // namespace stockade::sandbox
