// SPDX-License-Identifier: Apache-2.0
#include "filters/oci_oracle.h"

#include <algorithm>
#include <array>

#include "filters/newer_calls.h"

namespace stockade::filters {
namespace {

// Operations of the two i386 calls that stand for many.
struct Operation {
  std::string_view name;
  std::string_view call;
  std::uint64_t number;
};
constexpr std::array<Operation, 30> kOperations{{
    {"socket", "socketcall", 1},
    {"bind", "socketcall", 2},
    {"connect", "socketcall", 3},
    {"listen", "socketcall", 4},
    {"accept", "socketcall", 5},
    {"getsockname", "socketcall", 6},
    {"getpeername", "socketcall", 7},
    {"socketpair", "socketcall", 8},
    {"send", "socketcall", 9},
    {"recv", "socketcall", 10},
    {"sendto", "socketcall", 11},
    {"recvfrom", "socketcall", 12},
    {"shutdown", "socketcall", 13},
    {"setsockopt", "socketcall", 14},
    {"getsockopt", "socketcall", 15},
    {"sendmsg", "socketcall", 16},
    {"recvmsg", "socketcall", 17},
    {"accept4", "socketcall", 18},
    {"semop", "ipc", 1},
    {"semget", "ipc", 2},
    {"semctl", "ipc", 3},
    {"semtimedop", "ipc", 4},
    {"msgsnd", "ipc", 11},
    {"msgrcv", "ipc", 12},
    {"msgget", "ipc", 13},
    {"msgctl", "ipc", 14},
    {"shmat", "ipc", 21},
    {"shmdt", "ipc", 22},
    {"shmget", "ipc", 23},
    {"shmctl", "ipc", 24},
}};

bool Holds(const Comparison& comparison, const seccomp_data& call) {
  // libseccomp compares the lower half alone where pointers have 32 bits.
  const bool wide = AbiOf(call) == Abi::kNative;
  const std::uint64_t argument = call.args[comparison.index] & (wide ? ~0ULL : 0xffffffffULL);
  switch (comparison.op) {
    case CompareOp::kNotEqual:
      return argument != comparison.value;
    case CompareOp::kLess:
      return argument < comparison.value;
    case CompareOp::kLessEqual:
      return argument <= comparison.value;
    case CompareOp::kEqual:
      return argument == comparison.value;
    case CompareOp::kGreaterEqual:
      return argument >= comparison.value;
    case CompareOp::kGreater:
      return argument > comparison.value;
    case CompareOp::kMaskedEqual:
      return ((argument ^ comparison.value_two) & comparison.value) == 0;
  }
  return false;
}

void AddAnswer(std::uint32_t answer, std::vector<std::uint32_t>& answers) {
  if (std::ranges::find(answers, answer) == answers.end()) answers.push_back(answer);
}

}  // namespace

OciOracle::OciOracle(const OciRules& rules)
    : default_answer_(rules.default_answer()), default_allows_(rules.default_allows()) {
  Table& native = tables_[Abi::kNative];
  for (const OciRule& rule : rules.all()) {
    if (rule.call >= 0) native[rule.call].push_back({rule.answer, rule.comparisons});
  }
  for (const Abi abi : {Abi::kX86, Abi::kX32}) {
    const auto& open = rules.architectures();
    if (std::ranges::find(open, ArchitectureOf(abi)) == open.end()) continue;
    if (CallNumber(abi, "read")) AddCompat(rules, abi, tables_[abi]);
  }
  if (!AnswersNewerCalls(rules)) return;
  for (const auto& [abi, table] : tables_) {
    if (const int newest = NewestOf(rules, abi); newest != 0) newest_[abi] = newest;
  }
}

int OciOracle::NewestOf(const OciRules& rules, Abi abi) {
  int newest = 0;
  for (const std::string_view name : rules.names()) {
    const auto number = CallNumber(abi, name);
    if (!number || (abi != Abi::kNative && IsNewerCall(CallOf(abi, *number)))) continue;
    newest = std::max(newest, *number);
  }
  return newest;
}

void OciOracle::AddCompat(const OciRules& rules, Abi abi, Table& table) {
  for (const OciRule& rule : rules.all()) {
    if (const auto number = CallNumber(abi, rule.name)) {
      table[*number].push_back({rule.answer, rule.comparisons});
    }
    if (abi == Abi::kX86) AddMultiplexed(rule, table);
  }
}

void OciOracle::AddMultiplexed(const OciRule& rule, Table& table) {
  const auto operation = std::ranges::find(kOperations, rule.name, &Operation::name);
  if (operation == kOperations.end()) return;
  Comparisons& comparisons = rewritten_.emplace_back(*rule.comparisons);
  std::erase_if(comparisons, [](const Comparison& comparison) { return comparison.index == 0; });
  comparisons.push_back({0, CompareOp::kEqual, operation->number, 0});
  if (const auto number = CallNumber(Abi::kX86, operation->call)) {
    table[*number].push_back({rule.answer, &comparisons});
  }
}

std::span<const AppliedRule> OciOracle::RulesOf(Abi abi, int number) const {
  const auto table = tables_.find(abi);
  if (table == tables_.end()) return {};
  const auto found = table->second.find(number);
  return found == table->second.end() ? std::span<const AppliedRule>() : found->second;
}

bool OciOracle::Applies(const AppliedRule& rule, const seccomp_data& call) {
  return std::ranges::all_of(*rule.comparisons,
                             [&](const Comparison& each) { return Holds(each, call); });
}

bool OciOracle::IsNewer(const seccomp_data& call) const {
  const auto newest = newest_.find(AbiOf(call));
  if (newest == newest_.end()) return false;
#if defined(__x86_64__)
  // -1 is no call; it has x32's bit, and is left to the filter unless x32 is open.
  if (call.nr == -1 && newest->first == Abi::kNative) return newest_.contains(Abi::kX32);
#endif
  return static_cast<std::uint32_t>(call.nr) > static_cast<std::uint32_t>(newest->second);
}

OciVerdict OciOracle::Of(const seccomp_data& call) const {
  const Abi abi = AbiOf(call);
  if (!Opens(abi)) return {{SECCOMP_RET_KILL_THREAD}, false};
  if (IsNewer(call)) return {{NoSuchCall()}, false};
  OciVerdict whole{{}, true};
  OciVerdict parts{{}, true};
  for (const AppliedRule& rule : RulesOf(abi, call.nr)) {
    if (rule.comparisons->empty()) {
      AddAnswer(rule.answer, whole.answers);
    } else if (Applies(rule, call)) {
      AddAnswer(rule.answer, parts.answers);
    }
  }
  OciVerdict verdict = !whole.answers.empty() ? whole : parts;
  if (verdict.answers.empty()) return {{default_answer_}, false};
  // Without a rule there, see IsNewerCall; harmless where the default refuses.
  const bool perhaps_lost = abi != Abi::kNative && IsNewerCall(call);
  if (perhaps_lost && !default_allows_) AddAnswer(default_answer_, verdict.answers);
  return verdict;
}

}  // namespace stockade::filters
