// SPDX-License-Identifier: Apache-2.0
#include "sandbox/limit_names.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <utility>

namespace stockade::sandbox {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 16> kLimits{{
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
}};

}  // namespace

std::optional<int> LimitNumber(std::string_view name) {
  const auto found = std::ranges::find(kLimits, name, &std::pair<std::string_view, int>::first);
  if (found == kLimits.end()) return std::nullopt;
  return found->second;
}

}  // namespace stockade::sandbox
