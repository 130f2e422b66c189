// SPDX-License-Identifier: Apache-2.0
#include "filters/newer_calls.h"

#include <gmock/gmock.h>

#include "filters/check_program.h"
#include "filters/seccomp_compiler.h"
#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

using base::Json;

constexpr std::uint32_t kEnosys = SECCOMP_RET_ERRNO | 38;
constexpr std::uint32_t kEperm = SECCOMP_RET_ERRNO | 1;

// Allows `names`, and answers `action` to all else.
Json Profile(std::vector<std::string> names, const std::string& action = "SCMP_ACT_ERRNO",
             const std::vector<std::string>& compat = {}) {
  Json rule = Json::object();
  rule["names"] = std::move(names);
  rule["action"] = "SCMP_ACT_ALLOW";
  Json profile = Json::object();
  profile["defaultAction"] = action;
  profile["architectures"] = std::vector<std::string>{std::string(NativeArchitecture())};
  for (const std::string& name : compat) profile["architectures"].push_back(name);
  profile["syscalls"] = Json::array();
  profile["syscalls"].push_back(rule);
  return profile;
}

// The answer to a call, of the program and (CompileChecked has asked it) of the oracle.
std::uint32_t Answer(const Json& profile, Abi abi, std::int64_t number) {
  const auto program = CompileChecked(profile);
  if (!program) {
    ADD_FAILURE() << program.error().Text();
    return 0;
  }
  return Evaluate(*program, CallOf(abi, static_cast<int>(number))).value();
}

int Number(const std::string& name) { return SyscallNumber(name).value(); }

TEST(NewerCalls, GetEnosysAboveTheNewestNamed) {
  const Json profile = Profile({"read", "openat2"});
  const int newest = Number("openat2");
  EXPECT_EQ(Answer(profile, Abi::kNative, newest), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Answer(profile, Abi::kNative, newest - 1), kEperm);
  for (const int newer : {newest + 1, 466, 599, 0x3fffffff}) {
    EXPECT_EQ(Answer(profile, Abi::kNative, newer), kEnosys);
  }
}

TEST(NewerCalls, ARuleThatSaysTheDefaultNamesItsCalls) {
  Json profile = Profile({"read"});
  Json refused = profile["syscalls"][0];
  refused["names"] = std::vector<std::string>{"faccessat2", "no_such_call"};
  refused["action"] = "SCMP_ACT_ERRNO";
  profile["syscalls"].push_back(refused);
  EXPECT_EQ(Answer(profile, Abi::kNative, Number("faccessat2")), kEperm);
  EXPECT_EQ(Answer(profile, Abi::kNative, Number("faccessat2") + 1), kEnosys);
}

TEST(NewerCalls, CountWhateverRefuses) {
  EXPECT_EQ(Answer(Profile({"openat2"}, "SCMP_ACT_KILL_PROCESS"), Abi::kNative, 599), kEnosys);
  EXPECT_EQ(Answer(Profile({"openat2"}, "SCMP_ACT_TRAP"), Abi::kNative, 599), kEnosys);
  EXPECT_EQ(Answer(Profile({"openat2"}, "SCMP_ACT_TRACE"), Abi::kNative, 599),
            SECCOMP_RET_TRACE | 1);
  EXPECT_EQ(Answer(Profile({"openat2"}, "SCMP_ACT_LOG"), Abi::kNative, 599), SECCOMP_RET_LOG);
  EXPECT_EQ(Answer(Profile({"openat2"}, "SCMP_ACT_ALLOW"), Abi::kNative, 599), SECCOMP_RET_ALLOW);
}

TEST(NewerCalls, CostNothingWhereTheDefaultSaysItAlready) {
  Json profile = Profile({"read", "openat2"});
  const std::size_t with = CompileSeccomp(profile)->size();
  profile["defaultErrnoRet"] = 38U;
  EXPECT_LT(CompileSeccomp(profile)->size(), with);
  EXPECT_EQ(Answer(profile, Abi::kNative, 599), kEnosys);
}

#if defined(__x86_64__)
TEST(NewerCalls, NumberZeroAloneIsNone) {
  EXPECT_EQ(Answer(Profile({"read"}), Abi::kNative, 599), kEperm);
  EXPECT_EQ(Answer(Profile({"chown32"}), Abi::kNative, 599), kEperm);  // of i386 only
}

TEST(NewerCalls, MinusOneIsNoCall) {
  EXPECT_EQ(Answer(Profile({"openat2"}), Abi::kNative, -1), kEperm);
}

TEST(NewerCalls, EachInterfaceHasItsOwn) {
  constexpr std::int64_t kX32 = 0x40000000;
  const Json closed = Profile({"openat2"});
  EXPECT_EQ(Answer(closed, Abi::kX32, kX32 + 599), SECCOMP_RET_KILL_THREAD);
  EXPECT_EQ(Answer(closed, Abi::kX86, 599), SECCOMP_RET_KILL_THREAD);

  const Json open =
      Profile({"openat2", "socketcall"}, "SCMP_ACT_ERRNO", {"SCMP_ARCH_X86", "SCMP_ARCH_X32"});
  for (const auto& [abi, bit] :
       {std::pair(Abi::kNative, std::int64_t{0}), {Abi::kX86, 0}, {Abi::kX32, kX32}}) {
    EXPECT_EQ(Answer(open, abi, bit + 437), SECCOMP_RET_ALLOW);
    EXPECT_EQ(Answer(open, abi, bit + 436), kEperm);
    EXPECT_EQ(Answer(open, abi, bit + 438), kEnosys);
  }
  const Json only_x86 = Profile({"read", "socketcall"}, "SCMP_ACT_ERRNO", {"SCMP_ARCH_X86"});
  EXPECT_EQ(Answer(only_x86, Abi::kX86, 102), SECCOMP_RET_ALLOW);
  EXPECT_EQ(Answer(only_x86, Abi::kX86, 103), kEnosys);
  EXPECT_EQ(Answer(only_x86, Abi::kNative, 103), kEperm);
}
#endif

}  // namespace
}  // namespace stockade::filters
