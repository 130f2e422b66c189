// SPDX-License-Identifier: Apache-2.0
// Mounts by the ids that the kernel never uses again, and what it tells of them (Linux 6.8; no
// header of user space has these calls yet).
//
//   const auto at = MountAt(directory.get());          // which mount, and whether it begins here
//   const auto facts = FactsOf(at->id);                // in this thread's mount namespace
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stockade::supervisor {

// Numbers of calls, the same on every architecture.
inline constexpr int kStatMount = 457;
inline constexpr int kListMount = 458;

struct PlaceInMount {
  std::uint64_t id = 0;
  bool is_root = false;
};
std::optional<PlaceInMount> MountAt(int file);

struct MountFacts {
  std::uint64_t type = 0;  // of its file system, as statfs(2) has it
  bool shared = false;     // what is mounted on it is mounted elsewhere too
  std::string point = {};  // from this thread's root; "" if it cannot be reached from there
};
// Nothing with errno set, ENOENT if this thread's namespace has no such mount.
std::optional<MountFacts> FactsOf(std::uint64_t id);

// The mounts on a mount, and those on them. Nothing if that cannot be told.
std::optional<std::vector<std::uint64_t>> MountsBelow(std::uint64_t id);

}  // namespace stockade::supervisor
