// SPDX-License-Identifier: Apache-2.0
// Who a caller is: its ids and groups, its umask, and where it has its root and working directory.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <vector>

#include "config/base/fd.h"
#include "sandbox/supervisor/target.h"

namespace stockade::supervisor {

struct Identity {
  uid_t uid = 0;
  uid_t effective_uid = 0;
  uid_t saved_uid = 0;
  gid_t gid = 0;
  gid_t effective_gid = 0;
  gid_t saved_gid = 0;
  std::vector<gid_t> groups;
  mode_t mask = 022;
  bool operator==(const Identity&) const = default;
};

// From /proc/<thread>/status. Ids as this user namespace has them.
std::optional<Identity> ReadIdentity(TargetDescriptors& targets, pid_t thread);

// The same from the file's text, for tests and fuzzers.
std::optional<Identity> ParseIdentity(std::string_view status);

// A caller's view of the file system.
struct Place {
  base::UniqueFd root;
  base::UniqueFd working_directory;
};

// Which of the two are opened; the other is none.
struct PlaceParts {
  bool root = true;
  bool working_directory = true;
};
std::optional<Place> OpenPlace(int proc, pid_t thread, PlaceParts parts = {});

}  // namespace stockade::supervisor
