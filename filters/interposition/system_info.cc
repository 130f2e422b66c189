// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/system_info.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace stockade::filters {
namespace {

std::uint64_t Left(std::uint64_t limit, std::uint64_t used) {
  if (limit == MemoryLevel::kUnlimited) return limit;
  return limit - std::min(limit, used);
}

template <std::size_t kSize>
void Put(char (&field)[kSize], std::string_view text) {
  std::ranges::fill(field, '\0');
  std::ranges::copy(text.substr(0, kSize - 1), field);
}

// The digits and the first dot of "6.18.5-custom+".
std::string_view MajorMinor(std::string_view release) {
  constexpr std::string_view kDigits = "0123456789";
  const auto dot = release.find('.');
  if (dot == std::string_view::npos) return {};
  return release.substr(0, release.find_first_not_of(kDigits, dot + 1));
}

}  // namespace

struct sysinfo WithinLimits(struct sysinfo host, std::span<const MemoryLevel> levels) {
  const std::uint64_t unit = std::max(host.mem_unit, 1U);
  std::uint64_t total = host.totalram * unit;
  std::uint64_t free = host.freeram * unit;
  std::uint64_t swap = host.totalswap * unit;
  std::uint64_t swap_free = host.freeswap * unit;
  for (const MemoryLevel& level : levels) {
    total = std::min(total, level.limit);
    free = std::min(free, Left(level.limit, level.used));
    swap = std::min(swap, level.swap_limit);
    swap_free = std::min(swap_free, Left(level.swap_limit, level.swap_used));
  }
  host.totalram = total;
  host.freeram = std::min(free, total);
  host.sharedram = 0;
  host.bufferram = 0;
  host.totalswap = swap;
  host.freeswap = std::min(swap_free, swap);
  host.totalhigh = 0;
  host.freehigh = 0;
  host.mem_unit = 1;
  return host;
}

utsname NeutralKernel(utsname host) {
  const std::string version(MajorMinor(host.release));
  Put(host.release, version.empty() ? "0.0.0" : version + ".0");
  Put(host.version, "#1 SMP");
  return host;
}

}  // namespace stockade::filters
