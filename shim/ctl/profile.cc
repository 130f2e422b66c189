// SPDX-License-Identifier: Apache-2.0
// `profile show`, `compile`, `evaluate` and `diff`, and `explain --syscall`.
#include <fcntl.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>

#include "config/base/fd.h"
#include "config/base/file.h"
#include "config/class_loader.h"
#include "filters/answer_text.h"
#include "filters/floor.h"
#include "filters/oci_rules.h"
#include "shim/ctl/bpf_text.h"
#include "shim/ctl/call_text.h"
#include "shim/ctl/call_view.h"
#include "shim/ctl/filter_diff.h"

namespace stockade::ctl {
namespace {

using base::ErrorKind;
using base::Json;

constexpr std::size_t kShownArguments = 6;  // of one group

// The classes of this node whose own filter, for all that they give, lets the call through.
std::vector<std::string> OpeningClasses(const seccomp_data& call, const Request& request) {
  const config::ClassSources sources{request.node.class_directories};
  const auto names = config::ListClasses(sources);
  std::vector<std::string> opening;
  for (const std::string& name : names.value_or(std::vector<std::string>{})) {
    const auto policy = config::LoadClass(name, sources);
    if (!policy || policy->seccomp.mode == config::Mode::kOff) continue;
    const filters::Profile* const profile = filters::FindProfile(policy->seccomp.profile);
    if (profile == nullptr) continue;
    const filters::ProfileOracle oracle(*profile, policy->capabilities.ceiling,
                                        policy->seccomp.compat_architectures);
    if (oracle.Of(call).Allows()) opening.push_back(name);
  }
  return opening;
}

base::Result<Outcome> ShowCallOf(const FilterSource& source, const Request& request) {
  STOCKADE_ASSIGN(const seccomp_data call, ParseCall(request.Value("syscall")));
  return ShowCall(source, call, OpeningClasses(call, request));
}

// "open", "ERRNO ENOSYS", "ERRNO EPERM, open with CAP_SYS_ADMIN".
std::string StateOf(const filters::CallGroup& group) {
  if (group.open == filters::Open::kAlways) return "open";
  std::string closed =
      filters::AnswerText(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(group.error_number));
  if (group.open == filters::Open::kNever) return closed;
  return fmt::format("{}, open with {}", closed, fmt::join(group.capabilities, " or "));
}

// The arguments that the group is about, one text for each set of comparisons.
std::vector<std::string> ArgumentsOf(const filters::CallGroup& group) {
  std::vector<std::string> texts;
  for (const std::span<const filters::BitMatch> conjunction : group.when) {
    filters::Comparisons comparisons;
    for (const filters::BitMatch& match : conjunction) {
      comparisons.push_back(
          {match.index, filters::CompareOp::kMaskedEqual, match.mask, match.value});
    }
    texts.push_back(filters::ComparisonsText(comparisons));
  }
  return texts;
}

base::Status WriteProgram(const std::string& path, const filters::Program& program) {
  const base::UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return base::FailErrno(ErrorKind::kHost, errno, path);
  return base::WriteAll(
      file.get(),
      {reinterpret_cast<const char*>(program.data()), program.size() * sizeof(sock_filter)}, path);
}

}  // namespace

base::Result<Outcome> ExplainCall(const Request& request) {
  if (!request.Has("class")) {
    return base::FailHint(ErrorKind::kUsage,
                          "stockadectl profile evaluate asks a profile or a file",
                          "explain --syscall needs --class");
  }
  STOCKADE_ASSIGN(const config::ClassPolicy policy,
                  config::LoadClass(request.Value("class"), {request.node.class_directories}));
  STOCKADE_ASSIGN(const FilterSource source, FilterOfClass(policy, request));
  return ShowCallOf(source, request);
}

base::Result<Outcome> ProfileEvaluate(const Request& request) {
  if (!request.Has("syscall")) {
    return base::FailHint(ErrorKind::kUsage, "--syscall 'socket(AF_INET, SOCK_STREAM, 0)'",
                          "profile evaluate needs --syscall");
  }
  STOCKADE_ASSIGN(const FilterSource source, FindFilter(request.operands.front(), request));
  return ShowCallOf(source, request);
}

base::Result<Outcome> ProfileDiff(const Request& request) {
  STOCKADE_ASSIGN(const FilterSource left, FindFilter(request.operands.at(0), request));
  STOCKADE_ASSIGN(const FilterSource right, FindFilter(request.operands.at(1), request));
  return ShowDiff(left, right, DiffFilters(left, right));
}

base::Result<Outcome> ProfileCompile(const Request& request) {
  STOCKADE_ASSIGN(const FilterSource source, FindFilter(request.operands.front(), request));
  const std::vector<std::string> lines = BpfText(source.program);
  Outcome outcome;
  outcome.json["filter"] = source.title;
  outcome.json["capabilities"] = Json(source.remaining);
  outcome.json["seccomp"] = source.seccomp;
  outcome.json["instructions"] = Json(lines);
  if (request.Has("output")) {
    STOCKADE_TRY(WriteProgram(request.Value("output"), source.program));
    outcome.page.Line(fmt::format("{}: {} instructions in {}", source.title, lines.size(),
                                  request.Value("output")));
    return outcome;
  }
  outcome.page.Line(fmt::format("{}: {} instructions", source.title, lines.size()), Tone::kStrong);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    outcome.page.Line(fmt::format("{:4} {}", i, lines[i]));
  }
  return outcome;
}

base::Result<Outcome> ProfileShow(const Request& request) {
  const filters::Profile* const profile = filters::FindProfile(request.operands.front());
  if (profile == nullptr) {
    return base::FailHint(ErrorKind::kUsage,
                          fmt::format("one of: {}", fmt::join(filters::FloorProfiles(), ", ")),
                          "there is no profile \"{}\"", request.operands.front());
  }
  const std::string otherwise = filters::AnswerText(
      SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(profile->default_error_number));
  Outcome outcome;
  outcome.json["profile"] = profile->name;
  outcome.json["default"] = otherwise;
  Json& groups = outcome.json["groups"] = Json::array();
  outcome.page.Line(
      fmt::format("profile {}: {} for what no group decides", profile->name, otherwise),
      Tone::kStrong);
  for (const filters::CallGroup& group : profile->groups) {
    Json row;
    row["id"] = group.id;
    row["state"] = StateOf(group);
    row["reason"] = group.reason;
    row["fallback"] = group.fallback;
    row["capabilities"] =
        Json(std::vector<std::string>(group.capabilities.begin(), group.capabilities.end()));
    row["calls"] = Json(std::vector<std::string>(group.calls.begin(), group.calls.end()));
    const std::vector<std::string> when = ArgumentsOf(group);
    row["when"] = Json(when);
    groups.push_back(std::move(row));
    outcome.page.Heading(fmt::format("{}: {}", group.id, StateOf(group)));
    outcome.page.Line(std::string(group.reason), Tone::kPlain, 2);
    if (!group.fallback.empty()) {
      outcome.page.Line(fmt::format("software then: {}", group.fallback), Tone::kPlain, 2);
    }
    outcome.page.Line(fmt::format("{}", fmt::join(group.calls, " ")), Tone::kPlain, 2);
    for (std::size_t i = 0; i < std::min(when.size(), kShownArguments); ++i) {
      outcome.page.Line((i == 0 ? "if " : "or ") + when[i], Tone::kPlain, 4);
    }
    if (when.size() > kShownArguments) {
      outcome.page.Line(fmt::format("or {} more, see --json", when.size() - kShownArguments),
                        Tone::kPlain, 4);
    }
  }
  return outcome;
}

}  // namespace stockade::ctl
