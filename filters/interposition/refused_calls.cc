// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/refused_calls.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "filters/call_table.h"
#include "filters/profile_data.h"

namespace stockade::filters {
namespace {

std::uint32_t Number(std::string_view name) {
  return static_cast<std::uint32_t>(CallNumber(Abi::kNative, name).value_or(-1));
}

void LetThrough(Program& code, std::string_view name) {
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, Number(name), 0, 1));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

// The same for a call whose first argument has one of `bits`.
void LetThroughWith(Program& code, std::string_view name, std::uint32_t bits) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, Number(name), 0, 4));
  code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
}

}  // namespace

std::vector<std::string_view> RefusedCalls(const config::InterpositionRule& rule) {
  if (rule.complain) return {};
  std::vector<std::string_view> names(rule.refused.begin(), rule.refused.end());
  if (rule.refuse_namespaces) names.insert(names.end(), {"clone", "setns", "unshare"});
  if (rule.mounts != config::Mounts::kKernel) names.insert(names.end(), {"mount", "umount2"});
  return names;
}

Program HandOver(ProgramView filter, const config::InterpositionRule& rule) {
  Program whole(filter.begin(), filter.end());
  if (RefusedCalls(rule).empty()) return whole;
  Program calls{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const std::string& name : rule.refused) LetThrough(calls, name);
  if (rule.refuse_namespaces) {
    LetThrough(calls, "setns");
    LetThroughWith(calls, "unshare", kUnshareNamespaces);
    LetThroughWith(calls, "clone", kCloneNamespaces);
  }
  if (rule.mounts != config::Mounts::kKernel) {
    LetThrough(calls, "mount");
    LetThrough(calls, "umount2");
  }
  Program first{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NativeAudit(), 1, 0),
                BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(calls.size()))};
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
