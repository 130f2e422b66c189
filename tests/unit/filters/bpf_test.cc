// SPDX-License-Identifier: Apache-2.0
#include "filters/bpf.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "filters/floor.h"
#include "filters/seccomp_compiler.h"

namespace stockade::filters {
namespace {

using testing::ElementsAre;
using testing::Optional;

constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;

seccomp_data Call(int number, std::uint64_t first = 0) {
  return {number, NativeAudit(), 0, {first, 0, 0, 0, 0, 0}};
}

// Allows call 41 unless the low half of its first argument is 40.
const Program kProgram{
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 41, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 40, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, kRefuse),
};

TEST(BpfTest, RunsAProgram) {
  EXPECT_THAT(Evaluate(kProgram, Call(41)), Optional(SECCOMP_RET_ALLOW));
  EXPECT_THAT(Evaluate(kProgram, Call(41, 40)), Optional(kRefuse));
  EXPECT_THAT(Evaluate(kProgram, Call(41, 0x100000028)), Optional(kRefuse));
  EXPECT_THAT(Evaluate(kProgram, Call(42)), Optional(kRefuse));
}

TEST(BpfTest, TellsWhichInstructionsRan) {
  std::vector<bool> visited(kProgram.size());
  (void)Evaluate(kProgram, Call(42), &visited);
  EXPECT_THAT(visited, ElementsAre(true, true, false, false, false, true));
}

TEST(BpfTest, RefusesWhatTheKernelWouldNotLoad) {
  EXPECT_EQ(Evaluate({}, Call(1)), std::nullopt);
  EXPECT_EQ(Evaluate(Program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64)}, Call(1)), std::nullopt);
  EXPECT_EQ(Evaluate(Program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2)}, Call(1)), std::nullopt);
  EXPECT_EQ(Evaluate(Program{BPF_STMT(BPF_JMP | BPF_JA, 9)}, Call(1)), std::nullopt);
  EXPECT_EQ(Evaluate(Program{BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0)}, Call(1)), std::nullopt);
}

TEST(BpfTest, AnswersForEveryValueOfAnUnknownArgument) {
  EXPECT_THAT(Answers(kProgram, KnownCall::Of(41)),
              Optional(ElementsAre(kRefuse, SECCOMP_RET_ALLOW)));
  KnownCall vsock = KnownCall::Of(41);
  vsock.Fix(0, 0xffffffff, 40);
  EXPECT_THAT(Answers(kProgram, vsock), Optional(ElementsAre(kRefuse)));
  KnownCall odd = KnownCall::Of(41);
  odd.Fix(0, 1, 1);
  EXPECT_THAT(Answers(kProgram, odd), Optional(ElementsAre(SECCOMP_RET_ALLOW)));
}

TEST(BpfTest, ProvesNothingOfAProgramThatItDoesNotUnderstand) {
  EXPECT_EQ(Answers(Program{BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_RET | BPF_K, 0)},
                    KnownCall::Of(1)),
            std::nullopt);
}

// What is known of the arguments must never make an answer disappear that some call gets.
TEST(BpfTest, AnswersAgreesWithEvaluateOnAShippedFloor) {
  const auto floor = BuildFloor("restricted", {}, {});
  ASSERT_TRUE(floor);
  const auto program = CompileSeccomp(*floor);
  ASSERT_TRUE(program) << program.error().Text();
  for (int number = 0; number < 500; ++number) {
    const auto any = Answers(*program, KnownCall::Of(number));
    ASSERT_TRUE(any);
    for (const std::uint64_t value : {0ULL, 1ULL, 2ULL, 16ULL, 40ULL, 0x5412ULL, ~0ULL}) {
      const auto answer =
          Evaluate(*program, {number, NativeAudit(), 0, {value, value, value, value, 0, 0}});
      ASSERT_TRUE(answer);
      EXPECT_THAT(*any, testing::Contains(*answer)) << number << " " << value;
    }
  }
}

}  // namespace
}  // namespace stockade::filters
