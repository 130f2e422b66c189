// SPDX-License-Identifier: Apache-2.0
#include "filters/newer_calls.h"

#include <cerrno>
#include <cstddef>

namespace stockade::filters {
namespace {

constexpr std::uint32_t kX32Bit = 0x40000000;

// Instructions that answer for the numbers above `newest` on `abi` and let every other call go on
// behind them.
Program Section(Abi abi, int newest) {
  Program section{
      BPF_STMT(BPF_RET | BPF_K, NoSuchCall()),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, static_cast<std::uint32_t>(newest), 0, 1),
  };  // from the last to the first
  const auto skip = [&] { return static_cast<std::uint8_t>(section.size()); };
#if defined(__x86_64__)
  // Two interfaces share the architecture's value.
  if (abi == Abi::kNative) {
    section.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kX32Bit, skip(), 0));
  } else if (abi == Abi::kX32) {
    section.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kX32Bit, 0, skip()));
  }
#endif
  section.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  section.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CallOf(abi, 0).arch, 0, skip()));
  section.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
  return {section.rbegin(), section.rend()};
}

}  // namespace

std::uint32_t NoSuchCall() { return SECCOMP_RET_ERRNO | ENOSYS; }

bool AnswersNewerCalls(const OciRules& rules) {
  const std::uint32_t action = rules.default_answer() & SECCOMP_RET_ACTION_FULL;
  return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_TRACE &&
         rules.default_answer() != NoSuchCall();
}

void AnswerNewerCalls(const std::map<Abi, int>& newest, Program& program) {
  Program whole;
  for (const auto& [abi, number] : newest) {
    const Program section = Section(abi, number);
    whole.insert(whole.end(), section.begin(), section.end());
  }
  program.insert(program.begin(), whole.begin(), whole.end());
}

}  // namespace stockade::filters
