// SPDX-License-Identifier: Apache-2.0
#include "filters/floor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <map>
#include <set>

#include "filters/profile_data.h"
#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

using base::Json;
using ::testing::HasSubstr;

Json Floor(std::string_view profile, const config::CapabilityNames& remaining = {},
           const std::vector<std::string>& compat = {}) {
  auto floor = BuildFloor(profile, remaining, compat);
  EXPECT_TRUE(floor) << floor.error().Text();
  return floor.value_or(Json());
}

// What the object answers to a call, by trying every rule: nothing, or the set of answers that
// match. A separate and slower reading than the one in filters/.
std::set<std::string> Answers(const Json& floor, const std::string& call,
                              const std::vector<std::uint64_t>& args) {
  std::set<std::string> answers;
  for (const Json& entry : floor["syscalls"]) {
    bool named = false;
    for (const Json& name : entry["names"]) named = named || name == call;
    bool holds = named;
    if (entry.contains("args")) {
      for (const Json& arg : entry["args"]) {
        const auto index = arg["index"].get<std::size_t>();
        const std::uint64_t value = index < args.size() ? args[index] : 0;
        holds = holds &&
                (value & arg["value"].get<std::uint64_t>()) == arg["valueTwo"].get<std::uint64_t>();
      }
    }
    if (holds) {
      answers.insert(entry["action"] == "SCMP_ACT_ALLOW"
                         ? "allow"
                         : "errno " + std::to_string(entry["errnoRet"].get<int>()));
    }
  }
  if (answers.empty())
    answers.insert("errno " + std::to_string(floor["defaultErrnoRet"].get<int>()));
  return answers;
}

using Set = std::set<std::string>;
constexpr std::uint64_t kBit32 = std::uint64_t{1} << 32;

TEST(FloorTest, EveryRefusalSaysWhyAndWhatSoftwareDoes) {
  ASSERT_EQ(FloorProfiles().size(), 3U);
  for (const Profile& profile : Profiles()) {
    std::set<std::string_view> ids;
    for (const CallGroup& group : profile.groups) {
      EXPECT_TRUE(ids.insert(group.id).second) << "twice: " << group.id;
      EXPECT_GT(group.reason.size(), 10U) << group.id;
      EXPECT_EQ(group.open == Open::kAlways, group.fallback.empty()) << group.id;
      for (const std::string_view call : group.calls) {
        EXPECT_TRUE(SyscallNumber(std::string(call)))
            << group.id << " names the unknown call " << call;
      }
    }
  }
}

TEST(FloorTest, NoArgumentsAreBothAllowedAndRefused) {
  for (const Profile& profile : Profiles()) {
    std::map<std::string_view, std::vector<const CallGroup*>> by_call;
    for (const CallGroup& group : profile.groups) {
      for (const std::string_view call : group.calls) by_call[call].push_back(&group);
    }
    for (const auto& [call, groups] : by_call) {
      for (std::size_t i = 0; i < groups.size(); ++i) {
        for (std::size_t j = i + 1; j < groups.size(); ++j) {
          ASSERT_FALSE(groups[i]->when.empty() || groups[j]->when.empty()) << call;
          for (const auto a : groups[i]->when) {
            for (const auto b : groups[j]->when) {
              EXPECT_FALSE(Overlap(a, b)) << call << ": " << groups[i]->id << ", " << groups[j]->id;
            }
          }
        }
      }
    }
  }
}

TEST(FloorTest, IsDeterministic) {
  EXPECT_EQ(Floor("restricted", {"CAP_SYS_CHROOT"}).dump(),
            Floor("restricted", {"CAP_SYS_CHROOT"}).dump());
}

TEST(FloorTest, UsesOnlyMaskedComparisonsOfThirtyTwoBits) {
  for (const std::string_view name : FloorProfiles()) {
    const Json floor = Floor(name, {"CAP_SYS_ADMIN", "CAP_NET_RAW", "CAP_NET_ADMIN"});
    for (const Json& entry : floor["syscalls"]) {
      if (!entry.contains("args")) continue;
      std::set<unsigned> indexes;
      for (const Json& arg : entry["args"]) {
        EXPECT_EQ(arg["op"], "SCMP_CMP_MASKED_EQ");
        EXPECT_LE(arg["value"].get<std::uint64_t>(), 0xffffffffU);
        EXPECT_EQ(arg["valueTwo"].get<std::uint64_t>() & ~arg["value"].get<std::uint64_t>(), 0U);
        EXPECT_TRUE(indexes.insert(arg["index"].get<unsigned>()).second);
      }
    }
  }
}

TEST(FloorTest, NoRuleRepeatsTheDefault) {
  for (const std::string_view name : FloorProfiles()) {
    const Json floor = Floor(name);
    for (const Json& entry : floor["syscalls"]) {
      EXPECT_NE(entry.value("errnoRet", 0), floor["defaultErrnoRet"]);
    }
  }
}

TEST(FloorTest, SocketFamilies) {
  for (const std::string_view name : FloorProfiles()) {
    const Json floor = Floor(name);
    for (std::uint64_t family = 0; family < 256; ++family) {
      for (const std::uint64_t upper : {std::uint64_t{0}, kBit32, ~std::uint64_t{0xffffffff}}) {
        const Set stream = Answers(floor, "socket", {upper | family, 1, 0});
        if (family == 1 || family == 2 || family == 10 || family == 16) {
          EXPECT_EQ(stream, Set{"allow"}) << family;
        } else {
          const char* const expected = family == 17  ? "errno 1"
                                       : family < 64 ? "errno 97"
                                                     : "errno 38";
          EXPECT_EQ(stream, Set{expected}) << family;  // Linux has 46 families
        }
      }
    }
  }
}

TEST(FloorTest, SocketTypesAndProtocols) {
  const Json floor = Floor("baseline");
  constexpr std::uint64_t kFlags = 0x80800;  // SOCK_CLOEXEC | SOCK_NONBLOCK
  for (const std::uint64_t family : {2U, 10U}) {
    EXPECT_EQ(Answers(floor, "socket", {family, 1 | kFlags, 6}), Set{"allow"});
    EXPECT_EQ(Answers(floor, "socket", {family, 2 | kFlags, 17}), Set{"allow"});
    EXPECT_EQ(Answers(floor, "socket", {family, 2, family == 2 ? 1U : 58U}), Set{"allow"});
    EXPECT_EQ(Answers(floor, "socket", {family, 3, 1}), Set{"errno 1"});
    EXPECT_EQ(Answers(floor, "socket", {family, 1, 132}), Set{"errno 93"});
    EXPECT_EQ(Answers(floor, "socket", {family, 1, 262}), Set{"errno 93"});
    EXPECT_EQ(Answers(floor, "socket", {family, 2, 136}), Set{"errno 93"});
    EXPECT_EQ(Answers(floor, "socket", {family, 6, 33}), Set{"errno 94"});
    EXPECT_EQ(Answers(floor, "socket", {family, 5, 132}), Set{"errno 94"});
    EXPECT_EQ(Answers(floor, "socket", {family, 1, 250}), Set{"errno 38"});
  }
  EXPECT_EQ(Answers(floor, "socket", {16, 3, 15}), Set{"allow"});
  EXPECT_EQ(Answers(floor, "socket", {16, 3, 9}), Set{"errno 93"});
  EXPECT_EQ(Answers(floor, "socket", {16, 3, 12}), Set{"errno 93"});
  EXPECT_EQ(Answers(floor, "socketpair", {1, 1, 0}), Set{"allow"});
  EXPECT_EQ(Answers(floor, "socketpair", {kBit32 | 30, 1, 0}), Set{"errno 97"});

  const Json raw = Floor("baseline", {"CAP_NET_RAW", "CAP_NET_ADMIN", "CAP_AUDIT_WRITE"});
  EXPECT_EQ(Answers(raw, "socket", {2, 3, 1}), Set{"allow"});
  EXPECT_EQ(Answers(raw, "socket", {17, 3, 768}), Set{"allow"});
  EXPECT_EQ(Answers(raw, "socket", {16, 3, 12}), Set{"allow"});
  EXPECT_EQ(Answers(raw, "socket", {16, 3, 9}), Set{"allow"});
  EXPECT_EQ(Answers(raw, "socket", {38, 5, 0}), Set{"errno 97"});
}

TEST(FloorTest, IoctlRequests) {
  const Json floor = Floor("baseline");
  for (const std::uint64_t request : {0x5412U, 0x541cU, 0x5423U}) {
    EXPECT_EQ(Answers(floor, "ioctl", {0, request}), Set{"errno 1"});
    EXPECT_EQ(Answers(floor, "ioctl", {0, kBit32 | request}), Set{"errno 1"});
    for (int bit = 0; bit < 32; ++bit) {
      const std::uint64_t other = request ^ (std::uint64_t{1} << bit);
      EXPECT_EQ(Answers(floor, "ioctl", {0, other}), Set{"allow"}) << std::hex << other;
    }
  }
}

TEST(FloorTest, NewNamespaces) {
  const Json floor = Floor("baseline");
  constexpr std::uint64_t kThread = 0x3d0f00;
  EXPECT_EQ(Answers(floor, "clone", {kThread}), Set{"allow"});
  for (const std::uint64_t flag :
       {0x20000U, 0x2000000U, 0x4000000U, 0x8000000U, 0x10000000U, 0x20000000U, 0x40000000U}) {
    EXPECT_EQ(Answers(floor, "clone", {flag | 17}), Set{"errno 1"}) << std::hex << flag;
  }
  EXPECT_EQ(Answers(floor, "clone3", {}), Set{"errno 38"});
  EXPECT_EQ(Answers(floor, "unshare", {}), Set{"errno 1"});
  EXPECT_EQ(Answers(floor, "fsopen", {}), Set{"errno 38"});
  const Json admin = Floor("baseline", {"CAP_SYS_ADMIN"});
  EXPECT_EQ(Answers(admin, "clone", {0x10000000}), Set{"allow"});
  EXPECT_EQ(Answers(admin, "mount", {}), Set{"allow"});
  EXPECT_EQ(Answers(admin, "clone3", {}), Set{"errno 38"});
}

TEST(FloorTest, RestrictedClosesMore) {
  const Json baseline = Floor("baseline");
  const Json restricted = Floor("restricted", {"CAP_SYS_PTRACE", "CAP_SYS_ADMIN"});
  EXPECT_EQ(Answers(baseline, "ptrace", {}), Set{"allow"});
  for (const char* call :
       {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"}) {
    EXPECT_EQ(Answers(restricted, call, {}), Set{"errno 1"}) << call;
  }
  EXPECT_EQ(Answers(restricted, "modify_ldt", {}), Set{"errno 38"});
  EXPECT_EQ(Answers(restricted, "name_to_handle_at", {}), Set{"errno 95"});
  EXPECT_EQ(Answers(baseline, "setsockopt", {0, 6, 31}), Set{"allow"});
  EXPECT_EQ(Answers(restricted, "setsockopt", {0, 6, 31}), Set{"errno 92"});
  EXPECT_EQ(Answers(restricted, "setsockopt", {0, kBit32 | 6, kBit32 | 31}), Set{"errno 92"});
  EXPECT_EQ(Answers(restricted, "setsockopt", {0, 6, 1}), Set{"allow"});
  EXPECT_EQ(Answers(restricted, "setsockopt", {0, 1, 31}), Set{"allow"});
  EXPECT_EQ(Answers(restricted, "sendto", {3, 0, 0, 0x4000}), Set{"allow"});
  EXPECT_EQ(Answers(restricted, "sendto", {3, 0, 0, 0x4001}), Set{"errno 95"});
  EXPECT_EQ(Answers(restricted, "sendmsg", {3, 0, 1}), Set{"errno 95"});
  EXPECT_EQ(Answers(restricted, "sendmmsg", {3, 0, 1, kBit32}), Set{"allow"});
}

TEST(FloorTest, IsolatedClosesMost) {
  const Json floor = Floor("isolated", {"CAP_SYS_PTRACE", "CAP_NET_RAW", "CAP_NET_ADMIN"});
  for (const char* call : {"splice", "tee"}) EXPECT_EQ(Answers(floor, call, {}), Set{"errno 22"});
  for (const char* call : {"copy_file_range", "memfd_create", "openat2", "msgsnd", "mq_open",
                           "mincore", "futex_waitv", "io_uring_setup", "clone3"}) {
    EXPECT_EQ(Answers(floor, call, {0, 0xf}), Set{"errno 38"}) << call;
  }
  EXPECT_EQ(Answers(floor, "fsetxattr", {}), Set{"errno 95"});
  EXPECT_EQ(Answers(floor, "ptrace", {}), Set{"errno 1"});
  // FUTEX_WAIT, LOCK_PI, and the two requeues with FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME.
  EXPECT_EQ(Answers(floor, "futex", {0, 0x80}), Set{"allow"});
  EXPECT_EQ(Answers(floor, "futex", {0, 6}), Set{"allow"});
  EXPECT_EQ(Answers(floor, "futex", {0, kBit32 | 0x8c}), Set{"errno 38"});
  EXPECT_EQ(Answers(floor, "futex", {0, 0x18b}), Set{"errno 38"});
  EXPECT_EQ(Answers(floor, "timer_create", {1}), Set{"allow"});
  for (const std::uint64_t clock : {2ULL, 3ULL, 0xfffffffeULL, ~0ULL}) {
    EXPECT_EQ(Answers(floor, "timer_create", {clock}), Set{"errno 95"}) << clock;
  }
  EXPECT_EQ(Answers(floor, "ioctl", {0, 0x5401}), Set{"allow"});
  for (const std::uint64_t request : {0x40049409U, 0x4020940dU, 0x5412U, 0x5423U, 0x80086601U}) {
    EXPECT_EQ(Answers(floor, "ioctl", {0, kBit32 | request}), Set{"errno 25"}) << request;
  }
  EXPECT_EQ(Answers(floor, "setsockopt", {0, 0, 1}), Set{"allow"});
  EXPECT_EQ(Answers(floor, "setsockopt", {0, 0, 35}), Set{"errno 92"});
  EXPECT_EQ(Answers(floor, "setsockopt", {0, 41, 26}), Set{"allow"});
  EXPECT_EQ(Answers(floor, "socket", {16, 3, 0}), Set{"allow"});
  for (const std::uint64_t protocol : {4U, 6U, 12U, 15U, 16U}) {
    EXPECT_EQ(Answers(floor, "socket", {16, 3, protocol}), Set{"errno 93"}) << protocol;
  }
  EXPECT_EQ(Answers(floor, "socket", {2, 3, 1}), Set{"errno 1"});
}

TEST(FloorTest, HotCallsAreDecidedByNumberAlone) {
  for (const std::string_view name : FloorProfiles()) {
    const Json floor = Floor(name);
    const Json& always = floor["syscalls"][0];
    ASSERT_FALSE(always.contains("args"));
    const std::set<std::string> names(always["names"].begin(), always["names"].end());
    for (const char* hot :
         {"read", "write", "pread64", "pwrite64", "readv", "writev", "openat", "close",
          "newfstatat", "futex", "epoll_wait", "epoll_pwait", "mmap", "munmap", "recvfrom",
          "recvmsg", "accept4", "clock_nanosleep", "fcntl"}) {
      const bool checked = name == "isolated" && std::string_view(hot) == "futex";
      EXPECT_EQ(names.contains(hot), !checked) << name << ": " << hot;
    }
  }
}

TEST(FloorTest, CompatArchitectures) {
  EXPECT_EQ(Floor("baseline")["architectures"], Json::array({NativeArchitecture()}));
#if defined(__x86_64__)
  const Json compat = Floor("baseline", {}, {"SCMP_ARCH_X86"});
  EXPECT_EQ(compat["architectures"], Json::array({NativeArchitecture(), "SCMP_ARCH_X86"}));
  EXPECT_EQ(Answers(compat, "chown32", {}), Set{"allow"});
  EXPECT_EQ(Answers(compat, "socketcall", {1}), Set{"errno 1"});
  EXPECT_EQ(Answers(Floor("baseline"), "chown32", {}), Set{"errno 38"});
#endif
  const auto refused = BuildFloor("baseline", {}, {"SCMP_ARCH_MIPS"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::kPolicy);
  EXPECT_THAT(refused.error().message, HasSubstr("SCMP_ARCH_MIPS"));
}

TEST(FloorTest, UnknownProfileNamesTheChoice) {
  const auto refused = BuildFloor("lax", {}, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().Text(), HasSubstr("baseline, restricted, isolated"));
}

TEST(FloorTest, IsFastEnoughForEveryCreate) {
  (void)Floor("restricted");
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    (void)BuildFloor("restricted", {}, {});
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - start);
  }
  RecordProperty("best_ns", std::to_string(best.count()));
  std::cout << "BuildFloor: " << best.count() / 1000 << " us\n";
  EXPECT_LT(best, std::chrono::milliseconds(20));  // wide: sanitizers and busy machines
}

}  // namespace
}  // namespace stockade::filters
