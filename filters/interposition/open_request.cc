// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/open_request.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace stockade::filters {
namespace {

struct Flag {
  int bits;
  std::string_view name;
};

constexpr int kTmpfileBit = O_TMPFILE & ~O_DIRECTORY;
constexpr int kSyncBit = O_SYNC & ~O_DSYNC;
constexpr int kLargeFile = 0100000;  // O_LARGEFILE, which is 0 where all files are large
constexpr int kPathFlags = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
constexpr std::uint64_t kResolveFlags = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS |
                                        RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT |
                                        RESOLVE_CACHED;

constexpr auto kFlags = std::to_array<Flag>({
    {O_CREAT, "O_CREAT"},
    {O_EXCL, "O_EXCL"},
    {O_NOCTTY, "O_NOCTTY"},
    {O_TRUNC, "O_TRUNC"},
    {O_APPEND, "O_APPEND"},
    {O_NONBLOCK, "O_NONBLOCK"},
    {O_DSYNC, "O_DSYNC"},
    {kSyncBit, "O_SYNC"},
    {O_ASYNC, "O_ASYNC"},
    {O_DIRECT, "O_DIRECT"},
    {kLargeFile, "O_LARGEFILE"},
    {O_DIRECTORY, "O_DIRECTORY"},
    {O_NOFOLLOW, "O_NOFOLLOW"},
    {O_NOATIME, "O_NOATIME"},
    {O_CLOEXEC, "O_CLOEXEC"},
    {O_PATH, "O_PATH"},
    {kTmpfileBit, "O_TMPFILE"},
});

int KnownFlags() {
  int known = O_ACCMODE;
  for (const Flag& flag : kFlags) known |= flag.bits;
  return known;
}

bool MayMake(int flags) { return (flags & (O_CREAT | kTmpfileBit)) != 0; }

}  // namespace

bool OpenRequest::Unnamed() const { return (flags & kTmpfileBit) != 0; }

bool OpenRequest::Writes() const {
  if ((flags & O_PATH) != 0) return false;
  return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0 || Unnamed();
}

std::string OpenRequest::FlagsText() const {
  constexpr std::array<std::string_view, 4> kAccess{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
  std::string text(kAccess.at(static_cast<unsigned>(flags & O_ACCMODE)));
  for (const Flag& flag : kFlags) {
    if ((flags & flag.bits) != 0) text += fmt::format("|{}", flag.name);
  }
  return text;
}

OpenRequest OpenRequestOf(std::uint64_t flags, std::uint64_t mode) {
  OpenRequest request;
  request.flags = static_cast<int>(static_cast<std::uint32_t>(flags)) & KnownFlags();
  if ((request.flags & O_PATH) != 0) request.flags &= kPathFlags;
  if (MayMake(request.flags)) request.mode = static_cast<mode_t>(mode & 07777);
  return request;
}

int DecodeOpenHow(std::span<const std::byte> bytes, OpenRequest& request) {
  if (bytes.size() < kOpenHowSize) return EINVAL;
  if (bytes.size() > kMaxOpenHow) return E2BIG;
  // Members that this kernel does not have must be zero.
  const auto rest = bytes.subspan(kOpenHowSize);
  if (std::ranges::any_of(rest, [](std::byte byte) { return byte != std::byte{0}; })) return E2BIG;
  open_how how{};
  std::memcpy(&how, bytes.data(), kOpenHowSize);
  const auto known = static_cast<std::uint64_t>(KnownFlags());
  if ((how.flags & ~known) != 0 || (how.resolve & ~kResolveFlags) != 0) return EINVAL;
  constexpr std::uint64_t kScopes = RESOLVE_BENEATH | RESOLVE_IN_ROOT;
  if ((how.resolve & kScopes) == kScopes) return EINVAL;
  const int flags = static_cast<int>(how.flags);
  if ((how.mode & ~std::uint64_t{07777}) != 0 || (how.mode != 0 && !MayMake(flags))) return EINVAL;
  if ((flags & O_PATH) != 0 && (flags & ~kPathFlags) != 0) return EINVAL;
  request = {.flags = flags, .mode = static_cast<mode_t>(how.mode), .resolve = how.resolve};
  return 0;
}

int CheckOpen(const OpenRequest& request) {
  const int flags = request.flags;
  // So that O_TMPFILE, which has O_DIRECTORY in it, fails where it is not known.
  if ((flags & O_DIRECTORY) != 0 && (flags & O_CREAT) != 0) return EINVAL;
  if (request.Unnamed()) {
    if ((flags & O_DIRECTORY) == 0 || (flags & O_ACCMODE) == O_RDONLY) return EINVAL;
  }
  const bool changes = (flags & O_TRUNC) != 0 || MayMake(flags);
  if ((request.resolve & RESOLVE_CACHED) != 0 && changes) return EAGAIN;
  return 0;
}

}  // namespace stockade::filters
