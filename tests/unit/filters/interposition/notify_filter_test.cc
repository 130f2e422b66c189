// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/notify_filter.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <cerrno>

#include "filters/call_table.h"

namespace stockade::filters {
namespace {

using testing::IsEmpty;
using testing::Not;

config::InterpositionRule Rule(std::vector<std::string> refused = {}) {
  config::InterpositionRule rule;
  rule.network.mode = config::Mode::kConfine;
  rule.refused = std::move(refused);
  return rule;
}

std::uint32_t Ask(ProgramView program, const char* name,
                  std::initializer_list<std::uint64_t> arguments = {}) {
  seccomp_data call{};
  call.nr = CallNumber(Abi::kNative, name).value_or(-1);
  call.arch = NativeAudit();
  std::copy(arguments.begin(), arguments.end(), std::begin(call.args));
  return Evaluate(program, call).value_or(0);
}

TEST(NotifyFilter, HandsOverWhatTheClassNamesAndNothingElse) {
  const Program program = *NotifyFilter(Rule({"getpriority"}));
  for (const CallEntry& entry : NativeCalls()) {
    seccomp_data call{};
    call.nr = entry.number;
    call.arch = NativeAudit();
    const bool handed = entry.name == "connect" || entry.name == "bind" ||
                        entry.name == "sendmsg" || entry.name == "sendmmsg" ||
                        entry.name == "getpriority";
    const bool closed = entry.name == "io_uring_setup" || entry.name == "landlock_create_ruleset" ||
                        entry.name == "landlock_restrict_self";
    const std::uint32_t other =
        closed ? SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(ENOSYS) : SECCOMP_RET_ALLOW;
    EXPECT_EQ(Evaluate(program, call), handed ? SECCOMP_RET_USER_NOTIF : other) << entry.name;
  }
}

TEST(NotifyFilter, SendtoIsHandedOverWithAnAddressAlone) {
  const Program program = *NotifyFilter(Rule());
  EXPECT_EQ(Ask(program, "sendto", {1, 2, 3, 4, 0, 16}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Ask(program, "sendto", {1, 2, 3, 4, 1, 0}), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(Ask(program, "sendto", {1, 2, 3, 4, 1ULL << 32, 0}), SECCOMP_RET_USER_NOTIF);
}

TEST(NotifyFilter, ClosesTheWaysAround) {
  const Program program = *NotifyFilter(Rule());
  const std::uint32_t refused = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(EPERM);
  EXPECT_EQ(Ask(program, "setsockopt", {1, IPPROTO_IP, IP_OPTIONS}), refused);
  EXPECT_EQ(Ask(program, "setsockopt", {1, IPPROTO_IPV6, IPV6_RTHDR}), refused);
  EXPECT_EQ(Ask(program, "setsockopt", {1, IPPROTO_IPV6, 6}), refused);
  EXPECT_EQ(Ask(program, "setsockopt", {1, 0xffffffff00000000, IP_OPTIONS}), refused);
  EXPECT_EQ(Ask(program, "setsockopt", {1, IPPROTO_TCP, IP_OPTIONS}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Ask(program, "socket", {AF_INET, SOCK_STREAM, IPPROTO_SCTP}),
            SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(EPROTONOSUPPORT));
  seccomp_data foreign{};
  foreign.nr = 102;
  foreign.arch = 0x40000003;
  EXPECT_EQ(Evaluate(program, foreign), SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(ENOSYS));
}

TEST(NotifyFilter, OnlyDevicesAreHandedOverAndNoWhiteout) {
  config::InterpositionRule rule;
  rule.device_nodes = config::DeviceNodes::kRefuse;
  const Program program = *NotifyFilter(rule);
  const std::uint64_t here = 0xffffff9c;
  const std::uint64_t garbage = 0xabcd00000000;
  EXPECT_EQ(Ask(program, "mknodat", {here, 1, S_IFCHR | 0600, 0x103}), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(Ask(program, "mknodat", {here, 1, garbage | 0x10000 | S_IFCHR, 0x103}),
            SECCOMP_RET_USER_NOTIF);  // the kernel reads 16 bits of a mode
  EXPECT_EQ(Ask(program, "mknodat", {here, 1, S_IFBLK | 0600, 0}), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(Ask(program, "mknodat", {here, 1, S_IFCHR, garbage}), SECCOMP_RET_ALLOW);
  for (const std::uint64_t mode : {0U, 0U | S_IFREG, 0U | S_IFIFO, 0U | S_IFSOCK, 0U | S_IFDIR}) {
    EXPECT_EQ(Ask(program, "mknodat", {here, 1, mode | 0600, 0x103}), SECCOMP_RET_ALLOW) << mode;
  }
#if defined(__x86_64__)
  EXPECT_EQ(Ask(program, "mknod", {1, S_IFCHR | 0600, 0x103}), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(Ask(program, "mknod", {1, S_IFIFO | 0600, 0x103}), SECCOMP_RET_ALLOW);
#endif
}

config::InterpositionRule Files(bool every_open) {
  config::InterpositionRule rule;
  rule.files.mode = config::Mode::kConfine;
  rule.files.every_open = every_open;
  return rule;
}

TEST(NotifyFilter, HandsOverOpensThatCanWrite) {
  const Program program = *NotifyFilter(Files(false));
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t flags = std::uint64_t{1} << bit;
    const bool writes = bit == 0 || bit == 1 || bit == 6 || bit == 9 || bit == 22;
    const std::uint32_t answer = writes ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW;
    EXPECT_EQ(Ask(program, "openat", {0, 0, flags}), answer) << bit;
    EXPECT_EQ(Ask(program, "openat", {1, 1, flags | 0x8000}), answer) << bit;
    if (CallNumber(Abi::kNative, "open")) {
      EXPECT_EQ(Ask(program, "open", {0, flags}), answer) << bit;
    }
  }
  EXPECT_EQ(Ask(program, "openat", {0, 0, 010000002}), SECCOMP_RET_ALLOW);  // O_PATH
  EXPECT_EQ(Ask(program, "openat2"), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(Ask(program, "connect"), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Ask(*NotifyFilter(Files(true)), "openat"), SECCOMP_RET_USER_NOTIF);
}

// A domain would not hold for what the supervisor performs; what it performs nothing of is left.
TEST(NotifyFilter, ThereIsNoLandlockWhereCallsArePerformed) {
  const std::uint32_t none = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(ENOSYS);
  config::InterpositionRule devices;
  devices.device_nodes = config::DeviceNodes::kHarmless;
  config::InterpositionRule mounts;
  mounts.mounts = config::Mounts::kTmpfs;
  for (const auto& rule : {Rule(), Files(false), Files(true), devices, mounts}) {
    const Program program = *NotifyFilter(rule);
    EXPECT_EQ(Ask(program, "landlock_create_ruleset", {0, 0, 1}), none);
    EXPECT_EQ(Ask(program, "landlock_restrict_self", {3}), none);
  }
  config::InterpositionRule records;
  records.refused = {"ptrace"};
  records.device_nodes = config::DeviceNodes::kRefuse;
  records.mounts = config::Mounts::kRefuse;
  const Program left = *NotifyFilter(records);
  EXPECT_EQ(Ask(left, "landlock_create_ruleset", {0, 0, 1}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Ask(*NotifyFilter(Rule({"landlock_restrict_self"})), "landlock_restrict_self"),
            SECCOMP_RET_USER_NOTIF);
  auto complains = Rule({"landlock_restrict_self"});
  complains.complain = true;
  EXPECT_EQ(Ask(*NotifyFilter(complains), "landlock_restrict_self"), none);
  EXPECT_THAT(BrokenNotifyPromises(*NotifyFilter(complains), complains), IsEmpty());
}

TEST(NotifyFilter, RefusesACallThatDoesNotExist) {
  EXPECT_FALSE(NotifyFilter(Rule({"no_such_call"})));
}

// Each instruction that returns is changed in turn: the check must notice.
TEST(NotifyFilter, ItsPromisesNoticeEveryChangedAnswer) {
  auto all = Rule({"getpriority"});
  all.refuse_namespaces = true;
  all.system_info = {true, true};
  all.device_nodes = config::DeviceNodes::kHarmless;
  all.mounts = config::Mounts::kTmpfs;
  for (const auto& rule : {all, Files(false), Files(true)}) {
    const Program program = *NotifyFilter(rule);
    EXPECT_THAT(BrokenNotifyPromises(program, rule), IsEmpty());
    for (std::size_t at = 0; at < program.size(); ++at) {
      if (program[at].code != (BPF_RET | BPF_K) || program[at].k == SECCOMP_RET_ALLOW) continue;
      Program changed = program;
      changed[at].k = SECCOMP_RET_ALLOW;
      EXPECT_THAT(BrokenNotifyPromises(changed, rule), Not(IsEmpty())) << at;
    }
  }
}

// Each bit of the flags that are asked for is left out in turn.
TEST(NotifyFilter, ItsPromisesNoticeEveryMissingFlag) {
  const auto rule = Files(false);
  const Program program = *NotifyFilter(rule);
  for (std::size_t at = 0; at < program.size(); ++at) {
    if (program[at].code != (BPF_JMP | BPF_JSET | BPF_K) || program[at].k == O_PATH) continue;
    for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
      if ((program[at].k & bit) == 0) continue;
      Program changed = program;
      changed[at].k &= ~bit;
      EXPECT_THAT(BrokenNotifyPromises(changed, rule), Not(IsEmpty())) << at << " " << bit;
    }
  }
}

}  // namespace
}  // namespace stockade::filters
