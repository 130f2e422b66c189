// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/bpf_text.h"

#include <fmt/format.h>

#include "filters/answer_text.h"

namespace stockade::ctl {
namespace {

// The word of seccomp_data at `offset`.
std::string Word(std::uint32_t offset) {
  if (offset == offsetof(seccomp_data, nr)) return "nr";
  if (offset == offsetof(seccomp_data, arch)) return "arch";
  if (offset < offsetof(seccomp_data, args)) return fmt::format("ip[{}]", offset);
  const std::uint32_t at = offset - static_cast<std::uint32_t>(offsetof(seccomp_data, args));
  const bool low = (at % 8 == 0) == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  return fmt::format("arg{}.{}", at / 8, low ? "low" : "high");
}

const char* JumpName(const sock_filter& at) {
  switch (BPF_OP(at.code)) {
    case BPF_JEQ:
      return "jeq";
    case BPF_JGT:
      return "jgt";
    case BPF_JGE:
      return "jge";
    case BPF_JSET:
      return "jset";
    default:
      return nullptr;
  }
}

std::string InstructionText(const sock_filter& at, std::size_t index) {
  if (at.code == (BPF_RET | BPF_K)) return "ret " + filters::AnswerText(at.k);
  if (at.code == (BPF_LD | BPF_W | BPF_ABS)) return "ld " + Word(at.k);
  if (at.code == (BPF_ALU | BPF_AND | BPF_K)) return fmt::format("and {:#x}", at.k);
  if (at.code == (BPF_JMP | BPF_JA)) return fmt::format("ja {}", index + 1 + at.k);
  if (BPF_CLASS(at.code) == BPF_JMP && BPF_SRC(at.code) == BPF_K && JumpName(at) != nullptr) {
    return fmt::format("{} {:#x}, {}, {}", JumpName(at), at.k, index + 1 + at.jt,
                       index + 1 + at.jf);
  }
  return fmt::format("code {:#x} jt {} jf {} k {:#x}", at.code, at.jt, at.jf, at.k);
}

}  // namespace

std::vector<std::string> BpfText(filters::ProgramView program) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < program.size(); ++i) lines.push_back(InstructionText(program[i], i));
  return lines;
}

}  // namespace stockade::ctl
