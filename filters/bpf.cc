// SPDX-License-Identifier: Apache-2.0
#include "filters/bpf.h"

#include <linux/audit.h>

#include <cstring>

namespace stockade::filters {
namespace {

constexpr std::size_t kWords = sizeof(seccomp_data) / sizeof(std::uint32_t);

// The machine of classic BPF, with seccomp_data as its packet.
struct Machine {
  std::array<std::uint32_t, kWords> data{};
  std::array<std::uint32_t, BPF_MEMWORDS> memory{};
  std::uint32_t a = 0;
  std::uint32_t x = 0;

  bool Load(const sock_filter& at);
  bool Compute(const sock_filter& at);
};

bool Machine::Load(const sock_filter& at) {
  switch (at.code) {
    case BPF_LD | BPF_W | BPF_ABS:
      if (at.k % 4 != 0 || at.k / 4 >= kWords) return false;
      a = data.at(at.k / 4);
      return true;
    case BPF_LD | BPF_W | BPF_LEN:
      a = sizeof(seccomp_data);
      return true;
    case BPF_LDX | BPF_W | BPF_LEN:
      x = sizeof(seccomp_data);
      return true;
    case BPF_LD | BPF_IMM:
      a = at.k;
      return true;
    case BPF_LDX | BPF_IMM:
      x = at.k;
      return true;
    case BPF_MISC | BPF_TAX:
      x = a;
      return true;
    case BPF_MISC | BPF_TXA:
      a = x;
      return true;
    default:
      break;
  }
  if (at.k >= BPF_MEMWORDS) return false;
  switch (at.code) {
    case BPF_LD | BPF_MEM:
      a = memory.at(at.k);
      return true;
    case BPF_LDX | BPF_MEM:
      x = memory.at(at.k);
      return true;
    case BPF_ST:
      memory.at(at.k) = a;
      return true;
    case BPF_STX:
      memory.at(at.k) = x;
      return true;
    default:
      return false;
  }
}

bool Machine::Compute(const sock_filter& at) {
  const std::uint32_t operand = BPF_SRC(at.code) == BPF_X ? x : at.k;
  switch (BPF_OP(at.code)) {
    case BPF_ADD:
      a += operand;
      return true;
    case BPF_SUB:
      a -= operand;
      return true;
    case BPF_MUL:
      a *= operand;
      return true;
    case BPF_OR:
      a |= operand;
      return true;
    case BPF_AND:
      a &= operand;
      return true;
    case BPF_XOR:
      a ^= operand;
      return true;
    case BPF_NEG:
      a = 0U - a;
      return true;
    case BPF_LSH:
      a = operand < 32 ? a << operand : 0;
      return operand < 32;
    case BPF_RSH:
      a = operand < 32 ? a >> operand : 0;
      return operand < 32;
    case BPF_DIV:
      a = operand != 0 ? a / operand : 0;
      return operand != 0;
    default:
      return false;
  }
}

// Where a jump goes, relative to the next instruction; nothing if it is no jump of classic BPF.
std::optional<std::uint32_t> Jump(const sock_filter& at, std::uint32_t a, std::uint32_t operand) {
  switch (BPF_OP(at.code)) {
    case BPF_JA:
      return at.k;
    case BPF_JEQ:
      return a == operand ? at.jt : at.jf;
    case BPF_JGT:
      return a > operand ? at.jt : at.jf;
    case BPF_JGE:
      return a >= operand ? at.jt : at.jf;
    case BPF_JSET:
      return (a & operand) != 0 ? at.jt : at.jf;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::uint32_t NativeAudit() {
#if defined(__x86_64__)
  return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
  return AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
  return AUDIT_ARCH_RISCV64;
#else
#error "no audit architecture is known here"
#endif
}

std::optional<std::uint32_t> Evaluate(ProgramView program, const seccomp_data& call,
                                      std::vector<bool>* visited) {
  Machine machine;
  std::memcpy(machine.data.data(), &call, sizeof(call));
  // Jumps only go forward, so that this ends.
  for (std::size_t pc = 0; pc < program.size(); ++pc) {
    const sock_filter& at = program[pc];
    if (visited != nullptr) (*visited)[pc] = true;
    switch (BPF_CLASS(at.code)) {
      case BPF_RET:
        if (BPF_RVAL(at.code) == BPF_A) return machine.a;
        return BPF_RVAL(at.code) == BPF_K ? std::optional(at.k) : std::nullopt;
      case BPF_JMP: {
        const bool by_x = BPF_SRC(at.code) == BPF_X;
        const auto skip = Jump(at, machine.a, by_x ? machine.x : at.k);
        if (!skip) return std::nullopt;
        pc += *skip;
        break;
      }
      case BPF_ALU:
        if (!machine.Compute(at)) return std::nullopt;
        break;
      default:
        if (!machine.Load(at)) return std::nullopt;
        break;
    }
  }
  return std::nullopt;
}

}  // namespace stockade::filters
