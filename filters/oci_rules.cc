// SPDX-License-Identifier: Apache-2.0
#include "filters/oci_rules.h"

#include <fmt/format.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

using base::Json;

// The largest default profile in use has some 30 entries and 500 names; ours, 300 and 500.
constexpr std::size_t kMaxEntries = 4096;
constexpr std::size_t kMaxRules = 32768;
constexpr std::size_t kMaxComparisons = 32;  // of one entry
constexpr std::size_t kMaxArchitectures = 32;
constexpr std::size_t kMaxNameLength = 64;
constexpr std::uint32_t kDefaultErrno = 1;  // EPERM, when an action says no errno
constexpr std::uint64_t kMaxErrno = 4095;   // what the kernel hands on

enum class Answer { kAllow, kRefuse };

// An action and the errno that goes with it, to tell whether a rule repeats the default.
struct Action {
  std::string_view name;
  Answer answer = Answer::kRefuse;
  std::uint32_t value = 0;  // SECCOMP_RET_*, with the errno

  bool operator==(const Action&) const = default;
};

// What has no certain meaning; caught in Read.
struct Unclear {
  std::string why;
};

const Json& Member(const Json& object, const char* key, const Json& otherwise) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? otherwise : *found;
}

bool IsCount(const Json& json) {
  return json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
}

Action ReadAction(const Json& object, const char* action_key, const char* errno_key) {
  static constexpr std::array<Action, 8> kActions{{
      {"SCMP_ACT_ALLOW", Answer::kAllow, SECCOMP_RET_ALLOW},
      {"SCMP_ACT_LOG", Answer::kAllow, SECCOMP_RET_LOG},
      {"SCMP_ACT_ERRNO", Answer::kRefuse, SECCOMP_RET_ERRNO},
      {"SCMP_ACT_KILL", Answer::kRefuse, SECCOMP_RET_KILL_THREAD},
      {"SCMP_ACT_KILL_THREAD", Answer::kRefuse, SECCOMP_RET_KILL_THREAD},
      {"SCMP_ACT_KILL_PROCESS", Answer::kRefuse, SECCOMP_RET_KILL_PROCESS},
      {"SCMP_ACT_TRAP", Answer::kRefuse, SECCOMP_RET_TRAP},
      {"SCMP_ACT_TRACE", Answer::kRefuse, SECCOMP_RET_TRACE},
  }};
  static const Json kNone;
  const Json& json = Member(object, action_key, kNone);
  if (!json.is_string()) throw Unclear{std::string("has no ") + action_key};
  const std::string& name = json.get_ref<const std::string&>();
  if (name == "SCMP_ACT_NOTIFY") throw Unclear{"asks for a notification listener"};
  for (Action action : kActions) {
    if (action.name != name) continue;
    if (name == "SCMP_ACT_ERRNO" || name == "SCMP_ACT_TRACE") {
      const Json& number = Member(object, errno_key, kNone);
      if (!number.is_null() && (!IsCount(number) || number.get<std::uint64_t>() > kMaxErrno)) {
        throw Unclear{fmt::format("has a {} that is no number up to {}", errno_key, kMaxErrno)};
      }
      action.value |= number.is_null() ? kDefaultErrno : number.get<std::uint32_t>();
    }
    return action;
  }
  throw Unclear{"names the unknown action \"" + name.substr(0, kMaxNameLength) + "\""};
}

std::uint64_t ReadNumber(const Json& object, const char* key) {
  static const Json kZero = 0U;
  const Json& json = Member(object, key, kZero);
  if (!IsCount(json)) throw Unclear{std::string("has a ") + key + " that is no number"};
  return json.get<std::uint64_t>();
}

Comparison ReadComparison(const Json& json) {
  static constexpr std::array<std::pair<std::string_view, CompareOp>, 7> kOps{{
      {"SCMP_CMP_NE", CompareOp::kNotEqual},
      {"SCMP_CMP_LT", CompareOp::kLess},
      {"SCMP_CMP_LE", CompareOp::kLessEqual},
      {"SCMP_CMP_EQ", CompareOp::kEqual},
      {"SCMP_CMP_GE", CompareOp::kGreaterEqual},
      {"SCMP_CMP_GT", CompareOp::kGreater},
      {"SCMP_CMP_MASKED_EQ", CompareOp::kMaskedEqual},
  }};
  static const Json kNone;
  if (!json.is_object()) throw Unclear{"has an argument rule that is no object"};
  const std::uint64_t index = ReadNumber(json, "index");
  if (index > 5) throw Unclear{"tests an argument beyond the sixth"};
  const Json& op = Member(json, "op", kNone);
  for (const auto& [name, known] : kOps) {
    if (op == name) {
      return {static_cast<unsigned>(index), known, ReadNumber(json, "value"),
              ReadNumber(json, "valueTwo")};
    }
  }
  throw Unclear{"has an unknown comparison"};
}

const Json& List(const Json& object, const char* key, std::size_t max_size) {
  static const Json kEmpty = Json::array();
  const Json& list = Member(object, key, kEmpty);
  if (!list.is_array() || list.size() > max_size) {
    throw Unclear{fmt::format("has {} that are no list of at most {}", key, max_size)};
  }
  return list;
}

// The conjunctions that an entry's `args` stand for.
std::vector<Comparisons> ReadComparisons(const Json& entry) {
  Comparisons all;
  std::array<int, 6> uses{};
  bool repeated = false;
  for (const Json& json : List(entry, "args", kMaxComparisons)) {
    all.push_back(ReadComparison(json));
    repeated = ++uses.at(all.back().index) > 1 || repeated;
  }
  if (!repeated) return {std::move(all)};
  std::vector<Comparisons> separate;
  for (const Comparison& comparison : all) separate.push_back({comparison});
  return separate;
}

}  // namespace

// Fills an OciRules.
class OciReader {
 public:
  explicit OciReader(const Json& seccomp) : seccomp_(seccomp) {
    if (!seccomp.is_object()) throw Unclear{"is no object"};
    default_action_ = ReadAction(seccomp, "defaultAction", "defaultErrnoRet");
    rules_.default_allows_ = default_action_.answer == Answer::kAllow;
    rules_.default_answer_ = default_action_.value;
  }

  OciRules Read() && {
    if (const auto listener = seccomp_.find("listenerPath");
        listener != seccomp_.end() && !listener->is_null() && *listener != "") {
      throw Unclear{"asks for a notification listener"};
    }
    for (const Json& architecture : List(seccomp_, "architectures", kMaxArchitectures)) {
      if (!architecture.is_string()) throw Unclear{"has an architecture that is no text"};
      rules_.architectures_.push_back(architecture);
    }
    for (const Json& entry : List(seccomp_, "syscalls", kMaxEntries)) ReadEntry(entry);
    std::ranges::stable_sort(rules_.rules_, {}, &OciRule::call);
    return std::move(rules_);
  }

 private:
  void ReadEntry(const Json& entry) {
    if (!entry.is_object()) throw Unclear{"has a rule that is no object"};
    const Action action = ReadAction(entry, "action", "errnoRet");
    const std::size_t first = rules_.conjunctions_.size();
    for (Comparisons& comparisons : ReadComparisons(entry)) {
      rules_.conjunctions_.push_back(std::move(comparisons));
    }
    const Json& names = List(entry, "names", kMaxRules);
    const auto single = entry.find("name");  // the form of old profiles
    if (names.empty() && single == entry.end()) throw Unclear{"has a rule that names no call"};
    for (const Json& name : names) ReadName(name, action, first);
    if (single != entry.end()) ReadName(*single, action, first);
  }

  // Adds the rules of one call: one for each conjunction from `first` on.
  void ReadName(const Json& json, const Action& action, std::size_t first) {
    if (!json.is_string()) throw Unclear{"has a name that is no text"};
    const std::string& name = json.get_ref<const std::string&>();
    const std::optional<int> number =
        name.size() > kMaxNameLength ? std::nullopt : SyscallNumber(name);
    if (!number) return;
    rules_.newest_call_ = std::max(rules_.newest_call_, *number);
    rules_.names_.push_back(name);
    if (action == default_action_) return;
    for (std::size_t i = first; i < rules_.conjunctions_.size(); ++i) {
      rules_.rules_.push_back(
          {*number, action.answer == Answer::kAllow, action.value, &rules_.conjunctions_[i], name});
    }
    if (rules_.rules_.size() > kMaxRules) throw Unclear{"has more rules than any real profile"};
  }

  const Json& seccomp_;
  Action default_action_;
  OciRules rules_;
};

std::span<const OciRule> OciRules::For(int call) const {
  // The subrange of std::ranges::equal_range is beyond the analyzer's compiler (clang 14).
  return {std::ranges::lower_bound(rules_, call, {}, &OciRule::call),
          std::ranges::upper_bound(rules_, call, {}, &OciRule::call)};
}

std::optional<OciRules> OciRules::Read(const Json& seccomp, std::string& why) {
  try {
    return OciReader(seccomp).Read();
  } catch (const Unclear& unclear) {
    why = unclear.why;
  } catch (const std::exception& error) {
    why = std::string("cannot be read: ") + error.what();
  }
  return std::nullopt;
}

}  // namespace stockade::filters
