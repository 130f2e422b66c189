// SPDX-License-Identifier: Apache-2.0
// What a process document and the process of a config promise alike.
#include <algorithm>
#include <cstdint>
#include <set>

#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {

using base::Json;
using config::Mode;

void CheckNoNewPrivileges(const Final& final, Broken& broken) {
  if (final.policy.no_new_privileges.mode == Mode::kOff) return;
  if (!IsTrue(At(final.process, "/noNewPrivileges"))) {
    broken.Add("noNewPrivileges is not true, so a setuid program could gain privileges");
  }
}

void CheckCapabilities(const Final& final, Broken& broken) {
  const config::CapabilitiesRule& rule = final.policy.capabilities;
  if (rule.mode == Mode::kOff) return;
  const Json& sets = At(final.process, "/capabilities");
  if (!sets.is_object()) {
    broken.Add("the process has no capability sets, so the delegate would choose them");
    return;
  }
  // Compared letter by letter: crun takes "cap_sys_admin" for CAP_SYS_ADMIN, runc does not.
  for (const auto& [name, set] : sets.items()) {
    const bool outlives = name == "inheritable" || name == "ambient";
    for (const std::string& capability : TextsAt(sets, "/" + base::PointerToken(name))) {
      if (outlives) {
        broken.Add("the {} set holds {}, and must be empty", name, capability);
      } else if (!Contains(rule.ceiling, capability)) {
        broken.Add("the {} set holds {}, beyond the class's ceiling", name, capability);
      }
    }
  }
  for (const char* name : {"bounding", "effective", "permitted", "inheritable", "ambient"}) {
    if (!At(sets, std::string("/") + name).is_array()) {
      broken.Add("the {} set is not written down, so the delegate would choose it", name);
    }
  }
}

void CheckUser(const Final& final, Broken& broken) {
  if (final.policy.user.run_as_non_root == Mode::kOff) return;
  const Json& uid = At(final.process, "/user/uid");
  // 2^32-1 is "leave it as it is" to the kernel.
  if (!uid.is_number_unsigned() || uid.get<std::uint64_t>() == 0 ||
      uid.get<std::uint64_t>() >= 0xffffffffU) {
    broken.Add("the process runs as root (uid {})", base::DumpJson(uid));
  }
}

void CheckRlimits(const Final& final, Broken& broken) {
  const config::RlimitsRule& rule = final.policy.rlimits;
  if (rule.mode == Mode::kOff) return;
  std::set<std::string> seen;
  for (const Json& limit : At(final.process, "/rlimits")) {
    const std::string type = TextAt(limit, "/type");
    if (!type.starts_with("RLIMIT_")) broken.Add("\"{}\" is the name of no resource limit", type);
    if (!seen.insert(type).second) broken.Add("{} is set twice", type);
    const auto bound = rule.max.find(type);
    if (bound == rule.max.end()) continue;
    for (const char* end : {"/soft", "/hard"}) {
      const Json& value = At(limit, end);
      if (!value.is_number_unsigned() || value.get<std::uint64_t>() > bound->second) {
        broken.Add("{}{} is {}, more than {}", type, end, base::DumpJson(value), bound->second);
      }
    }
  }
  for (const auto& [type, bound] : rule.max) {
    if (!seen.contains(type)) broken.Add("{} is not limited to {}", type, bound);
  }
}

}  // namespace stockade::sandbox::verify
