// SPDX-License-Identifier: Apache-2.0
#include "filters/verify_program.h"

#include <gmock/gmock.h>

#include "filters/class_filter.h"
#include "filters/filter_text.h"
#include "filters/floor.h"
#include "filters/seccomp_compiler.h"

namespace stockade::filters {
namespace {

using base::Json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Program Compiled(const Json& object) {
  const auto program = CompileSeccomp(object);
  EXPECT_TRUE(program) << program.error().Text();
  return program.value_or(Program{});
}

TEST(BrokenProgramPromisesTest, ShippedProgramsKeepThem) {
  ASSERT_EQ(CompiledProfiles().size(), FloorProfiles().size());
  for (const CompiledProfile& shipped : CompiledProfiles()) {
    EXPECT_THAT(BrokenProgramPromises(shipped.program, shipped.profile, {}, {}), IsEmpty());
  }
}

TEST(BrokenProgramPromisesTest, SoDoProgramsForOtherCapabilitiesAndArchitectures) {
  for (const std::string_view profile : FloorProfiles()) {
    for (const config::CapabilityNames& caps :
         {config::CapabilityNames{"CAP_SYS_ADMIN"}, {"CAP_SYS_CHROOT"}, {"CAP_NET_RAW"}}) {
      const Program program = Compiled(*BuildFloor(profile, caps, {}));
      EXPECT_THAT(BrokenProgramPromises(program, profile, caps, {}), IsEmpty());
    }
    const Program compat = Compiled(*BuildFloor(profile, {}, {"SCMP_ARCH_X86"}));
    EXPECT_THAT(BrokenProgramPromises(compat, profile, {}, {"SCMP_ARCH_X86"}), IsEmpty());
    EXPECT_THAT(BrokenProgramPromises(compat, profile, {}, {}),
                Contains(HasSubstr("32-bit programs")));
  }
}

TEST(BrokenProgramPromisesTest, AreBrokenByAllowingOneMore) {
  const Json floor = *BuildFloor("restricted", {}, {});
  for (const char* call : {"bpf", "ptrace", "mount", "io_uring_setup", "keyctl", "clone3"}) {
    Json more = floor;
    for (Json& entry : more["syscalls"]) {
      for (Json& name : entry["names"]) {
        if (name == call) name = "read";
      }
    }
    more["syscalls"][0]["names"].push_back(call);
    EXPECT_THAT(BrokenProgramPromises(Compiled(more), "restricted", {}, {}),
                Contains(HasSubstr(call)));
  }
}

TEST(BrokenProgramPromisesTest, AreBrokenByAWeakerProfileOrACapability) {
  const Program baseline = Compiled(*BuildFloor("baseline", {}, {}));
  EXPECT_THAT(BrokenProgramPromises(baseline, "restricted", {}, {}), Contains(HasSubstr("ptrace")));
  const Program admin = Compiled(*BuildFloor("baseline", {"CAP_SYS_ADMIN"}, {}));
  EXPECT_THAT(BrokenProgramPromises(admin, "baseline", {}, {}), Contains(HasSubstr("mount")));
}

TEST(BrokenProgramPromisesTest, AreBrokenByAProgramThatCannotBeUnderstood) {
  const Program all{BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  EXPECT_GT(BrokenProgramPromises(all, "baseline", {}, {}).size(), 100U);
  EXPECT_THAT(BrokenProgramPromises({}, "baseline", {}, {}), Not(IsEmpty()));
  const Program silent{BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO)};  // errno 0 is success
  EXPECT_THAT(BrokenProgramPromises(silent, "baseline", {}, {}), Not(IsEmpty()));
  EXPECT_THAT(BrokenProgramPromises(all, "other", {}, {}), Not(IsEmpty()));
}

TEST(ShippedProgramTest, IsOnlyForWhatTheBuildCompiled) {
  EXPECT_TRUE(ShippedProgram("restricted", {"CAP_NET_BIND_SERVICE"}, {}));
  EXPECT_FALSE(ShippedProgram("restricted", {"CAP_SYS_ADMIN"}, {}));
  EXPECT_FALSE(ShippedProgram("restricted", {}, {"SCMP_ARCH_X86"}));
  EXPECT_FALSE(ShippedProgram("other", {}, {}));
}

TEST(ShippedProgramTest, IsWhatCompilingGives) {
  for (const CompiledProfile& shipped : CompiledProfiles()) {
    const Program fresh = Compiled(*BuildFloor(shipped.profile, {}, {}));
    EXPECT_EQ(EncodeFilter(shipped.program, 0), EncodeFilter(fresh, 0));
    EXPECT_EQ(shipped.text, EncodeFilter(fresh, 0));
  }
}

TEST(UnderFloorTest, RefusesOnlyWhatTheProfileNeverAllows) {
  const Json under = *BuildUnderFloor("restricted", {}, {});
  const Program program = Compiled(under);
  const Program whole = Compiled(*BuildFloor("restricted", {}, {}));
  int refused = 0;
  for (int number = 0; number < 500; ++number) {
    const auto here = Answers(program, KnownCall::Of(number));
    const auto there = Answers(whole, KnownCall::Of(number));
    ASSERT_TRUE(here && there);
    if (*here == std::vector<std::uint32_t>{SECCOMP_RET_ALLOW}) continue;
    EXPECT_EQ(*here, *there) << number;
    ++refused;
  }
  EXPECT_GT(refused, 60);
  // What the stub and the delegate's last steps need.
  for (const int number : {59, 157, 317, 231, 1, 262, 269}) {
    EXPECT_EQ(Answers(program, KnownCall::Of(number))->front(), SECCOMP_RET_ALLOW) << number;
  }
}

}  // namespace
}  // namespace stockade::filters
