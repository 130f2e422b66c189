// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {

base::Status ApplyNoNewPrivileges(const LayerInput& in, SpecEditor& edit) {
  const config::Mode mode = in.policy.no_new_privileges.mode;
  if (mode == config::Mode::kOff) return {};
  const std::string pointer = edit.ProcessPointer("/noNewPrivileges");
  STOCKADE_ASSIGN(const auto asked, FlagAt(edit.Root(), pointer));
  if (asked.value_or(false)) return {};
  if (mode == config::Mode::kRefuse) {
    return Refuse(in, "/noNewPrivileges", "set securityContext.allowPrivilegeEscalation: false",
                  "{} is {}", pointer, asked ? "false" : "not set");
  }
  edit.Set(pointer, true, "setuid programs and file capabilities must not gain privileges",
           "/noNewPrivileges");
  return {};
}

}  // namespace stockade::sandbox
