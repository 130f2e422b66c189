// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/filter_diff.h"

#include <algorithm>

#include "filters/answer_text.h"
#include "filters/call_samples.h"
#include "filters/oci_oracle.h"

namespace stockade::ctl {
namespace {

using filters::Abi;
using filters::Arguments;

constexpr int kNumbers = 512;
constexpr std::size_t kSamples = 2000;

std::string NameOf(seccomp_data call) {
  std::ranges::fill(call.args, 0);
  std::string text = filters::CallText(call);
  text.erase(text.find("()"), 2);
  return text;
}

// Adds the differences between the answers to `call` with all of `samples`.
void Compare(const FilterSource& left, const FilterSource& right, seccomp_data call,
             const std::vector<Arguments>& samples, std::vector<CallDifference>& out) {
  const std::size_t first = out.size();
  std::vector<std::size_t> counts;
  for (const Arguments& args : samples) {
    for (std::size_t i = 0; i < args.size(); ++i) {
      call.args[i] = filters::AbiOf(call) == Abi::kX86 ? args.at(i) & 0xffffffff : args.at(i);
    }
    const std::uint32_t one = filters::Evaluate(left.program, call).value_or(0);
    const std::uint32_t other = filters::Evaluate(right.program, call).value_or(0);
    if (one == other) continue;
    std::size_t at = first;
    while (at < out.size() && (out[at].left != one || out[at].right != other)) ++at;
    if (at == out.size()) {
      out.push_back({NameOf(call), one, other, call, false});
      counts.push_back(0);
    }
    ++counts[at - first];
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    out[first + i].always = counts[i] == samples.size();
  }
}

}  // namespace

std::vector<CallDifference> DiffFilters(const FilterSource& left, const FilterSource& right) {
  std::string why;
  const auto left_rules = filters::OciRules::Read(left.seccomp, why);
  const auto right_rules = filters::OciRules::Read(right.seccomp, why);
  if (!left_rules || !right_rules) return {};  // neither would be a source
  const filters::OciOracle one(*left_rules);
  const filters::OciOracle other(*right_rules);
  std::vector<CallDifference> differences;
  for (const Abi abi : {Abi::kNative, Abi::kX86, Abi::kX32}) {
    if (!one.Opens(abi) && !other.Opens(abi)) continue;
    for (int index = 0; index < kNumbers; ++index) {
      const int number = abi == Abi::kX32 ? 0x40000000 | index : index;
      std::vector<filters::Comparisons> rules;
      for (const filters::OciOracle* const side : {&one, &other}) {
        for (const filters::AppliedRule& rule : side->RulesOf(abi, number)) {
          rules.push_back(*rule.comparisons);
        }
      }
      Compare(left, right, filters::CallOf(abi, number), filters::Samples(rules, kSamples),
              differences);
    }
  }
  return differences;
}

Outcome ShowDiff(const FilterSource& left, const FilterSource& right,
                 const std::vector<CallDifference>& differences) {
  Outcome outcome;
  outcome.ok = differences.empty();
  outcome.json["left"] = left.title;
  outcome.json["right"] = right.title;
  base::Json& list = outcome.json["differences"] = base::Json::array();
  Table table{{"call", left.title, right.title, "for"}, {}};
  for (const CallDifference& each : differences) {
    const std::string one = filters::AnswerText(each.left);
    const std::string other = filters::AnswerText(each.right);
    const std::string example = filters::CallText(each.example);
    base::Json row;
    row["call"] = each.call;
    row["left"] = one;
    row["right"] = other;
    row["always"] = each.always;
    row["example"] = example;
    list.push_back(std::move(row));
    table.rows.push_back({each.call, one, other, each.always ? "any arguments" : example});
  }
  if (differences.empty()) {
    outcome.page.Line(fmt::format("{} and {} answer alike", left.title, right.title), Tone::kGood);
  } else {
    outcome.page.Add(std::move(table));
  }
  return outcome;
}

}  // namespace stockade::ctl
