// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/unique_mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>

namespace stockade::supervisor {
namespace {

constexpr unsigned kUniqueId = 0x4000;  // STATX_MNT_ID_UNIQUE
constexpr std::size_t kMaxBelow = 16384;

// include/uapi/linux/mount.h
struct MountRequest {
  std::uint32_t size = sizeof(MountRequest);
  std::uint32_t spare = 0;
  std::uint64_t id = 0;
  std::uint64_t param = 0;
};

struct StatMount {
  std::uint32_t size;
  std::uint32_t options;
  std::uint64_t mask;
  std::uint32_t device_major;
  std::uint32_t device_minor;
  std::uint64_t type;
  std::uint32_t flags;
  std::uint32_t type_name;
  std::uint64_t id;
  std::uint64_t parent;
  std::uint32_t old_id;
  std::uint32_t old_parent;
  std::uint64_t attributes;
  std::uint64_t propagation;
  std::uint64_t peer_group;
  std::uint64_t master;
  std::uint64_t propagate_from;
  std::uint32_t root;
  std::uint32_t point;  // where its text begins in `text`
  std::array<std::uint64_t, 50> rest;
  std::array<char, 8192> text;
};
static_assert(offsetof(StatMount, point) == 108 && offsetof(StatMount, text) == 512);

enum Asked : std::uint64_t { kFileSystem = 1, kMount = 2, kPoint = 16 };

}  // namespace

std::optional<PlaceInMount> MountAt(int file) {
  struct statx status = {};
  if (statx(file, "", AT_EMPTY_PATH, kUniqueId, &status) != 0 ||
      (status.stx_mask & kUniqueId) == 0) {
    return std::nullopt;
  }
  return PlaceInMount{.id = status.stx_mnt_id,
                      .is_root = (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0};
}

std::optional<MountFacts> FactsOf(std::uint64_t id) {
  const MountRequest request{.id = id, .param = kFileSystem | kMount | kPoint};
  StatMount answer = {};
  if (syscall(kStatMount, &request, &answer, sizeof answer, 0) != 0) return std::nullopt;
  constexpr std::uint64_t kNeeded = kFileSystem | kMount;
  errno = EIO;  // of an answer that says too little
  if ((answer.mask & kNeeded) != kNeeded) return std::nullopt;
  MountFacts facts{.type = answer.type, .shared = (answer.propagation & MS_SHARED) != 0};
  if ((answer.mask & kPoint) == 0) return facts;
  if (answer.point >= answer.text.size()) return std::nullopt;
  const std::span<const char> text = std::span(answer.text).subspan(answer.point);
  facts.point.assign(text.data(), strnlen(text.data(), text.size()));
  return facts;
}

std::optional<std::vector<std::uint64_t>> MountsBelow(std::uint64_t id) {
  MountRequest request{.id = id};
  std::vector<std::uint64_t> below;
  for (;;) {
    std::array<std::uint64_t, 256> some;
    const long got = syscall(kListMount, &request, some.data(), some.size(), 0);
    if (got < 0 || below.size() > kMaxBelow) return std::nullopt;
    below.insert(below.end(), some.begin(), some.begin() + got);
    if (static_cast<std::size_t>(got) < some.size()) return below;
    request.param = below.back();
  }
}

}  // namespace stockade::supervisor
