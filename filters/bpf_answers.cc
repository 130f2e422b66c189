// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <set>
#include <tuple>

#include "filters/bpf.h"

namespace stockade::filters {
namespace {

constexpr std::uint32_t kAll = 0xffffffff;

// The instruction to go on with, and what is known of the accumulator there.
struct Place {
  std::size_t pc = 0;
  KnownWord a;

  auto operator<=>(const Place& other) const {
    return std::tie(pc, a.known, a.bits) <=> std::tie(other.pc, other.a.known, other.a.bits);
  }
};

// Whether a comparison holds for a value of which only `word` is known.
enum class Holds { kNo, kYes, kPerhaps };

Holds Decide(bool possible, bool certain) {
  return certain ? Holds::kYes : possible ? Holds::kPerhaps : Holds::kNo;
}

std::optional<Holds> Compare(const sock_filter& at, const KnownWord& word) {
  const std::uint32_t low = word.bits;
  const std::uint32_t high = word.bits | ~word.known;
  switch (at.code) {
    case BPF_JMP | BPF_JEQ | BPF_K:
      return Decide((at.k & word.known) == word.bits, word.known == kAll && word.bits == at.k);
    case BPF_JMP | BPF_JGT | BPF_K:
      return Decide(high > at.k, low > at.k);
    case BPF_JMP | BPF_JGE | BPF_K:
      return Decide(high >= at.k, low >= at.k);
    case BPF_JMP | BPF_JSET | BPF_K:
      return Decide((high & at.k) != 0, (low & at.k) != 0);
    default:
      return std::nullopt;
  }
}

}  // namespace

KnownCall KnownCall::Of(int number, std::uint32_t audit_architecture) {
  KnownCall call;
  call.words.at(offsetof(seccomp_data, nr) / 4) = {kAll, static_cast<std::uint32_t>(number)};
  call.words.at(offsetof(seccomp_data, arch) / 4) = {kAll, audit_architecture};
  return call;
}

void KnownCall::Fix(unsigned index, std::uint32_t mask, std::uint32_t value) {
  const std::size_t low_half = std::endian::native == std::endian::little ? 0 : 1;
  KnownWord& word = words.at(offsetof(seccomp_data, args) / 4 + std::size_t{index} * 2 + low_half);
  word.known |= mask;
  word.bits = (word.bits & ~mask) | (value & mask);
}

std::optional<std::vector<std::uint32_t>> Answers(ProgramView program, const KnownCall& call) {
  std::set<std::uint32_t> answers;
  std::set<Place> seen;
  std::vector<Place> open{{}};
  while (!open.empty()) {
    const Place place = open.back();
    open.pop_back();
    if (!seen.insert(place).second) continue;
    if (place.pc >= program.size()) return std::nullopt;
    const sock_filter& at = program[place.pc];
    const auto go_on = [&](std::size_t skip, KnownWord a) {
      open.push_back({place.pc + 1 + skip, a});
    };
    if (at.code == (BPF_RET | BPF_K)) {
      answers.insert(at.k);
    } else if (at.code == (BPF_LD | BPF_W | BPF_ABS)) {
      if (at.k % 4 != 0 || at.k / 4 >= call.words.size()) return std::nullopt;
      go_on(0, call.words.at(at.k / 4));
    } else if (at.code == (BPF_ALU | BPF_AND | BPF_K)) {
      go_on(0, {place.a.known | ~at.k, place.a.bits & at.k});
    } else if (at.code == (BPF_JMP | BPF_JA)) {
      go_on(at.k, place.a);
    } else {
      const std::optional<Holds> holds = Compare(at, place.a);
      if (!holds) return std::nullopt;
      if (*holds != Holds::kNo) go_on(at.jt, place.a);
      if (*holds != Holds::kYes) go_on(at.jf, place.a);
    }
  }
  return std::vector<std::uint32_t>(answers.begin(), answers.end());
}

}  // namespace stockade::filters
