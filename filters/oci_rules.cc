// SPDX-License-Identifier: Apache-2.0
#include "filters/oci_rules.h"

#include <array>
#include <string_view>
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
constexpr std::int64_t kDefaultErrno = 1;  // EPERM, when an action says no errno

enum class Answer { kAllow, kRefuse };

// An action and the errno that goes with it, to tell whether a rule repeats the default.
struct Action {
  std::string_view name;
  Answer answer = Answer::kRefuse;
  std::int64_t error_number = 0;

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
  static constexpr std::array<std::pair<std::string_view, Answer>, 8> kActions{{
      {"SCMP_ACT_ALLOW", Answer::kAllow},
      {"SCMP_ACT_LOG", Answer::kAllow},
      {"SCMP_ACT_ERRNO", Answer::kRefuse},
      {"SCMP_ACT_KILL", Answer::kRefuse},
      {"SCMP_ACT_KILL_THREAD", Answer::kRefuse},
      {"SCMP_ACT_KILL_PROCESS", Answer::kRefuse},
      {"SCMP_ACT_TRAP", Answer::kRefuse},
      {"SCMP_ACT_TRACE", Answer::kRefuse},
  }};
  static const Json kNone;
  const Json& json = Member(object, action_key, kNone);
  if (!json.is_string()) throw Unclear{std::string("has no ") + action_key};
  const std::string& name = json.get_ref<const std::string&>();
  if (name == "SCMP_ACT_NOTIFY") throw Unclear{"asks for a notification listener"};
  for (const auto& [known, answer] : kActions) {
    if (known != name) continue;
    Action action{known, answer, 0};
    if (known == "SCMP_ACT_ERRNO" || known == "SCMP_ACT_TRACE") {
      const Json& number = Member(object, errno_key, kNone);
      if (!number.is_null() && !IsCount(number)) {
        throw Unclear{std::string("has a ") + errno_key + " that is no number"};
      }
      action.error_number = number.is_null() ? kDefaultErrno : number.get<std::int64_t>();
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

// The conjunctions that an entry's `args` stand for.
std::vector<std::vector<Comparison>> ReadComparisons(const Json& entry) {
  static const Json kEmpty = Json::array();
  const Json& args = Member(entry, "args", kEmpty);
  if (!args.is_array() || args.size() > kMaxComparisons) {
    throw Unclear{"has args that are no short list"};
  }
  std::vector<Comparison> all;
  std::array<int, 6> uses{};
  bool repeated = false;
  for (const Json& json : args) {
    all.push_back(ReadComparison(json));
    repeated = ++uses.at(all.back().index) > 1 || repeated;
  }
  if (!repeated) return {std::move(all)};
  std::vector<std::vector<Comparison>> separate;
  for (const Comparison& comparison : all) separate.push_back({comparison});
  return separate;
}

// `names`, or the single `name` of old profiles.
std::vector<std::string> ReadNames(const Json& entry) {
  static const Json kEmpty = Json::array();
  std::vector<std::string> names;
  const Json& list = Member(entry, "names", kEmpty);
  if (!list.is_array()) throw Unclear{"has names that are no list"};
  const auto add = [&](const Json& name) {
    if (!name.is_string()) throw Unclear{"has a name that is no text"};
    if (name.get_ref<const std::string&>().size() <= kMaxNameLength) names.push_back(name);
  };
  for (const Json& name : list) add(name);
  if (const auto single = entry.find("name"); single != entry.end()) add(*single);
  if (names.empty()) throw Unclear{"has a rule that names no call"};
  return names;
}

void ReadEntry(const Json& entry, const Action& default_action, std::size_t& budget,
               OciRules& rules) {
  if (!entry.is_object()) throw Unclear{"has a rule that is no object"};
  const Action action = ReadAction(entry, "action", "errnoRet");
  const auto conjunctions = ReadComparisons(entry);
  for (const std::string& name : ReadNames(entry)) {
    if (budget < conjunctions.size()) throw Unclear{"has more rules than any real profile"};
    budget -= conjunctions.size();
    const std::optional<int> number = SyscallNumber(name);
    if (!number) continue;
    CallRules& call = rules.by_call[*number];
    if (call.name.empty()) call.name = name;
    if (action == default_action) continue;
    for (const auto& conjunction : conjunctions) {
      call.rules.push_back({action.answer == Answer::kAllow, conjunction});
    }
  }
}

OciRules ReadObject(const Json& seccomp) {
  static const Json kEmpty = Json::array();
  if (!seccomp.is_object()) throw Unclear{"is no object"};
  if (const auto listener = seccomp.find("listenerPath");
      listener != seccomp.end() && !listener->is_null() && *listener != "") {
    throw Unclear{"asks for a notification listener"};
  }
  OciRules rules;
  const Action default_action = ReadAction(seccomp, "defaultAction", "defaultErrnoRet");
  rules.default_allows = default_action.answer == Answer::kAllow;
  const Json& architectures = Member(seccomp, "architectures", kEmpty);
  if (!architectures.is_array() || architectures.size() > kMaxArchitectures) {
    throw Unclear{"has architectures that are no short list"};
  }
  for (const Json& architecture : architectures) {
    if (!architecture.is_string()) throw Unclear{"has an architecture that is no text"};
    rules.architectures.push_back(architecture);
  }
  const Json& entries = Member(seccomp, "syscalls", kEmpty);
  if (!entries.is_array() || entries.size() > kMaxEntries) {
    throw Unclear{"has more rules than any real profile"};
  }
  std::size_t budget = kMaxRules;
  for (const Json& entry : entries) ReadEntry(entry, default_action, budget, rules);
  return rules;
}

}  // namespace

std::optional<OciRules> OciRules::Read(const Json& seccomp, std::string& why) {
  try {
    return ReadObject(seccomp);
  } catch (const Unclear& unclear) {
    why = unclear.why;
  } catch (const std::exception& error) {
    why = std::string("cannot be read: ") + error.what();
  }
  return std::nullopt;
}

}  // namespace stockade::filters
