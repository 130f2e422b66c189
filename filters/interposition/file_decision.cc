// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/file_decision.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <vector>

#include "config/glob.h"

namespace stockade::filters {
namespace {

using config::FileLimit;

const std::string* FirstMatch(const std::vector<std::string>& patterns, std::string_view path) {
  const auto found = std::ranges::find_if(
      patterns, [&](const std::string& pattern) { return config::PathMatches(pattern, path); });
  return found == patterns.end() ? nullptr : &*found;
}

}  // namespace

FileDecision DecideFile(const config::FilesRule& rule, const FoundFile& file) {
  if (!file.unnamed) {
    if (const auto* pattern = FirstMatch(rule.deny, file.path)) return {false, *pattern};
    if (const auto* pattern = FirstMatch(rule.read_only, file.path)) {
      return {!file.writes, *pattern};
    }
    if (const auto* pattern = FirstMatch(rule.allow, file.path)) return {true, *pattern};
  }
  const bool allowed =
      rule.others == FileLimit::kAllow || (rule.others == FileLimit::kReadOnly && !file.writes);
  return {allowed, "default"};
}

DeviceAnswer DecideDevice(mode_t type, dev_t number) {
  if (!S_ISCHR(type)) return DeviceAnswer::kRefuse;
  constexpr unsigned kMemory = 1;
  constexpr unsigned kTerminals = 5;
  constexpr unsigned kFirstPseudo = 136;
  constexpr unsigned kLastPseudo = 143;
  const unsigned minor_number = minor(number);
  switch (const unsigned major_number = major(number); major_number) {
    case kMemory: {
      constexpr std::array<unsigned, 5> kOpen{3, 5, 7, 8, 9};  // null zero full random urandom
      const bool open = std::ranges::find(kOpen, minor_number) != kOpen.end();
      return open ? DeviceAnswer::kOpen : DeviceAnswer::kRefuse;
    }
    case kTerminals:
      return minor_number == 0   ? DeviceAnswer::kTerminal
             : minor_number == 2 ? DeviceAnswer::kOpen  // ptmx
                                 : DeviceAnswer::kRefuse;
    default:
      return major_number >= kFirstPseudo && major_number <= kLastPseudo ? DeviceAnswer::kOpen
                                                                         : DeviceAnswer::kRefuse;
  }
}

bool DependsOnOpener(std::string_view proc_path, bool writes) {
  constexpr auto kOwn = std::to_array<std::string_view>(
      {"/sysvipc/**", "/sys/net/**", "/sys/user/**", "/sys/fs/mqueue/**", "/sys/kernel/msg*",
       "/sys/kernel/sem*", "/sys/kernel/shm*", "/sys/kernel/auto_msgmni"});
  const std::string path = "/" + std::string(proc_path);
  if (writes && config::PathMatches("/sys/**", path)) return true;
  return std::ranges::any_of(
      kOwn, [&](std::string_view pattern) { return config::PathMatches(pattern, path); });
}

}  // namespace stockade::filters
