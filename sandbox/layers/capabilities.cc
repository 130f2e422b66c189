// SPDX-License-Identifier: Apache-2.0
// What a container may do as root: its request within the class's ceiling. Inheritable and ambient
// sets are emptied, for they are how a capability outlives an execve of a program that does not own
// it.
#include <cap-ng.h>

#include <algorithm>
#include <array>

#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::Json;

struct Set {
  std::string_view name;
  bool kept;  // false: always empty
};
constexpr std::array<Set, 5> kSets{{{"bounding", true},
                                    {"effective", true},
                                    {"permitted", true},
                                    {"inheritable", false},
                                    {"ambient", false}}};

// Exactly as the OCI specification spells it. Delegates disagree on lower case, on names without
// the prefix and on numbers, so none of those is let through.
bool IsCapability(std::string_view name) {
  if (!name.starts_with("CAP_")) return false;
  name.remove_prefix(4);
  const bool spelled = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || c == '_';
  });
  return spelled && capng_name_to_capability(std::string(name).c_str()) >= 0;
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// True if no set asks for anything beyond the ceiling.
base::Result<bool> RequestFits(const config::CapabilitiesRule& rule, const base::Json& root,
                               const std::string& parent) {
  for (const Set& set : kSets) {
    STOCKADE_ASSIGN(const auto asked, TextsAt(root, fmt::format("{}/{}", parent, set.name)));
    const bool fits = std::ranges::all_of(
        asked, [&](const std::string& name) { return Contains(rule.ceiling, name); });
    if (!fits) return false;
  }
  return true;
}

}  // namespace

base::Status ApplyCapabilities(const LayerInput& in, SpecEditor& edit) {
  const config::CapabilitiesRule& rule = in.policy.capabilities;
  if (rule.mode == config::Mode::kOff) return {};
  const std::string parent = edit.ProcessPointer("/capabilities");
  STOCKADE_TRY(ObjectAt(edit.Root(), parent));

  STOCKADE_ASSIGN(const bool fits, RequestFits(rule, edit.Root(), parent));
  const bool granted = fits || !rule.request_must_fit;

  for (const Set& set : kSets) {
    const std::string pointer = fmt::format("{}/{}", parent, set.name);
    STOCKADE_ASSIGN(const auto asked, TextsAt(edit.Root(), pointer));
    std::vector<std::string> given;
    for (const std::string& name : asked) {
      if (!IsCapability(name)) {
        return base::FailHint(base::ErrorKind::kSpec, "write it as CAP_NET_BIND_SERVICE",
                              "{} names \"{:.40}\", which is no capability", pointer, name);
      }
      if (!Contains(rule.ceiling, name)) {
        if (rule.mode == config::Mode::kRefuse) {
          return Refuse(in, "/capabilities/ceiling",
                        "drop it from securityContext.capabilities.add, or add drop: [ALL]",
                        "{} asks for {}", pointer, name);
        }
        continue;
      }
      if (set.kept && granted && !Contains(given, name)) given.push_back(name);
    }
    // A missing set means "none" to some delegates and "as the container's" to others: say it.
    edit.Set(pointer, Json(given),
             !granted   ? "a request beyond the class's ceiling is no request: none is given"
             : set.kept ? "capabilities beyond the class's ceiling are dropped"
                        : "inherited capabilities would outlive the programs that need them",
             "/capabilities/ceiling");
  }
  return {};
}

}  // namespace stockade::sandbox
