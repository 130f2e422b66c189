// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/caller_memory.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "config/base/error.h"
#include "sandbox/supervisor/capabilities.h"

namespace stockade::supervisor {
namespace {

// struct procmap_query of linux/fs.h (Linux 6.11).
struct MapQuery {
  std::uint64_t size;
  std::uint64_t flags;
  std::uint64_t address;
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t rest[4];
  std::uint32_t numbers[4];
  std::uint64_t buffers[2];
};
static_assert(sizeof(MapQuery) == 104);
constexpr unsigned long kMapQuery = _IOWR('f', 17, MapQuery);
constexpr std::uint64_t kWritable = 2;  // PROCMAP_QUERY_VMA_WRITABLE

// The end of the writable mapping that has `address`; 0 if there is none.
std::uint64_t WritableEnd(int maps, std::uint64_t address) {
  MapQuery query{};
  query.size = sizeof query;
  query.flags = kWritable;
  query.address = address;
  return ioctl(maps, kMapQuery, &query) == 0 ? query.end : 0;
}

base::UniqueFd Open(int proc, pid_t thread, const char* name, int flags) {
  return base::UniqueFd(
      openat(proc, fmt::format("{}/{}", thread, name).c_str(), flags | O_CLOEXEC));
}

void BeEffectively(uid_t user) {
  constexpr uid_t kSame = -1U;
  // A thread that stayed somebody else must not answer another call.
  if (syscall(SYS_setresuid, kSame, user, kSame) != 0) abort();
}

// The file belongs to the caller's user, and nobody else may open it.
base::UniqueFd OpenMemory(int proc, pid_t thread) {
  base::UniqueFd memory = Open(proc, thread, "mem", O_RDWR);
  struct stat info = {};
  if (memory || errno != EACCES ||
      fstatat(proc, fmt::format("{}/mem", thread).c_str(), &info, 0) != 0) {
    return memory;
  }
  const uid_t own = geteuid();
  const RaisedCapability owner(Bit(CAP_SETUID));
  BeEffectively(info.st_uid);
  memory = Open(proc, thread, "mem", O_RDWR);
  BeEffectively(own);
  return memory;
}

}  // namespace

CallerMemory::CallerMemory(int proc, pid_t thread)
    : memory_(OpenMemory(proc, thread)), maps_(Open(proc, thread, "maps", O_RDONLY)) {}

bool CallerMemory::Write(std::uint64_t address, std::span<const std::byte> from) const {
  const std::uint64_t end = address + from.size();
  if (!memory_ || !maps_ || end < address) return false;
  // The file writes read-only memory too.
  for (std::uint64_t at = address; at < end;) {
    const std::uint64_t next = WritableEnd(maps_.get(), at);
    if (next <= at) return false;
    at = next;
  }
  return pwrite(memory_.get(), from.data(), from.size(), static_cast<off_t>(address)) ==
         static_cast<ssize_t>(from.size());
}

bool CallerMemory::Supported(int proc) {
  int here = 0;
  const base::UniqueFd maps = Open(proc, getpid(), "maps", O_RDONLY);
  return maps && WritableEnd(maps.get(), reinterpret_cast<std::uint64_t>(&here)) != 0;
}

}  // namespace stockade::supervisor
