// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/namespace_list.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::Result;

constexpr const char* kSetting = "/sysctls/allowed";

// The namespace that a sysctl belongs to; what is in none reaches the whole host. Source: sysctl(7)
// pages ipc_namespaces(7), network_namespaces(7), uts_namespaces(7).
struct Home {
  std::string_view prefix;
  std::string_view name_space;
};
constexpr std::array<Home, 9> kHomes{{{"net.", "network"},
                                      {"fs.mqueue.", "ipc"},
                                      {"kernel.msg", "ipc"},
                                      {"kernel.sem", "ipc"},
                                      {"kernel.shm", "ipc"},
                                      {"kernel.auto_msgmni", "ipc"},
                                      {"kernel.hostname", "uts"},
                                      {"kernel.domainname", "uts"},
                                      {"user.", "user"}}};

// The dotted name of a key, "" for one that could leave /proc/sys. Delegates turn every dot into a
// slash, so both separate; an empty component would make "..".
std::string DottedName(std::string name) {
  std::ranges::replace(name, '/', '.');
  const bool good = !name.empty() && name.front() != '.' && name.back() != '.' &&
                    name.find("..") == std::string::npos && std::ranges::all_of(name, [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
                    });
  return good ? name : "";
}

bool IsListed(const std::vector<std::string>& allowed, std::string_view name) {
  return std::ranges::any_of(allowed, [&](std::string_view pattern) {
    if (!pattern.ends_with(".*")) return name == pattern;
    pattern.remove_suffix(1);  // keeps the dot
    return name.size() > pattern.size() && name.starts_with(pattern);
  });
}

// Why the sysctl may not be set, "" if it may.
Result<std::string> Problem(const LayerInput& in, const std::vector<NamespaceEntry>& namespaces,
                            const std::string& key) {
  const std::string name = DottedName(key);
  if (name.empty()) return "is no sysctl name";
  if (!IsListed(in.policy.sysctls.allowed, name)) return "is not in the class's list";
  const auto home =
      std::ranges::find_if(kHomes, [&](const Home& row) { return name.starts_with(row.prefix); });
  if (home == kHomes.end()) return "would change the whole host";
  STOCKADE_ASSIGN(const bool shared, IsShared(namespaces, home->name_space, in.host));
  return shared ? fmt::format("would change the host's {} namespace", home->name_space) : "";
}

}  // namespace

base::Status ApplySysctls(const LayerInput& in, SpecEditor& edit) {
  if (in.policy.sysctls.mode == config::Mode::kOff) return {};
  STOCKADE_ASSIGN(const base::Json* sysctls, ObjectAt(edit.Root(), "/linux/sysctl"));
  if (sysctls == nullptr) return {};
  STOCKADE_ASSIGN(const auto namespaces, NamespacesOf(edit.Root()));
  std::vector<std::string> unwanted;
  for (const auto& [key, value] : sysctls->items()) {
    STOCKADE_ASSIGN(const std::string problem, Problem(in, namespaces, key));
    if (problem.empty()) continue;
    if (in.policy.sysctls.mode == config::Mode::kRefuse) {
      return Refuse(in, kSetting, "remove it from securityContext.sysctls",
                    "the sysctl {} = {:.60} {}", key, base::DumpJson(value), problem);
    }
    unwanted.push_back(key);
  }
  for (const std::string& key : unwanted) {
    edit.Remove("/linux/sysctl/" + base::PointerToken(key), "only listed sysctls are set",
                kSetting);
  }
  return {};
}

}  // namespace stockade::sandbox
