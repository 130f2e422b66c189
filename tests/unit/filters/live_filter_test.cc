// SPDX-License-Identifier: Apache-2.0
// The shipped filters in the real kernel, against the profiles' tables.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "filters/answer_text.h"
#include "tests/unit/filters/filter_variants.h"
#include "tests/unit/filters/live_calls.h"

namespace stockade::filters {
namespace {

constexpr std::size_t kLimit = 300;  // arguments for one call
constexpr int kKilledEvery = 40;     // of the numbers of a closed interface: each costs a child
constexpr std::size_t kShown = 10;

// x86-64's uretprobe and uprobe: the kernel lets them pass by every filter since Linux 6.14, for
// they are its own trampolines, and refuses or kills whoever else makes them.
bool PassesBy(const seccomp_data& call) {
#if defined(__x86_64__)
  return AbiOf(call) == Abi::kNative && (call.nr == 335 || call.nr == 336);
#else
  return call.nr < -1;
#endif
}

// The calls of `variant` that can be made: those that the profile allows only where they are
// harmless. Arguments that no rule compares are -1, which no call can use.
std::vector<seccomp_data> LiveCalls(const Variant& variant) {
  const ProfileOracle oracle = variant.Oracle();
  std::vector<seccomp_data> calls;
  for (seccomp_data call : CallsOf(variant, kLimit)) {
    const Verdict verdict = oracle.Of(call);
    if (AbiOf(call) == Abi::kOther) continue;
    if (verdict.answer == SECCOMP_RET_KILL_THREAD && call.nr % kKilledEvery != 0) continue;
    std::array<bool, 6> compared{};
    for (const CallGroup* const group : oracle.GroupsOf(verdict.name)) {
      for (const std::span<const BitMatch> conjunction : group->when) {
        for (const BitMatch& match : conjunction) compared.at(match.index) = true;
      }
    }
    for (std::size_t i = 0; i < compared.size(); ++i) {
      if (!compared.at(i)) call.args[i] = AbiOf(call) == Abi::kX86 ? 0xffffffff : ~0ULL;
    }
    if (!PassesBy(call) && (!verdict.Allows() || IsHarmless(call))) calls.push_back(call);
  }
  return calls;
}

bool Agrees(const LiveAnswer& live, std::uint32_t answer) {
  if (answer == SECCOMP_RET_KILL_THREAD) return live.killed;
  const bool refused = live.value <= -kPrivateErrno && live.value >= -4095;
  if (answer == SECCOMP_RET_ALLOW) return !live.killed && !refused;
  return !live.killed &&
         live.value == -static_cast<long>(answer & SECCOMP_RET_DATA) - kPrivateErrno;
}

TEST(LiveFilterTest, TheKernelAnswersAsTheProfilesSay) {
  std::size_t made = 0;
  std::size_t refused = 0;
  std::size_t killed = 0;
  for (const Variant& variant : FewVariants()) {
    const ProfileOracle oracle = variant.Oracle();
    const std::vector<seccomp_data> calls = LiveCalls(variant);
    const auto answers = MakeCalls(WithPrivateErrnos(CompileVariant(variant)), calls);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const Verdict verdict = oracle.Of(calls[i]);
      killed += answers[i].killed ? 1U : 0U;
      refused += verdict.Allows() ? 0U : 1U;
      if (Agrees(answers[i], verdict.answer) || (StaysRefused(calls[i]) && !answers[i].killed))
        continue;
      if (++wrong > kShown) continue;
      ADD_FAILURE() << variant.title << ": " << CallText(calls[i]) << ": the kernel "
                    << (answers[i].killed ? "kills" : fmt::format("says {}", answers[i].value))
                    << ", the profile " << AnswerText(verdict.answer);
    }
    EXPECT_EQ(wrong, 0U) << variant.title;
    made += calls.size();
  }
  fmt::print("{} calls made, {} refused, {} of them killed\n", made, refused, killed);
  EXPECT_GT(made, 10000U);
  EXPECT_GT(killed, 20U);
}

// The probes prove something only if this kernel answers otherwise without the filter.
TEST(LiveFilterTest, WithoutTheFilterNothingIsRefusedPrivately) {
  const Program allow{BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  std::vector<seccomp_data> calls;
  for (const std::string_view name : {"socket", "ptrace", "keyctl", "bpf", "io_uring_setup"}) {
    seccomp_data call = CallOf(Abi::kNative, CallNumber(Abi::kNative, name).value());
    std::ranges::fill(call.args, ~0ULL);
    calls.push_back(call);
  }
  for (const LiveAnswer& answer : MakeCalls(allow, calls)) {
    EXPECT_FALSE(answer.killed);
    EXPECT_GT(answer.value, -kPrivateErrno);
  }
}

}  // namespace
}  // namespace stockade::filters
