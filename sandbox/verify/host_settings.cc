// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {
namespace {

using base::Json;
using config::Mode;

// The listed name or prefix covers the key. Delegates turn every dot into a slash and keep the
// slashes, so that a key with both could climb out of a prefix: a slash must stand for a dot.
bool SysctlAllowed(const std::vector<std::string>& allowed, std::string key) {
  std::ranges::replace(key, '/', '.');
  if (key.find("..") != std::string::npos) return false;
  const bool plain = std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  return plain && std::ranges::any_of(allowed, [&](const std::string& pattern) {
           return pattern.ends_with(".*")
                      ? key.starts_with(std::string_view{pattern}.substr(0, pattern.size() - 1))
                      : key == pattern;
         });
}

// The namespace that keeps a sysctl from being the whole host's; "" for what is in none.
std::string_view HomeOf(std::string_view key) {
  if (key.starts_with("net.")) return "network";
  if (key.starts_with("user.")) return "user";
  if (key.starts_with("kernel.hostname") || key.starts_with("kernel.domainname")) return "uts";
  for (const char* prefix :
       {"fs.mqueue.", "kernel.msg", "kernel.sem", "kernel.shm", "kernel.auto_msgmni"}) {
    if (key.starts_with(prefix)) return "ipc";
  }
  return {};
}

// An allowed path, or what an allowed path is a link to.
bool HookAllowed(const Final& final, const std::string& path) {
  return std::ranges::any_of(final.policy.hooks.allowed, [&](const std::string& allowed) {
    if (path == allowed) return true;
    const auto resolved = final.host.Resolve(allowed);
    return resolved && path == *resolved;
  });
}

}  // namespace

void CheckSysctls(const Final& final, Broken& broken) {
  if (final.policy.sysctls.mode == Mode::kOff) return;
  const Json& sysctls = At(final.root, "/linux/sysctl");
  if (!sysctls.is_object()) return;
  for (const auto& [key, value] : sysctls.items()) {
    if (!SysctlAllowed(final.policy.sysctls.allowed, key)) {
      broken.Add("the sysctl {} is not one that the class gives", key);
    }
    std::string dotted = key;
    std::ranges::replace(dotted, '/', '.');
    const auto home = HomeOf(dotted);
    if (home.empty()) {
      broken.Add("the sysctl {} would change the whole host", key);
    } else if (!HasOwnNamespace(final, home)) {
      broken.Add("the sysctl {} would change the host's {} namespace", key, home);
    }
  }
}

void CheckHooks(const Final& final, Broken& broken) {
  if (final.policy.hooks.mode == Mode::kOff) return;
  const Json& hooks = At(final.root, "/hooks");
  if (!hooks.is_object()) return;
  for (const auto& [stage, list] : hooks.items()) {
    if (!list.is_array()) {
      if (!list.is_null()) broken.Add("the hooks of {} cannot be understood", stage);
      continue;
    }
    for (const Json& hook : list) {
      const std::string path = TextAt(hook, "/path");
      if (!HookAllowed(final, path)) {
        broken.Add("the {} hook {} would run as root on the host", stage, path);
      }
      for (const std::string& variable : TextsAt(hook, "/env")) {
        // The loader would run another file's code under the name of an allowed one.
        if (variable.starts_with("LD_")) {
          broken.Add("the {} hook {} is given {}", stage, path, variable);
        }
      }
    }
  }
}

}  // namespace stockade::sandbox::verify
