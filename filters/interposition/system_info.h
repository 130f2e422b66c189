// SPDX-License-Identifier: Apache-2.0
// What a class tells a container of its machine in place of the kernel's own answers to sysinfo(2)
// and uname(2).
//
//   WithinLimits(host, levels);   // the memory that the caller can have
//   NeutralKernel(host);          // "6.18.5-custom+" as "6.18.0"
#pragma once

#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <cstdint>
#include <span>

namespace stockade::filters {

// One level of a memory cgroup hierarchy, in bytes.
struct MemoryLevel {
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
  std::uint64_t limit = kUnlimited;
  std::uint64_t used = 0;
  std::uint64_t swap_limit = kUnlimited;  // swap alone, without memory
  std::uint64_t swap_used = 0;
};

// `host` with the memory and swap that every level leaves, never more than the host has. In bytes
// (mem_unit 1); what others have in buffers and shared memory is 0. Uptime, load and the number of
// processes are the host's.
struct sysinfo WithinLimits(struct sysinfo host, std::span<const MemoryLevel> levels);

// `host` with its release cut to major and minor version, and a version that says no more than
// that of any kernel.
utsname NeutralKernel(utsname host);

}  // namespace stockade::filters
