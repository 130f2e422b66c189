// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/refused_calls.h"

#include <gmock/gmock.h>
#include <sched.h>

#include <cerrno>

#include "filters/call_table.h"
#include "filters/class_filter.h"
#include "filters/interposition/notify_filter.h"
#include "filters/verify_program.h"

namespace stockade::filters {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

ProgramView Restricted() { return ShippedProgram("restricted", {}, {})->program; }

config::InterpositionRule Rule() {
  config::InterpositionRule rule;
  rule.refused = {"ptrace", "bpf", "mount", "fsopen", "io_uring_setup", "getpriority"};
  rule.refuse_namespaces = true;
  return rule;
}

std::uint32_t Ask(ProgramView program, const char* name, std::uint64_t first = 0) {
  seccomp_data call{};
  call.nr = CallNumber(Abi::kNative, name).value_or(-1);
  call.arch = NativeAudit();
  call.args[0] = first;
  return Evaluate(program, call).value_or(0);
}

std::uint32_t Errno(int number) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number); }

// What the kernel makes of two filters: the stricter action, here the lower one of two.
std::uint32_t Both(ProgramView first, ProgramView second, const char* name, std::uint64_t arg = 0) {
  return std::min(Ask(first, name, arg), Ask(second, name, arg));
}

TEST(HandOver, RefusedCallsReachTheSupervisorThroughTheClassFilter) {
  const Program first = HandOver(Restricted(), Rule());
  const Program notify = *NotifyFilter(Rule());
  for (const std::string& name : Rule().refused) {
    EXPECT_EQ(Both(first, notify, name.c_str()), SECCOMP_RET_USER_NOTIF) << name;
  }
  for (const char* name : {"clone", "unshare"}) {
    for (const std::uint64_t bit : {0x20000ULL, 0x2000000ULL, 0x10000000ULL, 0x40000000ULL}) {
      EXPECT_EQ(Both(first, notify, name, bit), SECCOMP_RET_USER_NOTIF) << name << bit;
      EXPECT_EQ(Both(first, notify, name, bit | CLONE_FS), SECCOMP_RET_USER_NOTIF) << name << bit;
    }
  }
  EXPECT_EQ(Both(first, notify, "unshare", 0x80), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(Both(first, notify, "setns", 3), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(Both(first, notify, "clone", CLONE_VM | 17), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Both(first, notify, "unshare", CLONE_FS), Errno(EPERM));  // the class's own answer
}

// Nothing else is opened: the two filters together allow what the class's allows, and no more.
TEST(HandOver, OpensNothing) {
  const Program first = HandOver(Restricted(), Rule());
  const Program notify = *NotifyFilter(Rule());
  for (const std::uint32_t audit : {NativeAudit(), 0x40000003U, 0x40000028U}) {
    for (int number = -1; number < 1024; ++number) {
      for (const int bit : {0, 0x40000000}) {
        for (const std::uint64_t argument :
             {0x0ULL, 0x1ULL, 0x10ULL, 0x80ULL, 0x20000ULL, 0x10000000ULL, 0xffffffffULL}) {
          seccomp_data call{};
          call.nr = number | bit;
          call.arch = audit;
          call.args[0] = argument;
          const std::uint32_t together = std::min(*Evaluate(first, call), *Evaluate(notify, call));
          if (together != SECCOMP_RET_ALLOW) continue;
          EXPECT_EQ(*Evaluate(Restricted(), call), SECCOMP_RET_ALLOW) << call.nr << " " << audit;
        }
      }
    }
  }
}

TEST(HandOver, TheChecksKnowWhatASupervisorRefuses) {
  const Program first = HandOver(Restricted(), Rule());
  const Program notify = *NotifyFilter(Rule());
  EXPECT_THAT(BrokenNotifyPromises(notify, Rule()), IsEmpty());
  EXPECT_THAT(BrokenProgramPromises(first, "restricted", {}, {}, {notify, RefusedCalls(Rule())}),
              IsEmpty());
  // Without the supervisor's filter, or with one that lets a call go, the promises are broken.
  const auto broken = BrokenProgramPromises(first, "restricted", {}, {});
  EXPECT_THAT(broken, testing::Contains(HasSubstr("ptrace can be called")));
  EXPECT_THAT(broken, testing::Contains(HasSubstr("clone can be called")));
  config::InterpositionRule less = Rule();
  less.refuse_namespaces = false;
  const config::InterpositionRule rule = Rule();
  const Program less_notify = *NotifyFilter(less);
  EXPECT_THAT(BrokenProgramPromises(first, "restricted", {}, {}, {less_notify, RefusedCalls(rule)}),
              testing::Contains(HasSubstr("clone can be called")));
}

TEST(HandOver, ComplainModeLeavesTheClassFilterAsItIs) {
  config::InterpositionRule rule = Rule();
  rule.complain = true;
  EXPECT_THAT(RefusedCalls(rule), IsEmpty());
  EXPECT_EQ(HandOver(Restricted(), rule).size(), Restricted().size());
  const Program notify = *NotifyFilter(rule);
  EXPECT_EQ(Ask(notify, "io_uring_setup"), Errno(ENOSYS));
  EXPECT_THAT(BrokenNotifyPromises(notify, rule), IsEmpty());
}

TEST(HandOver, MountsReachTheSupervisorAndOthersDoNot) {
  for (const auto mounts : {config::Mounts::kRefuse, config::Mounts::kTmpfs}) {
    config::InterpositionRule rule;
    rule.mounts = mounts;
    const Program first = HandOver(Restricted(), rule);
    const Program notify = *NotifyFilter(rule);
    for (const char* name : {"mount", "umount2"}) {
      EXPECT_EQ(Both(first, notify, name), SECCOMP_RET_USER_NOTIF) << name;
    }
    EXPECT_EQ(Both(first, notify, "pivot_root"), Errno(EPERM));
    EXPECT_EQ(Both(first, notify, "fsopen"), Errno(ENOSYS));
    EXPECT_THAT(BrokenNotifyPromises(notify, rule), IsEmpty());
    EXPECT_THAT(BrokenProgramPromises(first, "restricted", {}, {}, {notify, RefusedCalls(rule)}),
                IsEmpty());
    EXPECT_THAT(BrokenNotifyPromises(*NotifyFilter({}), rule),
                testing::IsSupersetOf({HasSubstr("mount does not reach the supervisor"),
                                       HasSubstr("umount2 does not reach the supervisor")}));
    rule.complain = true;  // the class's own filter then refuses them
    EXPECT_EQ(Both(HandOver(Restricted(), rule), *NotifyFilter(rule), "mount"), Errno(EPERM));
  }
}

TEST(HandOver, TheFloorUnderTheStubLeavesThemToTheSupervisor) {
  const config::InterpositionRule rule = Rule();
  const auto names = RefusedCalls(rule);
  const std::string text = BuildUnderFloor("restricted", {}, {}, names)->dump();
  for (const char* name : {"\"ptrace\"", "\"bpf\"", "\"setns\"", "\"unshare\"", "\"fsopen\""}) {
    EXPECT_THAT(text, testing::Not(HasSubstr(name)));
    EXPECT_THAT(BuildUnderFloor("restricted", {}, {})->dump(), HasSubstr(name));
  }
}

TEST(RefusalErrno, IsTheProfilesOwn) {
  EXPECT_EQ(RefusalErrno("ptrace"), EPERM);
  EXPECT_EQ(RefusalErrno("clone"), EPERM);
  EXPECT_EQ(RefusalErrno("fsopen"), ENOSYS);
  EXPECT_EQ(RefusalErrno("mount_setattr"), ENOSYS);
  EXPECT_EQ(RefusalErrno("io_uring_setup"), ENOSYS);
  EXPECT_EQ(RefusalErrno("clone3"), ENOSYS);
  EXPECT_EQ(RefusalErrno("getpriority"), EPERM);
}

}  // namespace
}  // namespace stockade::filters
