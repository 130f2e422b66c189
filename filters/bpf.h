// SPDX-License-Identifier: Apache-2.0
// Compiled seccomp filters (classic BPF, seccomp(2)), and what they answer, found in user space.
//
//   seccomp_data call{.nr = 41, .arch = kNativeAudit, .instruction_pointer = 0, .args = {40, 1,
//   0}}; Evaluate(program, call);                       // SECCOMP_RET_ERRNO | EAFNOSUPPORT
//
//   KnownCall any = KnownCall::Of(41);        // socket() with arguments that nobody knows ...
//   any.Fix(0, 0xffffffff, 40);               // ... but for the family
//   Answers(program, any);                    // every answer that such a call can get
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace stockade::filters {

using Program = std::vector<sock_filter>;
using ProgramView = std::span<const sock_filter>;

// The AUDIT_ARCH_* value of the machine that we run on.
std::uint32_t NativeAudit();

// What `program` returns for `call`: a SECCOMP_RET_* action with its data. Nothing if the kernel
// would not load such a program (an unknown instruction, a jump or a load out of bounds, no
// return). `visited`, if given, has the program's size, and gets true for each instruction that
// ran.
std::optional<std::uint32_t> Evaluate(ProgramView program, const seccomp_data& call,
                                      std::vector<bool>* visited = nullptr);

// 32 bits of which some are known: a value has `bits` under the mask `known`.
struct KnownWord {
  std::uint32_t known = 0;
  std::uint32_t bits = 0;

  bool operator==(const KnownWord&) const = default;
};

// A system call of which the number and the architecture are known, and some bits of its arguments.
struct KnownCall {
  std::array<KnownWord, sizeof(seccomp_data) / sizeof(std::uint32_t)> words;

  static KnownCall Of(int number, std::uint32_t audit_architecture = NativeAudit());
  // The caller's `args[index] & mask == value`; `mask` is at most 32 bits wide, the upper half of
  // the argument stays unknown.
  void Fix(unsigned index, std::uint32_t mask, std::uint32_t value);
};

// Every value that `program` may return for a call that looks like `call`, rising; perhaps a few
// more, where one word is tested twice, but never one less. Nothing if the program does what no
// filter of ours needs: then nothing is proved.
std::optional<std::vector<std::uint32_t>> Answers(ProgramView program, const KnownCall& call);

}  // namespace stockade::filters
