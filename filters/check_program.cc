// SPDX-License-Identifier: Apache-2.0
#include "filters/check_program.h"

#include <fmt/format.h>
#include <linux/audit.h>

#include <algorithm>

#include "filters/answer_text.h"
#include "filters/call_samples.h"
#include "filters/oci_oracle.h"
#include "filters/seccomp_compiler.h"

namespace stockade::filters {
namespace {

constexpr int kNumbers = 600;  // Linux 6.13 ends at 466
constexpr std::size_t kSamplesOfCall = 1024;
constexpr std::size_t kMaxRulesOfCall = 512;

// The number of the `index`-th call of an interface.
int NumberOf(Abi abi, int index) { return abi == Abi::kX32 ? 0x40000000 | index : index; }

// True if a comparison is with a value that no 32-bit argument has.
bool IsWide(const Comparisons& comparisons) {
  return std::ranges::any_of(comparisons, [](const Comparison& each) {
    const bool masked = each.op == CompareOp::kMaskedEqual;
    return ((masked ? each.value & each.value_two : each.value) >> 32) != 0;
  });
}

class Check {
 public:
  Check(ProgramView program, const OciRules& rules) : program_(program), oracle_(rules) {}

  std::optional<std::string> Run() {
    for (const Abi abi : {Abi::kNative, Abi::kX86, Abi::kX32}) {
      for (int index = 0; index < kNumbers; ++index) {
        auto wrong = CheckNumber(abi, NumberOf(abi, index));
        if (wrong) return wrong;
      }
    }
    seccomp_data call = CallOf(Abi::kNative, -1);
    if (auto wrong = CheckCall(call)) return wrong;
    for (const std::uint32_t other : {0U, NativeAudit() ^ 1U, std::uint32_t{AUDIT_ARCH_S390X}}) {
      call = CallOf(Abi::kNative, 0);
      call.arch = other;
      if (auto wrong = CheckCall(call)) return wrong;
    }
    return std::nullopt;
  }

 private:
  std::optional<std::string> CheckNumber(Abi abi, int number) {
    const std::span<const AppliedRule> rules = oracle_.RulesOf(abi, number);
    seccomp_data call = CallOf(abi, number);
    if (rules.size() > kMaxRulesOfCall) {
      return fmt::format("{} has {} rules, and at most {} for one call can be checked",
                         CallText(call), rules.size(), kMaxRulesOfCall);
    }
    if (rules.empty()) return CheckCall(call);
    for (const AppliedRule& rule : rules) {
      if (abi == Abi::kNative || !IsWide(*rule.comparisons)) continue;
      return fmt::format("{} is compared with more than the 32 bits that it has there: {}",
                         CallText(call), ComparisonsText(*rule.comparisons));
    }
    std::vector<Comparisons> comparisons;
    for (const AppliedRule& rule : rules) comparisons.push_back(*rule.comparisons);
    for (const Arguments& args : Samples(comparisons, kSamplesOfCall)) {
      for (std::size_t i = 0; i < args.size(); ++i) {
        call.args[i] = abi == Abi::kX86 ? args.at(i) & 0xffffffff : args.at(i);
      }
      if (auto wrong = CheckCall(call)) return wrong;
    }
    return std::nullopt;
  }

  std::optional<std::string> CheckCall(const seccomp_data& call) {
    const auto answer = Evaluate(program_, call);
    if (!answer) return "the program is none that the kernel loads";
    const OciVerdict verdict = oracle_.Of(call);
    if (std::ranges::find(verdict.answers, *answer) != verdict.answers.end()) return std::nullopt;
    return fmt::format("the compiled filter answers {} to {}, where the profile says {}",
                       AnswerText(*answer), CallText(call), AnswerText(verdict.answers.front()));
  }

  ProgramView program_;
  OciOracle oracle_;
};

}  // namespace

std::optional<std::string> CheckProgram(ProgramView program, const base::Json& seccomp) {
  std::string why;
  const std::optional<OciRules> rules = OciRules::Read(seccomp, why);
  if (!rules) return "the seccomp profile " + why;
  return Check(program, *rules).Run();
}

base::Result<Program> CompileChecked(const base::Json& seccomp) {
  STOCKADE_ASSIGN(Program program, CompileSeccomp(seccomp));
  if (const auto wrong = CheckProgram(program, seccomp)) {
    return base::FailHint(
        base::ErrorKind::kSpec,
        "say it with SCMP_CMP_EQ or SCMP_CMP_MASKED_EQ, which libseccomp compiles rightly",
        "the seccomp profile does not mean what it says once compiled: {}", *wrong);
  }
  return program;
}

}  // namespace stockade::filters
