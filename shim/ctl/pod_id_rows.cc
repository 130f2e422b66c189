// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/pod_id_rows.h"

#include <algorithm>

namespace stockade::ctl {
namespace {

using enum CheckState;

constexpr const char* kMoreIds =
    "give stockade more: idPool in config.json, or its entries in /etc/subuid and /etc/subgid";

CheckRow Ids(const PodIdFacts& facts) {
  const std::string what = "ids for pods";
  if (facts.error) return {what, kWarn, facts.error->message, facts.error->hint};
  const std::string detail =
      fmt::format("{} ranges of {} from {} on, {} taken", facts.usable.size(),
                  std::uint32_t{sandbox::IdRange::kSize},
                  facts.usable.empty() ? 0U : facts.usable.front().first, facts.taken);
  if (facts.taken >= facts.usable.size()) return {what, kWarn, detail, kMoreIds};
  return {what, kOk, detail, ""};
}

CheckRow Idmap(const Attempt& attempt) {
  const std::string what = "idmap " + attempt.what;
  if (!attempt.error) return {what, kOk, "works", ""};
  return {what, kWarn, attempt.error->message, attempt.error->hint};
}

}  // namespace

std::vector<CheckRow> PodIdRows(const PodIdFacts& facts) {
  std::vector<CheckRow> rows{Ids(facts)};
  for (const Attempt& attempt : facts.idmaps) rows.push_back(Idmap(attempt));
  return rows;
}

std::vector<CheckRow> ForcedUserNamespaceRows(const config::ClassPolicy& policy,
                                              const PodIdFacts& facts, const KernelFacts& kernel) {
  if (!policy.user_namespace.force) return {};
  const std::string what = "user namespace";
  if (kernel.max_user_namespaces.value_or(0) <= 0) {
    return {{what, kMissing, "the class forces one, and the kernel makes none",
             "set sysctl user.max_user_namespaces above 0"}};
  }
  if (facts.error) return {{what, kMissing, facts.error->message, facts.error->hint}};
  std::vector<CheckRow> rows{{what, kOk, "forced", ""}};
  for (const Attempt& attempt : facts.idmaps) {
    if (!attempt.error) continue;
    // Which of them the pods of this class need, and with which file systems, the node cannot tell.
    const bool needed = attempt.what == "overlay" && !policy.user_namespace.chown_rootfs;
    rows.push_back({what, needed ? kMissing : kWarn, attempt.error->message, attempt.error->hint});
  }
  return rows;
}

}  // namespace stockade::ctl
