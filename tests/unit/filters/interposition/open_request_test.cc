// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/open_request.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <vector>

namespace stockade::filters {
namespace {

TEST(OpenRequest, DropsWhatOpenDrops) {
  EXPECT_EQ(OpenRequestOf(0x140000000ULL | O_RDWR, 0600).flags, O_RDWR);
  EXPECT_EQ(OpenRequestOf(O_RDWR, 0600).mode, 0U);
  EXPECT_EQ(OpenRequestOf(O_RDWR | O_CREAT, 0x1ffffULL).mode, 07777U);
  EXPECT_EQ(OpenRequestOf(O_PATH | O_RDWR | O_TRUNC | O_NOFOLLOW, 0).flags, O_PATH | O_NOFOLLOW);
}

TEST(OpenRequest, KnowsWhatWrites) {
  for (const int flags : {O_WRONLY, O_RDWR, O_ACCMODE, O_RDONLY | O_TRUNC, O_TMPFILE | O_RDWR}) {
    EXPECT_TRUE(OpenRequestOf(static_cast<unsigned>(flags), 0).Writes()) << flags;
  }
  for (const int flags : {O_RDONLY, O_CREAT, O_APPEND, O_PATH | O_RDWR, O_DIRECTORY}) {
    EXPECT_FALSE(OpenRequestOf(static_cast<unsigned>(flags), 0).Writes()) << flags;
  }
}

TEST(OpenRequest, HasAText) {
  EXPECT_EQ(OpenRequestOf(O_WRONLY | O_CREAT | O_CLOEXEC, 0).FlagsText(),
            "O_WRONLY|O_CREAT|O_CLOEXEC");
  EXPECT_EQ(OpenRequestOf(O_TMPFILE | O_RDWR, 0).FlagsText(), "O_RDWR|O_DIRECTORY|O_TMPFILE");
}

std::vector<std::byte> Bytes(const open_how& how, std::size_t size) {
  const auto whole = std::as_bytes(std::span(&how, 1));
  std::vector<std::byte> bytes(whole.begin(), whole.end());
  bytes.resize(size);
  return bytes;
}

// The error that we have for a structure, and the one that the running kernel has for it.
int Ours(const std::vector<std::byte>& bytes) {
  OpenRequest request;
  const int error = DecodeOpenHow(bytes, request);
  return error != 0 ? error : CheckOpen(request);
}

int Kernels(const std::vector<std::byte>& bytes) {
  // The path comes after the structure: without one, a good structure gets EFAULT.
  const long fd = syscall(SYS_openat2, AT_FDCWD, nullptr, bytes.data(), bytes.size());
  return fd >= 0 || errno == EFAULT ? 0 : errno;
}

TEST(OpenHow, IsRefusedAsTheKernelRefusesIt) {
  std::vector<std::uint64_t> bits{0, 3};
  for (int i = 0; i < 64; ++i) bits.push_back(std::uint64_t{1} << i);
  constexpr std::uint64_t kTmpfile = O_TMPFILE;
  const std::uint64_t bases[] = {0,          O_RDWR, O_CREAT | O_RDWR, O_PATH, kTmpfile | O_RDWR,
                                 O_DIRECTORY};
  for (const std::uint64_t base : bases) {
    for (const std::uint64_t bit : bits) {
      // What the kernel keeps for itself: FMODE_EXEC and FMODE_NONOTIFY.
      if (bit == 0x20 || bit == 0x4000000 || bit == 0x8000000) continue;
      for (const std::uint64_t mode : {0ULL, 0600ULL, 07777ULL, 010000ULL}) {
        open_how how{};
        how.flags = base | bit;
        how.mode = mode;
        const auto bytes = Bytes(how, kOpenHowSize);
        EXPECT_EQ(Ours(bytes), Kernels(bytes)) << std::oct << how.flags << " " << mode;
      }
      open_how how{};
      how.flags = base;
      how.resolve = bit;
      const auto bytes = Bytes(how, kOpenHowSize);
      EXPECT_EQ(Ours(bytes), Kernels(bytes)) << std::oct << how.flags << std::hex << " " << bit;
    }
  }
}

TEST(OpenHow, MayBeLargerThanOursIfTheRestIsZero) {
  open_how how{};
  how.flags = O_RDWR;
  for (const std::size_t size : {0U, 23U, 24U, 25U, 4096U, 4097U}) {
    auto bytes = Bytes(how, size);
    EXPECT_EQ(Ours(bytes), Kernels(bytes)) << size;
    if (size <= kOpenHowSize) continue;
    bytes.back() = std::byte{1};
    EXPECT_EQ(Ours(bytes), Kernels(bytes)) << size;
  }
}

}  // namespace
}  // namespace stockade::filters
