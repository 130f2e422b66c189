// SPDX-License-Identifier: Apache-2.0
#include "filters/pod_profile.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "filters/oci_rules.h"
#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

// The highest number that the oldest default we meet names: process_mrelease, of Linux 5.15.
constexpr int kOldestDefaultKnows = 448;
// Looks at a rule that one decision may cost in all, some 20 ms; real profiles need a few thousand.
constexpr long kMaxLooks = 2'000'000;
// The highest value of an argument that the kernel reads as 32 bits.
constexpr std::uint64_t kHalf = 0xffffffff;

using Arguments = std::array<ValueRange, 6>;

enum class Answer { kAllowed, kRefused, kUnproved };

struct Standing {
  Truth holds = Truth::kAlways;
  const Comparison* open = nullptr;  // a comparison that is undecided, if holds is kSometimes
};

Standing Stand(const OciRule& rule, const Arguments& arguments) {
  Standing standing;
  for (const Comparison& comparison : *rule.comparisons) {
    const Truth truth = Compare(arguments.at(comparison.index), comparison);
    if (truth == Truth::kNever) return {Truth::kNever, nullptr};
    if (truth == Truth::kSometimes) standing = {truth, &comparison};
  }
  return standing;
}

// What `rules` say of every call whose arguments are within `arguments`. Where an allowing and a
// refusing rule meet, the refusal counts: it is what the profile's author wrote down.
Answer Decide(std::span<const OciRule> rules, bool default_allows, const Arguments& arguments,
              long& looks) {
  const Comparison* cut = nullptr;
  bool refusal_open = false;
  bool allowed = default_allows;
  looks -= static_cast<long>(rules.size()) + 1;
  if (looks < 0) return Answer::kUnproved;
  for (const OciRule& rule : rules) {
    const Standing standing = Stand(rule, arguments);
    if (standing.holds == Truth::kNever) continue;
    if (standing.holds == Truth::kAlways) {
      if (!rule.allows) return Answer::kRefused;
      allowed = true;
      continue;
    }
    refusal_open = refusal_open || !rule.allows;
    if (cut == nullptr || !rule.allows) cut = standing.open;
  }
  if (allowed && !refusal_open) return Answer::kAllowed;
  if (cut == nullptr) return Answer::kRefused;
  for (const ValueRange& part : Cut(arguments.at(cut->index), *cut)) {
    Arguments narrower = arguments;
    narrower.at(cut->index) = part;
    const Answer answer = Decide(rules, default_allows, narrower, looks);
    if (answer != Answer::kAllowed) return answer;
  }
  return Answer::kAllowed;
}

// The arguments that a rule of the floor lets through. An argument that the floor tests is one that
// the kernel reads as 32 bits: the upper half is never looked at, so its canonical value is zero,
// and what another profile says of other upper halves is about calls that do not differ.
Arguments ArgumentsOf(const OciRule& floor_rule) {
  Arguments arguments;
  for (const Comparison& comparison : *floor_rule.comparisons) {
    ValueRange& range = arguments.at(comparison.index);
    range.mask |= comparison.value | ~kHalf;
    range.bits |= comparison.value_two & comparison.value & kHalf;
    range.Tighten();
  }
  return arguments;
}

const char* ReasonOf(Answer answer, const OciRule& floor_rule) {
  if (answer == Answer::kUnproved) {
    return "has more argument rules in the pod's own profile than can be proved";
  }
  return floor_rule.comparisons->empty() ? "is refused by the pod's own profile"
                                         : "is refused by the pod's own profile for some arguments";
}

bool Contains(const std::vector<std::string>& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

}  // namespace

std::optional<RefusedCall> FirstCallLost(const base::Json& pod_profile, const base::Json& floor) {
  std::string why;
  const std::optional<OciRules> pod = OciRules::Read(pod_profile, why);
  if (!pod) return RefusedCall{"", why};
  const std::optional<OciRules> ours = OciRules::Read(floor, why);
  if (!ours) return RefusedCall{"", "cannot be compared, for the floor " + why};

  // A delegate always opens the native architecture, and only those others that a profile names.
  for (const std::string& architecture : ours->architectures()) {
    if (architecture != NativeArchitecture() && !Contains(pod->architectures(), architecture)) {
      return RefusedCall{"", "does not open " + architecture};
    }
  }
  const int newest_known = std::max(pod->newest_call(), kOldestDefaultKnows);
  long looks = kMaxLooks;
  for (const OciRule& rule : ours->all()) {
    if (!rule.allows || rule.call > newest_known) continue;
    const Answer answer =
        Decide(pod->For(rule.call), pod->default_allows(), ArgumentsOf(rule), looks);
    if (answer != Answer::kAllowed) {
      return RefusedCall{std::string(rule.name), ReasonOf(answer, rule)};
    }
  }
  return std::nullopt;
}

}  // namespace stockade::filters
