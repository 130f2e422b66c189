// SPDX-License-Identifier: Apache-2.0
#include "filters/argument_program.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <map>
#include <optional>

namespace stockade::filters {
namespace {

constexpr std::uint32_t kWhole = 0xffffffff;
constexpr std::size_t kMaxJump = 255;
// Every pair of a call's rules is compared.
constexpr std::size_t kMaxRules = 256;

// `args[index] & mask == value`, with value within mask.
struct Test {
  unsigned index = 0;
  std::uint32_t mask = 0;
  std::uint32_t value = 0;
};

// A rule: all tests hold, then the answer. No argument is tested twice (OciRules).
struct Case {
  std::vector<Test> tests;
  std::uint32_t answer = 0;
};

std::optional<Case> CaseOf(const OciRule& rule) {
  Case result{{}, rule.answer};
  for (const Comparison& each : *rule.comparisons) {
    if (each.op != CompareOp::kMaskedEqual || each.value > kWhole || each.value == 0 ||
        (each.value_two & ~each.value) != 0) {
      return std::nullopt;
    }
    result.tests.push_back({each.index, static_cast<std::uint32_t>(each.value),
                            static_cast<std::uint32_t>(each.value_two)});
  }
  if (result.tests.empty()) return std::nullopt;
  return result;
}

// True if no arguments satisfy both.
bool Disjoint(const Case& a, const Case& b) {
  for (const Test& x : a.tests) {
    for (const Test& y : b.tests) {
      if (x.index == y.index && ((x.value ^ y.value) & x.mask & y.mask) != 0) return true;
    }
  }
  return false;
}

// The cases of one call; nothing if they are not what this file is for.
std::optional<std::vector<Case>> CasesOf(std::span<const OciRule> rules) {
  if (rules.size() > kMaxRules) return std::nullopt;
  std::vector<Case> cases;
  for (const OciRule& rule : rules) {
    auto next = CaseOf(rule);
    if (!next) return std::nullopt;
    for (const Case& other : cases) {
      if (other.answer != next->answer && !Disjoint(other, *next)) return std::nullopt;
    }
    cases.push_back(*std::move(next));
  }
  return cases;
}

// True if every call falls into one of `cases`: they are disjoint, and their shares of all
// arguments, each 1/2^(bits that it tests), sum up to 1.
bool IsTotal(const std::vector<Case>& cases) {
  constexpr std::size_t kBits = 6 * 32;
  std::array<std::size_t, kBits + 1> shares{};
  for (const Case& each : cases) {
    int bits = 0;
    for (const Test& test : each.tests) bits += std::popcount(test.mask);
    ++shares.at(static_cast<std::size_t>(bits));
    for (const Case& other : cases) {
      if (&other != &each && !Disjoint(other, each)) return false;
    }
  }
  for (std::size_t bits = kBits; bits > 0; --bits) {
    if (shares.at(bits) % 2 != 0) return false;
    shares.at(bits - 1) += shares.at(bits) / 2;
  }
  return shares.front() == 1;
}

// The answer that needs no test: the default, or where the cases leave nothing to it, the answer of
// most of them, in a draw the most lenient: it is the one that is fast then.
std::uint32_t OtherwiseOf(const std::vector<Case>& cases, std::uint32_t default_answer) {
  if (!IsTotal(cases)) return default_answer;
  std::map<std::uint32_t, int> uses;
  for (const Case& each : cases) ++uses[each.answer];
  return std::ranges::max_element(uses, {},
                                  [](const auto& use) { return std::pair(use.second, use.first); })
      ->first;
}

sock_filter Jump(unsigned code, std::uint32_t value, std::size_t yes, std::size_t no) {
  return BPF_JUMP(static_cast<unsigned short>(BPF_JMP | BPF_K | code), value,
                  static_cast<std::uint8_t>(yes), static_cast<std::uint8_t>(no));
}

// Appends the decision over `cases`, each of which goes on with the next where it does not hold.
void AppendCases(const std::vector<Case>& cases, std::uint32_t otherwise, Program& code) {
  constexpr unsigned kNone = 6;
  unsigned loaded = kNone;  // the argument whose lower half the accumulator surely holds
  for (const Case& each : cases) {
    if (each.answer == otherwise) continue;
    std::vector<std::size_t> jumps;  // those that leave the case
    const unsigned first = each.tests.front().index;
    bool whole = true;  // the accumulator holds an argument unmasked, whichever way is taken
    for (const Test& test : each.tests) {
      if (loaded != test.index) {
        code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                                           8 * std::size_t{test.index})));
        loaded = test.index;
      }
      const bool one_bit = std::has_single_bit(test.mask) && test.value == test.mask;
      if (test.mask != kWhole && !one_bit) {
        code.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, test.mask));
        loaded = kNone;
        whole = false;
      }
      jumps.push_back(code.size());
      code.push_back(Jump(one_bit ? BPF_JSET : BPF_JEQ, test.value, 0, 0));
    }
    code.push_back(BPF_STMT(BPF_RET | BPF_K, each.answer));
    for (const std::size_t at : jumps) {
      code[at].jf = static_cast<std::uint8_t>(code.size() - at - 1);
    }
    loaded = whole && each.tests.size() == 1 ? first : kNone;
  }
  code.push_back(BPF_STMT(BPF_RET | BPF_K, otherwise));
}

}  // namespace

ArgumentProgram CompileArguments(const OciRules& rules) {
  ArgumentProgram result;
  Program& code = result.code;
  code = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      Jump(BPF_JEQ, NativeAudit(), 1, 0),
      BPF_STMT(BPF_JMP | BPF_JA, 0),  // to the end, for another architecture
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  const std::size_t to_end = 2;
  for (auto rule = rules.all().begin(); rule != rules.all().end();) {
    const int call = rule->call;
    const std::span<const OciRule> of_call = rules.For(call);
    rule += static_cast<std::ptrdiff_t>(of_call.size());
    const auto cases = call < 0 ? std::nullopt : CasesOf(of_call);
    if (!cases) continue;
    Program section;
    AppendCases(*cases, OtherwiseOf(*cases, rules.default_answer()), section);
    if (section.size() > kMaxJump) continue;
    code.push_back(Jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, section.size()));
    code.insert(code.end(), section.begin(), section.end());
    result.calls.insert(call);
  }
  code[to_end].k = static_cast<std::uint32_t>(code.size() - to_end - 1);
  if (result.calls.empty()) code.clear();
  return result;
}

}  // namespace stockade::filters
