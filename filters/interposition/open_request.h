// SPDX-License-Identifier: Apache-2.0
// What open(2), openat(2), creat(2) or openat2(2) asks for, checked as the kernel checks it: open
// and openat drop what they do not know, openat2 refuses it.
//
//   const OpenRequest request = OpenRequestOf(call.data.args[2], call.data.args[3]);
//   if (const int error = DecodeOpenHow(bytes, request); error != 0) return error;
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace stockade::filters {

// With one of these flags an open can write or create: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC and
// O_TMPFILE's own bit.
inline constexpr std::uint32_t kWritingFlags = 01 | 02 | 0100 | 01000 | 020000000;

// Sizes of struct open_how: its first version, and the most that the kernel looks at.
inline constexpr std::size_t kOpenHowSize = 24;
inline constexpr std::size_t kMaxOpenHow = 4096;

struct OpenRequest {
  int flags = 0;              // O_*, those of this kernel's alone
  mode_t mode = 0;            // up to 07777; 0 unless something may be made
  std::uint64_t resolve = 0;  // RESOLVE_*, of openat2

  // True if the file could be written through it, or is emptied, or made without a name.
  bool Writes() const;
  // True for O_TMPFILE.
  bool Unnamed() const;
  // "O_WRONLY|O_CREAT|O_CLOEXEC", as a record has it.
  std::string FlagsText() const;
};

// The arguments of open and openat: 32 and 16 bits.
OpenRequest OpenRequestOf(std::uint64_t flags, std::uint64_t mode);

// The struct open_how of openat2, of the size that the caller gave. 0, E2BIG, or EINVAL.
int DecodeOpenHow(std::span<const std::byte> bytes, OpenRequest& request);

// 0, or the error that the kernel has for a combination of flags, before it looks at the path.
int CheckOpen(const OpenRequest& request);

}  // namespace stockade::filters
