// SPDX-License-Identifier: Apache-2.0
// The namespaces of a spec (/linux/namespaces), read and compared with the host's.
//
//   STOCKADE_ASSIGN(const auto list, NamespacesOf(edit.Root()));
//   STOCKADE_ASSIGN(const bool shared, IsShared(list, "network", in.host));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "sandbox/host_view.h"

namespace stockade::sandbox {

struct NamespaceEntry {
  std::string type;  // as in the OCI specification: "network", "mount", ...
  std::string path;  // of a namespace to join; "" makes a new one
};

// Errors for wrong types, unknown kinds and a kind that is listed twice (readers take different
// ones).
base::Result<std::vector<NamespaceEntry>> NamespacesOf(const base::Json& spec);

// True if the container would be in the host's own namespace of `type`: it is not in the list, or
// the path given is the host's; for a mount namespace, any path.
base::Result<bool> IsShared(const std::vector<NamespaceEntry>& list, std::string_view type,
                            const HostView& host);

// True if no id of the container is that of the host's root, as far as the document says it: in a
// user namespace whose mappings are written down and leave it out.
base::Result<bool> LeavesOutHostRoot(const base::Json& spec);

}  // namespace stockade::sandbox
