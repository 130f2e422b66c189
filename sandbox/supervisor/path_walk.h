// SPDX-License-Identifier: Apache-2.0
// Between the two halves of PathResolver: path_resolver.cc, which walks, and path_in_proc.cc, which
// knows what /proc would answer for us instead of the caller.
#pragma once

#include <fcntl.h>

#include <optional>
#include <string>

#include "sandbox/supervisor/path_resolver.h"

namespace stockade::supervisor {

inline constexpr int kLook = O_PATH | O_CLOEXEC;
inline constexpr int kLookAtLink = kLook | O_NOFOLLOW;

// What is at `path`, unopened; none with errno set.
base::UniqueFd Look(int directory, const std::string& path, int flags = kLookAtLink);

// The text of a link; nothing if it is none, or longer than a path may be.
std::optional<std::string> LinkText(int directory, const std::string& name);

// The magic number of a node's file system; that of a procfs if it cannot be told.
long FileSystemOf(int node);

// True for the root of a procfs.
bool IsProcRoot(int directory);

// Where a walk is, and what is left of its path.
struct PathResolver::Walk {
  base::UniqueFd at;
  std::string rest;
  int links = 0;
  bool proven = true;
  bool descriptor = false;
  // The way from the root of a procfs to `at`, if the walk came by there: "12/fd".
  std::optional<std::string> in_proc;
};

}  // namespace stockade::supervisor
