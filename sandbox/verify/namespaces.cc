// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {

using base::Json;
using config::Mode;

bool HasOwnNamespace(const Final& final, std::string_view type) {
  for (const Json& entry : At(final.root, "/linux/namespaces")) {
    if (TextAt(entry, "/type") != type) continue;
    const std::string path = TextAt(entry, "/path");
    if (path.empty()) return true;
    const auto is_host = final.host.IsHostNamespace(path, type);
    return is_host && !*is_host;
  }
  return false;
}

void CheckNamespaces(const Final& final, Broken& broken) {
  const config::NamespacesRule& rule = final.policy.namespaces;
  const std::array<std::pair<const char*, Mode>, 6> promised{{{"network", rule.network},
                                                              {"pid", rule.pid},
                                                              {"ipc", rule.ipc},
                                                              {"uts", rule.uts},
                                                              {"cgroup", rule.cgroup},
                                                              {"mount", rule.mount}}};
  for (const auto& [type, mode] : promised) {
    if (mode == Mode::kOff) continue;
    int entries = 0;
    for (const Json& entry : At(final.root, "/linux/namespaces")) {
      if (TextAt(entry, "/type") != type) continue;
      ++entries;
      const std::string path = TextAt(entry, "/path");
      if (path.empty()) continue;  // a new one
      if (std::string_view(type) == "mount") {
        broken.Add("the mount namespace is that of {}, where the sandbox's mounts are not", path);
        continue;
      }
      const auto is_host = final.host.IsHostNamespace(path, type);
      if (!is_host) {
        broken.Add("it cannot be told whose {} namespace {} is: {}", type, path,
                   is_host.error().Text());
      } else if (*is_host) {
        broken.Add("the {} namespace {} is the host's", type, path);
      }
    }
    if (entries == 0) broken.Add("the container has no {} namespace of its own", type);
    // runc refuses a second entry, crun 1.8 joins both.
    if (entries > 1) broken.Add("the {} namespace stands there {} times", type, entries);
  }
}

}  // namespace stockade::sandbox::verify
