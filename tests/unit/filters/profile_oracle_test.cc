// SPDX-License-Identifier: Apache-2.0
// The shipped filters, as libseccomp compiles them, against the profiles' tables: every answer, and
// every instruction.
#include "filters/profile_oracle.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <linux/audit.h>

#include <cerrno>

#include "filters/answer_text.h"
#include "tests/unit/filters/filter_variants.h"

namespace stockade::filters {
namespace {

// Arguments for one call; fewer are enough for a sanitizer.
#if defined(NDEBUG)
constexpr std::size_t kLimit = 3000;
#else
constexpr std::size_t kLimit = 600;
#endif
constexpr std::size_t kShown = 10;  // disagreements of one variant

seccomp_data Call(std::string_view name, std::vector<std::uint64_t> args = {}) {
  seccomp_data call = CallOf(Abi::kNative, CallNumber(Abi::kNative, name).value());
  std::ranges::copy(args, call.args);
  return call;
}

TEST(ProfileOracleTest, SaysWhichGroupDecidedAndWhatWouldOpenIt) {
  const ProfileOracle oracle(*FindProfile("restricted"), {}, {});
  const Verdict vsock = oracle.Of(Call("socket", {40, 1, 0}));
  EXPECT_EQ(vsock.answer, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
  EXPECT_EQ(vsock.group->id, "socket-other-family");
  EXPECT_TRUE(vsock.opened_by_capability.empty());

  const Verdict raw = oracle.Of(Call("socket", {2, 3, 1}));
  EXPECT_EQ(raw.answer, SECCOMP_RET_ERRNO | EPERM);
  EXPECT_THAT(raw.opened_by_capability, testing::ElementsAre("CAP_NET_RAW"));
  EXPECT_TRUE(ProfileOracle(*FindProfile("restricted"), {"CAP_NET_RAW"}, {})
                  .Of(Call("socket", {2, 3, 1}))
                  .Allows());

  const Verdict read = oracle.Of(Call("read"));
  EXPECT_TRUE(read.Allows());
  EXPECT_EQ(read.group->id, "files");

  const Verdict newest = oracle.Of(CallOf(Abi::kNative, 599));
  EXPECT_EQ(newest.answer, SECCOMP_RET_ERRNO | ENOSYS);
  EXPECT_EQ(newest.group, nullptr);
}

#if defined(__x86_64__)
TEST(ProfileOracleTest, KillsOnInterfacesThatAreNotOpen) {
  const seccomp_data i386 = CallOf(Abi::kX86, 20);
  const Verdict closed = ProfileOracle(*FindProfile("baseline"), {}, {}).Of(i386);
  EXPECT_EQ(closed.answer, SECCOMP_RET_KILL_THREAD);
  EXPECT_EQ(closed.opened_by_architecture, "SCMP_ARCH_X86");
  EXPECT_TRUE(ProfileOracle(*FindProfile("baseline"), {}, {"SCMP_ARCH_X86"}).Of(i386).Allows());
}
#endif

// Two groups that decide one call alike would be harmless, and two that do not a defect.
TEST(ProfileOracleTest, NoTwoGroupsDecideOneCallDifferently) {
  for (const Variant& variant : FewVariants()) {
    const ProfileOracle oracle = variant.Oracle();
    for (const seccomp_data& call : CallsOf(variant, kLimit)) {
      const Verdict verdict = oracle.Of(call);
      if (verdict.group == nullptr) continue;
      for (const CallGroup* const group : oracle.GroupsOf(verdict.name)) {
        ASSERT_TRUE(group == verdict.group || !ProfileOracle::Matches(*group, call))
            << variant.title << ": " << CallText(call) << ": " << group->id << ", "
            << verdict.group->id;
      }
    }
  }
}

// What no call reaches in a right program, both of them refusals: the last instruction, which kills
// for other architectures once more, for libseccomp jumps to an earlier one; and a copy of the
// default's answer that only calls jump to whose rules cover every argument (clone, personality),
// one for each of two interfaces.
bool MayBeDead(const Program& program, std::size_t at, std::uint32_t default_answer) {
  const bool last = at + 1 == program.size();
  return program[at].code == (BPF_RET | BPF_K) &&
         program[at].k == (last ? SECCOMP_RET_KILL_THREAD : default_answer);
}

TEST(ShippedFiltersTest, AnswerAsTheirProfilesSayInEveryInstruction) {
  std::size_t programs = 0;
  std::size_t answers = 0;
  std::size_t instructions = 0;
  for (const Variant& variant : AllVariants()) {
    const Program program = CompileVariant(variant);
    const ProfileOracle oracle = variant.Oracle();
    std::vector<bool> visited(program.size());
    std::size_t wrong = 0;
    for (const seccomp_data& call : CallsOf(variant, kLimit)) {
      const std::uint32_t answer = Evaluate(program, call, &visited).value();
      const Verdict verdict = oracle.Of(call);
      ++answers;
      if (answer == verdict.answer || (StaysRefused(call) && answer != SECCOMP_RET_ALLOW)) continue;
      if (++wrong > kShown) continue;
      ADD_FAILURE() << variant.title << ": " << CallText(call) << ": the filter says "
                    << AnswerText(answer) << ", the profile " << AnswerText(verdict.answer);
    }
    EXPECT_EQ(wrong, 0U) << variant.title;
    const std::uint32_t default_answer =
        SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(variant.profile->default_error_number);
    std::size_t dead = 0;
    for (std::size_t i = 0; i < program.size(); ++i) {
      if (!visited[i]) ++dead;
      EXPECT_TRUE(visited[i] || MayBeDead(program, i, default_answer))
          << variant.title << ": nothing reaches instruction " << i
          << fmt::format(" of {}: code {:#x} k {:#x}", program.size(), program[i].code,
                         program[i].k);
    }
    EXPECT_LE(dead, 3U) << variant.title;
    ++programs;
    instructions += program.size();
  }
  fmt::print("{} programs, {} instructions, {} answers compared\n", programs, instructions,
             answers);
}

}  // namespace
}  // namespace stockade::filters
