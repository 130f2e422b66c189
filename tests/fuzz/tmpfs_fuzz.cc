// SPDX-License-Identifier: Apache-2.0
// What a supervisor mounts: the flags and options of a caller, the order of a worker that may have
// been taken over, and the map of a user namespace. The first byte says which.
#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "filters/interposition/mount_request.h"
#include "sandbox/supervisor/mount_keeper.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace stockade;  // NOLINT(google-build-using-namespace): a fuzz target is a main program
using fuzz::Require;

constexpr filters::TmpfsBound kBound{.size = 1U << 20, .inodes = 256};

void CheckTmpfs(const filters::TmpfsMount& mount) {
  constexpr std::uint32_t kAlways = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  Require((mount.attributes & kAlways) == kAlways, "nosuid, nodev, noexec", "");
  Require((mount.attributes & MOUNT_ATTR_IDMAP) == 0, "no mapped ids", "");
  Require(mount.size > 0 && mount.size <= kBound.size, "a size is bounded", "");
  Require(mount.inodes > 0 && mount.inodes <= kBound.inodes, "inodes are bounded", "");
  Require(mount.mode <= 07777, "a mode is one", "");
}

void Options(std::span<const std::byte> bytes) {
  std::uint64_t flags = 0;
  if (bytes.size() < sizeof flags) return;
  std::memcpy(&flags, bytes.data(), sizeof flags);
  bytes = bytes.subspan(sizeof flags);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  filters::TmpfsMount mount;
  if (filters::ReadTmpfs(flags, text, mount) == 0) CheckTmpfs(filters::Bounded(mount, kBound));
  int kept = 0;
  if (filters::ReadUmountFlags(flags, kept) != 0) return;
  Require((kept & ~(MNT_DETACH | UMOUNT_NOFOLLOW)) == 0, "no other flag is kept", text);
}

void Order(std::span<const std::byte> bytes) {
  supervisor::MountOrder order;
  std::memcpy(static_cast<void*>(&order), bytes.data(), std::min(bytes.size(), sizeof order));
  std::array<std::uint64_t, filters::kMaxMounts> ours = {7, supervisor::kSpentMount};
  if (supervisor::CheckOrder(order, kBound, ours).error != 0) return;
  const auto end = std::ranges::find(order.name, '\0');
  Require(end != order.name.end() && end != order.name.begin(), "a name ends", "");
  const std::string_view name(order.name.data(),
                              static_cast<std::size_t>(end - order.name.begin()));
  if (order.verb == supervisor::MountOrder::kMount) return CheckTmpfs(order.tmpfs);
  Require(order.verb == supervisor::MountOrder::kUnmount, "there are two verbs", name);
  Require(order.mount == 7, "nothing else is unmounted", name);
  const bool plain = name.find('/') == std::string_view::npos && name != ".." && name != ".";
  Require(plain, "a name leads nowhere else", name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 3) {
    case 0:
      Options(bytes);
      break;
    case 1:
      Order(bytes);
      break;
    default:
      (void)supervisor::RootOf({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  return 0;
}
