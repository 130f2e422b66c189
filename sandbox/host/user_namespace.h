// SPDX-License-Identifier: Apache-2.0
// User namespaces in which nothing runs: what mount_setattr(2) reads an id mapping from.
//
//   STOCKADE_ASSIGN(const UniqueFd pod, MakeUserNamespace({0, range.first, IdRange::kSize}));
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"

namespace stockade::sandbox {

// One line of a uid_map and a gid_map alike: on an idmapped mount, `inside` is the first id as the
// file system stores it, and `outside` as the host's processes see it.
struct IdMap {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t count = 0;
};

// What the namespace of a file like /proc/77/ns/user maps, as this process sees it.
struct NamespaceIds {
  std::vector<IdMap> uids;
  std::vector<IdMap> gids;
};
base::Result<NamespaceIds> ReadUserNamespace(const std::string& path);

// A map by which no file that exists has an owner: its one id is the last before "no id".
inline constexpr IdMap kNobodyMap{0xfffffffeU, 0xfffffffeU, 1};

// A namespace with that map. kHost error saying what to allow where the node forbids it.
base::Result<base::UniqueFd> MakeUserNamespace(const IdMap& map);

}  // namespace stockade::sandbox
