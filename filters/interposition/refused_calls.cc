// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/refused_calls.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "filters/interposition/dispatch.h"
#include "filters/profile_data.h"

namespace stockade::filters {
namespace {

Program Pass() { return {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}; }

// Passes a call whose first argument has one of `bits`.
Program PassWith(std::uint32_t bits) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  return {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
          BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1),
          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
}

}  // namespace

std::vector<std::string_view> RefusedCalls(const config::InterpositionRule& rule) {
  if (rule.complain) return {};
  std::vector<std::string_view> names(rule.refused.begin(), rule.refused.end());
  if (rule.refuse_namespaces) names.insert(names.end(), {"clone", "setns", "unshare"});
  if (rule.mounts != config::Mounts::kKernel) names.insert(names.end(), {"mount", "umount2"});
  return names;
}

bool PerformsCalls(const config::InterpositionRule& rule) {
  return rule.network.mode != config::Mode::kOff || rule.files.mode != config::Mode::kOff ||
         rule.device_nodes == config::DeviceNodes::kHarmless ||
         rule.mounts == config::Mounts::kTmpfs;
}

Program HandOver(ProgramView filter, const config::InterpositionRule& rule) {
  Program whole(filter.begin(), filter.end());
  if (RefusedCalls(rule).empty()) return whole;
  Dispatch cases;
  for (const std::string& name : rule.refused) cases.Add(name, Pass());
  if (rule.refuse_namespaces) {
    cases.Add("setns", Pass());
    cases.Add("unshare", PassWith(kUnshareNamespaces));
    cases.Add("clone", PassWith(kCloneNamespaces));
  }
  if (rule.mounts != config::Mounts::kKernel) {
    cases.Add("mount", Pass());
    cases.Add("umount2", Pass());
  }
  const Program calls = cases.Take();
  Program first{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NativeAudit(), 1, 0),
                BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(calls.size() + 1)),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  first.insert(first.end(), calls.begin(), calls.end());
  whole.insert(whole.begin(), first.begin(), first.end());
  return whole;
}

int RefusalErrno(std::string_view name) {
  const Profile* const profile = FindProfile("restricted");
  if (profile == nullptr) return EPERM;
  for (const CallGroup& group : profile->groups) {
    if (group.error_number == 0 || !group.when.empty()) continue;
    if (std::ranges::find(group.calls, name) != group.calls.end()) return group.error_number;
  }
  return EPERM;
}

}  // namespace stockade::filters
