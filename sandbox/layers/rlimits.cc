// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"
#include "sandbox/limit_names.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;
using base::Status;

constexpr const char* kWhy = "resource limits stay within the class's bounds";

// Brings one entry of the spec within the bound; `seen` collects the names.
Status Clamp(const LayerInput& in, SpecEditor& edit, const std::string& pointer,
             std::set<std::string>& seen) {
  STOCKADE_ASSIGN(const auto type, TextAt(edit.Root(), pointer + "/type"));
  if (!type || !LimitNumber(*type)) {
    return base::FailHint(ErrorKind::kSpec, "limits are called RLIMIT_NOFILE, RLIMIT_NPROC, ...",
                          "{} names \"{:.40}\", which is no resource limit", pointer,
                          type.value_or(""));
  }
  if (!seen.insert(*type).second) {
    return base::Fail(ErrorKind::kSpec, "{} sets {} a second time", pointer, *type);
  }
  const config::RlimitsRule& rule = in.policy.rlimits;
  const auto bound = rule.max.find(*type);
  if (bound == rule.max.end()) return {};
  for (const char* end : {"/hard", "/soft"}) {
    STOCKADE_ASSIGN(const auto value, UnsignedAt(edit.Root(), pointer + end));
    if (value.value_or(0) <= bound->second) continue;
    if (rule.mode == config::Mode::kRefuse) {
      return Refuse(in, "/rlimits/max/" + *type, "ask for a lower limit",
                    "{}{} asks for {} = {}, more than {}", pointer, end, *type, *value,
                    bound->second);
    }
    edit.Set(pointer + end, bound->second, kWhy, "/rlimits/max/" + *type);
  }
  return {};
}

}  // namespace

Status ApplyRlimits(const LayerInput& in, SpecEditor& edit) {
  const config::RlimitsRule& rule = in.policy.rlimits;
  if (rule.mode == config::Mode::kOff) return {};
  const std::string list = edit.ProcessPointer("/rlimits");
  STOCKADE_ASSIGN(const std::size_t count, SizeAt(edit.Root(), list));
  std::set<std::string> seen;
  for (std::size_t i = 0; i < count; ++i) {
    STOCKADE_TRY(Clamp(in, edit, fmt::format("{}/{}", list, i), seen));
  }
  for (const auto& [name, bound] : rule.max) {
    if (seen.contains(name)) continue;
    // Never above what the container would inherit: raising a limit takes a capability.
    STOCKADE_ASSIGN(const LimitPair inherited, in.host.InheritedLimit(name));
    const std::uint64_t hard = std::min(bound, inherited.hard);
    edit.Set(list + "/-",
             Json{{"type", name}, {"hard", hard}, {"soft", std::min(hard, inherited.soft)}}, kWhy,
             "/rlimits/max/" + name);
  }
  return {};
}

}  // namespace stockade::sandbox
