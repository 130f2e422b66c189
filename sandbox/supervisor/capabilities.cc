// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/capabilities.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <utility>

namespace stockade::supervisor {
namespace {

using Words = std::array<__user_cap_data_struct, 2>;

std::uint32_t Low(std::uint64_t set) { return static_cast<std::uint32_t>(set); }
std::uint32_t High(std::uint64_t set) { return static_cast<std::uint32_t>(set >> 32); }

// What this thread set last: changing its ids does not change it (SECBIT_NO_SETUID_FIXUP).
thread_local std::optional<std::pair<std::uint64_t, std::uint64_t>> now;

}  // namespace

void CapabilitiesChanged() { now.reset(); }

bool SetCapabilities(std::uint64_t permitted, std::uint64_t effective) {
  const std::pair wanted{permitted, effective};
  if (now == wanted) return true;
  now.reset();
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const Words words{{{Low(effective), Low(permitted), 0}, {High(effective), High(permitted), 0}}};
  if (syscall(SYS_capset, &header, words.data()) != 0) return false;
  now = wanted;
  return true;
}

std::uint64_t EffectiveOf(pid_t thread) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = thread};
  Words words{};
  if (syscall(SYS_capget, &header, words.data()) != 0) return 0;
  return std::uint64_t{words[1].effective} << 32 | words[0].effective;
}

}  // namespace stockade::supervisor
