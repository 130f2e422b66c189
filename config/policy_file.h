// SPDX-License-Identifier: Apache-2.0
// Files that decide what is safe: read only if nobody but the administrator can have written them.
// A file is opened once; owner, mode and text come from that one descriptor. As root the owner must
// be root; for other users (stockadectl explain) it may also be themselves. Symbolic links are
// refused, for the directory that they point into is not checked.
//
//   STOCKADE_ASSIGN(auto documents, ReadPolicyDirectory("/etc/stockade/classes.d"));
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"

namespace stockade::config {

// One parsed file with the lines of its members.
struct PolicyFile {
  std::string path;
  base::ParsedJson parsed;
};

// Reads one JSON file; nothing if there is none. kPolicy error naming the path for a file that
// others could have written and for text that is not JSON within base::kPolicyLimits.
base::Result<std::optional<PolicyFile>> ReadPolicyFile(const std::string& path);

// All files *.json in `directory` in the order of their names, but those that begin with a dot;
// empty if there is no such directory. The directory itself is held to the same rule; at most 256
// files.
base::Result<std::vector<PolicyFile>> ReadPolicyDirectory(const std::string& directory);

}  // namespace stockade::config
