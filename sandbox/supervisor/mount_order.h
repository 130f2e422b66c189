// SPDX-License-Identifier: Apache-2.0
// What a worker asks of its holder where the class has tmpfs mounted: the worker looks at callers
// and may not mount, the holder may and looks at none. The worker has decided and found the place,
// as the caller; the holder believes neither (mount_keeper.h).
//
// An order has a socket pair of its own: the order and one descriptor go over it, then its other
// end goes to the holder, which answers over it. So a thread waits for its own answer alone.
//
//   const auto answer = OrderMount(services.orders, order, std::move(place), still_waiting);
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "config/base/fd.h"
#include "filters/interposition/mount_request.h"
#include "sandbox/supervisor/operation.h"

namespace stockade::supervisor {

// One message, with the directory to mount on, or that of the mount point.
struct MountOrder {
  enum Verb : std::uint32_t { kMount = 1, kUnmount = 2 };

  std::uint32_t verb = 0;
  std::int32_t unmount_flags = 0;
  std::uint64_t mount = 0;  // to unmount: its unique id
  filters::TmpfsMount tmpfs = {};
  // With a NUL: the source of a mount, or the name of a mount point in its directory.
  std::array<char, filters::kMaxMountSource> name = {};

  // False if it is too long.
  bool SetName(std::string_view text);
};

// Why the holder refuses, where that is to be recorded.
enum class MountRefusal : std::uint32_t { kNone, kPlace, kNotOurs };

struct MountAnswer {
  std::int32_t error = 0;
  MountRefusal refusal = MountRefusal::kNone;
};

// The container's own namespaces and root, as of its first listener's hand-over.
struct MountHome {
  ino_t user_namespace = 0;
  ino_t mount_namespace = 0;
  uid_t root = static_cast<uid_t>(-1);  // in our numbers; -1 if it has none
  gid_t root_group = static_cast<gid_t>(-1);
};

// In the place of a mount's id: one that is detached and may live on.
inline constexpr std::uint64_t kSpentMount = ~std::uint64_t{0};

// What an order is answered with before it is performed; 0, and its numbers are within bounds. Of
// `mounts` alone one is unmounted.
MountAnswer CheckOrder(MountOrder& order, const filters::TmpfsBound& bound,
                       std::span<const std::uint64_t, filters::kMaxMounts> mounts);

// Nothing if the caller went away first. EIO if there is nobody to ask.
std::optional<MountAnswer> OrderMount(int orders, const MountOrder& order, base::UniqueFd place,
                                      const StillWaiting& still_waiting);

}  // namespace stockade::supervisor
