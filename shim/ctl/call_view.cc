// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/call_view.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "filters/answer_text.h"
#include "filters/oci_oracle.h"

namespace stockade::ctl {
namespace {

using base::Json;
using filters::Verdict;

bool IsAllowed(std::uint32_t answer) {
  const std::uint32_t action = answer & SECCOMP_RET_ACTION_FULL;
  return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

// Why the call got its answer, in rows, and the same as members of `json`.
void AddProfileReason(const FilterSource& source, const Verdict& verdict, Table& table,
                      Json& json) {
  if (verdict.group == nullptr) {
    table.rows.push_back({"rule", verdict.opened_by_architecture.empty()
                                      ? "no rule names the call: the profile's default"
                                      : "the profile does not open this interface"});
    return;
  }
  const filters::CallGroup& group = *verdict.group;
  json["group"] = group.id;
  json["reason"] = group.reason;
  table.rows.push_back({"rule", fmt::format("{} of profile {}", group.id, source.profile->name)});
  table.rows.push_back({"reason", group.reason});
  if (verdict.Allows()) {
    if (group.open == filters::Open::kCapability) {
      json["while"] =
          Json(std::vector<std::string>(group.capabilities.begin(), group.capabilities.end()));
      table.rows.push_back(
          {"only while", fmt::format("{} remains", fmt::join(group.capabilities, " or "))});
    }
    return;
  }
  json["fallback"] = group.fallback;
  table.rows.push_back({"software then", group.fallback});
}

// What would open a refused call.
void AddWaysOpen(const Verdict& verdict, const std::vector<std::string>& classes, Table& table,
                 Json& json) {
  Json& opened = json["openedBy"];
  opened["capabilities"] = Json(std::vector<std::string>(verdict.opened_by_capability.begin(),
                                                         verdict.opened_by_capability.end()));
  opened["architecture"] = verdict.opened_by_architecture;
  opened["classes"] = Json(classes);
  std::vector<std::string> ways;
  if (!verdict.opened_by_capability.empty()) {
    ways.push_back(fmt::format("{} in the class's /capabilities/ceiling, and asked for by the pod",
                               fmt::join(verdict.opened_by_capability, " or ")));
  }
  if (!verdict.opened_by_architecture.empty()) {
    ways.push_back(fmt::format("{} in the class's /seccomp/compatArchitectures",
                               verdict.opened_by_architecture));
  }
  if (!classes.empty()) ways.push_back(fmt::format("class {}", fmt::join(classes, ", ")));
  if (ways.empty()) ways.emplace_back("no class of this node");
  for (const std::string& way : ways) {
    table.rows.push_back({&way == &ways.front() ? "opened by" : "", way});
  }
  table.rows.push_back({"", "no annotation: a pod can only tighten its class"});
}

void AddOciReason(const FilterSource& source, const seccomp_data& call, Table& table, Json& json) {
  std::string why;
  const auto rules = filters::OciRules::Read(source.seccomp, why);
  if (!rules) return;
  const filters::OciOracle oracle(*rules);
  Json& applied = json["rules"] = Json::array();
  for (const filters::AppliedRule& rule : oracle.RulesOf(filters::AbiOf(call), call.nr)) {
    if (!filters::OciOracle::Applies(rule, call)) continue;
    const std::string text = fmt::format("{} for {}", filters::AnswerText(rule.answer),
                                         filters::ComparisonsText(*rule.comparisons));
    applied.push_back(text);
    table.rows.push_back({"rule", text});
  }
  if (oracle.IsNewer(call)) {
    table.rows.push_back({"rule", "none: the call is newer than all that the profile names"});
  } else if (applied.empty()) {
    table.rows.push_back({"rule", "none applies: the profile's default"});
  }
}

}  // namespace

base::Result<Outcome> ShowCall(const FilterSource& source, const seccomp_data& call,
                               const std::vector<std::string>& opening_classes) {
  const std::uint32_t answer = filters::Evaluate(source.program, call).value_or(0);
  const bool allowed = IsAllowed(answer);
  Outcome outcome;
  outcome.ok = allowed;
  const std::string text = filters::CallText(call);
  const std::string answer_text = filters::AnswerText(answer);
  outcome.json["filter"] = source.title;
  outcome.json["call"] = text;
  outcome.json["number"] = call.nr;
  outcome.json["allowed"] = allowed;
  outcome.json["answer"] = answer_text;
  if ((answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO) {
    outcome.json["errno"] = answer & SECCOMP_RET_DATA;
  }
  Page& page = outcome.page;
  page.Line(fmt::format("{} under {}: {}", text, source.title, answer_text),
            allowed ? Tone::kGood : Tone::kBad);
  Table table;
  if (source.profile == nullptr) {
    AddOciReason(source, call, table, outcome.json);
  } else {
    const Verdict verdict = source.Oracle().Of(call);
    if (verdict.answer != answer && (filters::AbiOf(call) == filters::Abi::kNative || allowed)) {
      return base::Fail(base::ErrorKind::kInternal,
                        "{}: the filter answers {} to {}, the profile {}", source.title,
                        answer_text, text, filters::AnswerText(verdict.answer));
    }
    AddProfileReason(source, verdict, table, outcome.json);
    if (!allowed) AddWaysOpen(verdict, opening_classes, table, outcome.json);
    outcome.json["capabilities"] = Json(source.remaining);
    table.rows.push_back(
        {"for", source.remaining.empty()
                    ? "a container without capabilities"
                    : fmt::format("a container with {}", fmt::join(source.remaining, ", "))});
  }
  page.Add(std::move(table));
  return outcome;
}

}  // namespace stockade::ctl
