// SPDX-License-Identifier: Apache-2.0
#include "filters/check_program.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "config/base/file.h"
#include "filters/floor.h"
#include "filters/seccomp_compiler.h"

namespace stockade::filters {
namespace {

using base::Json;
using testing::HasSubstr;

constexpr std::uint64_t kBit32 = std::uint64_t{1} << 32;

Json Rule(const std::string& op, std::uint64_t value, const std::string& action = "SCMP_ACT_ALLOW",
          const std::string& call = "getppid") {
  Json rule = Json::object();
  rule["names"] = std::vector<std::string>{call};
  rule["action"] = action;
  if (!op.empty()) {
    Json argument = Json::object();
    argument["index"] = 0U;
    argument["op"] = op;
    argument["value"] = value;
    rule["args"] = Json::array();
    rule["args"].push_back(argument);
  }
  return rule;
}

Json Profile(const std::vector<Json>& rules, const std::vector<std::string>& architectures = {}) {
  Json profile = Json::object();
  profile["defaultAction"] = "SCMP_ACT_ERRNO";
  profile["architectures"] = architectures;
  profile["syscalls"] = Json::array();
  for (const Json& rule : rules) profile["syscalls"].push_back(rule);
  return profile;
}

// What CheckProgram says of libseccomp's program, or "" if they agree.
std::string Wrong(const Json& profile) {
  const auto program = CompileSeccomp(profile);
  if (!program) return "not compiled: " + program.error().Text();
  return CheckProgram(*program, profile).value_or("");
}

std::uint32_t AnswerTo(const Program& program, std::uint64_t argument) {
  return Evaluate(program, {110, NativeAudit(), 0, {argument}}).value();
}

TEST(CheckProgramTest, AgreesWithTheShippedFloors) {
  for (const std::string_view profile : FloorProfiles()) {
    EXPECT_EQ(Wrong(BuildFloor(profile, {}, {}).value()), "");
#if defined(__x86_64__)
    EXPECT_EQ(Wrong(BuildFloor(profile, {}, {"SCMP_ARCH_X86", "SCMP_ARCH_X32"}).value()), "");
#endif
  }
}

TEST(CheckProgramTest, AgreesWithTheEnginesDefaults) {
  int profiles = 0;
  for (const auto& entry : std::filesystem::directory_iterator(STOCKADE_TEST_DATA)) {
    const auto text = base::ReadFile(entry.path(), 1 << 20);
    const auto json = base::ParseJson(text.value(), base::kSpecLimits, entry.path().string(),
                                      base::ErrorKind::kSpec);
    Json profile = json.value().value["seccomp"];
    const auto program = CompileSeccomp(profile);
    ASSERT_TRUE(program) << program.error().Text();
    EXPECT_EQ(CheckProgram(*program, profile).value_or(""), "") << entry.path();
    ++profiles;
  }
  EXPECT_GE(profiles, 9);
}

TEST(CheckProgramTest, FindsWhatLibseccompMiscompiles) {
  const Json profile = Profile({Rule("SCMP_CMP_LT", 1), Rule("SCMP_CMP_GE", kBit32)});
  const auto program = CompileSeccomp(profile);
  ASSERT_TRUE(program);
  if (AnswerTo(*program, 1) != SECCOMP_RET_ALLOW) {
    GTEST_SKIP() << "this libseccomp has the inequality right";
  }
  EXPECT_EQ(
      CheckProgram(*program, profile).value_or(""),
      "the compiled filter answers ALLOW to getppid(0x1), where the profile says ERRNO EPERM");
}

#if defined(__x86_64__)
TEST(CheckProgramTest, FindsA64BitValueThatI386CannotCompare) {
  const std::string wrong =
      Wrong(Profile({Rule("SCMP_CMP_EQ", kBit32 + 7)}, {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"}));
  EXPECT_THAT(wrong, HasSubstr("getppid() of i386 is compared with more than the 32 bits"));
}

// The rules of socket() and of socketcall(SYS_SOCKET) are one to libseccomp, which takes no second
// answer, and loses both.
TEST(CheckProgramTest, FindsARuleThatIsLostOnI386) {
  const Json profile = Profile({Rule("SCMP_CMP_EQ", 1, "SCMP_ACT_ALLOW", "socket"),
                                Rule("SCMP_CMP_EQ", 2, "SCMP_ACT_KILL", "socket")},
                               {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"});
  EXPECT_THAT(Wrong(profile), HasSubstr("socket(0x2) of i386, where the profile says KILL_THREAD"));
}
#endif

// Every pair of inequalities around 0 and 2^32. What a dense search finds wrong must be found.
TEST(CheckProgramTest, FindsAllThatADenseSearchFinds) {
#if defined(NDEBUG)
  const std::vector<std::uint64_t> values{0,      1,          2,          kBit32 - 1,
                                          kBit32, kBit32 + 1, 2 * kBit32, ~0ULL};
#else  // a sanitizer needs minutes for them all
  const std::vector<std::uint64_t> values{1, kBit32, ~0ULL};
#endif
  const std::vector<std::string> ops{"SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_GE",
                                     "SCMP_CMP_GT", "SCMP_CMP_NE", "SCMP_CMP_EQ"};
  const auto holds = [](const std::string& op, std::uint64_t a, std::uint64_t b) {
    if (op == "SCMP_CMP_LT") return a < b;
    if (op == "SCMP_CMP_LE") return a <= b;
    if (op == "SCMP_CMP_GE") return a >= b;
    if (op == "SCMP_CMP_GT") return a > b;
    return (op == "SCMP_CMP_EQ") == (a == b);
  };
  std::vector<std::uint64_t> dense;
  for (std::uint64_t high = 0; high < 4; ++high) {
    for (std::uint64_t low = 0; low < 4; ++low) {
      dense.insert(dense.end(), {high << 32 | low, high << 32 | (kBit32 - 1 - low),
                                 (kBit32 - 1 - high) << 32 | low});
    }
  }
  int pairs = 0;
  int miscompiled = 0;
  for (const std::string& op1 : ops) {
    for (const std::string& op2 : ops) {
      for (const std::uint64_t v1 : values) {
        for (const std::uint64_t v2 : values) {
          const Json profile = Profile({Rule(op1, v1), Rule(op2, v2)});
          const auto program = CompileSeccomp(profile);
          ASSERT_TRUE(program) << program.error().Text();
          const bool wrong = std::ranges::any_of(dense, [&](std::uint64_t at) {
            return holds(op1, at, v1) || holds(op2, at, v2)
                       ? AnswerTo(*program, at) != SECCOMP_RET_ALLOW
                       : AnswerTo(*program, at) == SECCOMP_RET_ALLOW;
          });
          EXPECT_EQ(CheckProgram(*program, profile).has_value(), wrong)
              << op1 << " " << v1 << " or " << op2 << " " << v2;
          ++pairs;
          miscompiled += wrong ? 1 : 0;
        }
      }
    }
  }
  std::printf("%d pairs, %d miscompiled\n", pairs, miscompiled);
}

// Every instruction of a program matters: change a decision, and it shows.
TEST(CheckProgramTest, FindsAChangedProgram) {
  const Json floor = BuildFloor("restricted", {}, {}).value();
  const Program program = CompileSeccomp(floor).value();
  int changed = 0;
  int found = 0;
  for (std::size_t i = 0; i < program.size(); i += 7) {
    Program other = program;
    if (BPF_CLASS(other[i].code) != BPF_JMP || BPF_OP(other[i].code) == BPF_JA) continue;
    if (other[i].jt == other[i].jf) continue;
    std::swap(other[i].jt, other[i].jf);
    ++changed;
    found += CheckProgram(other, floor) ? 1 : 0;
  }
  EXPECT_GT(changed, 50);
  EXPECT_EQ(found, changed);
}

// This pair of rules keeps libseccomp 2.5.4 busy for ever.
TEST(CheckProgramTest, RefusesWhatLibseccompMayNeverEnd) {
  Json one = Rule("SCMP_CMP_NE", 0);
  Json other = Rule("SCMP_CMP_NE", 0);
  Json argument = one["args"][0];
  argument["index"] = 2U;
  argument["op"] = "SCMP_CMP_LE";
  argument["value"] = 3 * kBit32 - 1;
  one["args"].push_back(argument);
  argument["op"] = "SCMP_CMP_EQ";
  argument["value"] = 0U;
  other["args"].push_back(argument);
  argument["index"] = 1U;
  one["args"].push_back(argument);
  const auto program = CompileSeccomp(Profile({one, other}));
  ASSERT_FALSE(program);
  EXPECT_THAT(program.error().message, HasSubstr("a rule for getppid of 3 comparisons"));
  EXPECT_EQ(Wrong(Profile({other})), "");  // alone it is harmless
}

TEST(CheckProgramTest, FailsClosed) {
  const Program program = CompileSeccomp(Profile({Rule("", 0)})).value();
  EXPECT_EQ(CheckProgram(program, Profile({Rule("", 0)})), std::nullopt);
  EXPECT_THAT(CheckProgram(program, Json::array()).value_or(""), HasSubstr("is no object"));
  EXPECT_THAT(CheckProgram({}, Profile({})).value_or(""), HasSubstr("none that the kernel loads"));
  std::vector<Json> rules;
  for (std::uint64_t i = 0; i < 600; ++i) rules.push_back(Rule("SCMP_CMP_EQ", i));
  EXPECT_THAT(CheckProgram(program, Profile(rules)).value_or(""),
              HasSubstr("getppid() has 600 rules, and at most 512"));
}

}  // namespace
}  // namespace stockade::filters
