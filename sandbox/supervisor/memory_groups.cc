// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/memory_groups.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/base/file.h"

namespace stockade::supervisor {
namespace {

using filters::MemoryLevel;

constexpr std::size_t kMaxText = 1U << 20;
constexpr std::size_t kMaxLevels = 64;

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool HasWord(std::string_view list, std::string_view word) {
  const auto words = Split(list, ',');
  return std::ranges::find(words, word) != words.end();
}

base::UniqueFd OpenBelow(int folder, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  return base::UniqueFd(
      static_cast<int>(syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how)));
}

// A file of one number in `folder`; kUnlimited for "max", nothing if it is not there.
std::optional<std::uint64_t> Number(int folder, const char* name) {
  const base::UniqueFd file = OpenBelow(folder, name, O_RDONLY);
  std::array<char, 32> text;
  const ssize_t got = file ? read(file.get(), text.data(), text.size()) : -1;
  if (got <= 0) return std::nullopt;
  if (std::string_view(text.data(), static_cast<std::size_t>(got)) == "max\n") {
    return MemoryLevel::kUnlimited;
  }
  std::uint64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + got, number);
  return end.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// Version 1 counts swap and memory together.
std::uint64_t Without(std::uint64_t both, std::uint64_t memory) {
  return both - std::min(both, memory);
}

}  // namespace

MemoryMount FindMemoryMount(std::string_view mountinfo) {
  MemoryMount found;
  for (const std::string_view line : Split(mountinfo, '\n')) {
    const std::vector<std::string_view> words = Split(line, ' ');
    const auto dash = std::ranges::find(words, "-");
    if (dash - words.begin() < 6 || words.end() - dash < 4 || words[3] != "/") continue;
    const bool unified = dash[1] == "cgroup2";
    if (!unified && !(dash[1] == "cgroup" && HasWord(dash[3], "memory"))) continue;
    if (unified && !found.path.empty()) continue;
    found = {std::string(words[4]), unified};
    if (!unified) break;
  }
  return found;
}

std::optional<std::string> FindMemoryGroup(std::string_view text, bool unified) {
  for (const std::string_view line : Split(text, '\n')) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (unified ? !line.starts_with("0::") : !HasWord(controllers, "memory")) continue;
    const std::string_view path = line.substr(second + 1);
    if (!path.starts_with('/') || path.starts_with("/..")) return std::nullopt;
    return std::string(path);
  }
  return std::nullopt;
}

base::Result<MemoryGroups> MemoryGroups::Open() {
  STOCKADE_ASSIGN(const std::string text, base::ReadFile("/proc/self/mountinfo", kMaxText));
  const MemoryMount mount = FindMemoryMount(text);
  MemoryGroups groups;
  groups.unified_ = mount.unified;
  if (!mount.path.empty()) {
    groups.top_.Reset(open(mount.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  if (!groups.top_) {
    return base::Fail(
        base::ErrorKind::kHost,
        "no cgroup hierarchy with the memory controller is there, for systemInfo and mounts");
  }
  return groups;
}

std::optional<MemoryLevel> MemoryGroups::Read(const std::string& group) const {
  const base::UniqueFd folder =
      OpenBelow(top_.get(), group == "/" ? "." : group.substr(1), O_PATH | O_DIRECTORY);
  if (!folder) return std::nullopt;
  const int fd = folder.get();
  MemoryLevel level;
  if (unified_) {
    level.limit = Number(fd, "memory.max").value_or(MemoryLevel::kUnlimited);
    level.used = Number(fd, "memory.current").value_or(0);
    level.swap_limit = Number(fd, "memory.swap.max").value_or(MemoryLevel::kUnlimited);
    level.swap_used = Number(fd, "memory.swap.current").value_or(0);
    return level;
  }
  level.limit = Number(fd, "memory.limit_in_bytes").value_or(MemoryLevel::kUnlimited);
  level.used = Number(fd, "memory.usage_in_bytes").value_or(0);
  const auto both = Number(fd, "memory.memsw.limit_in_bytes");
  if (both) {
    level.swap_limit = Without(*both, level.limit);
    level.swap_used = Without(Number(fd, "memory.memsw.usage_in_bytes").value_or(0), level.used);
  }
  return level;
}

std::optional<std::vector<MemoryLevel>> MemoryGroups::Of(int proc, pid_t thread) const {
  const base::UniqueFd file(
      openat(proc, fmt::format("{}/cgroup", thread).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  const auto text = base::ReadFd(file.get(), kMaxText, "cgroup");
  auto group = text ? FindMemoryGroup(*text, unified_) : std::nullopt;
  std::vector<MemoryLevel> levels;
  while (group && levels.size() < kMaxLevels) {
    const auto level = Read(*group);
    if (!level) return std::nullopt;
    levels.push_back(*level);
    if (*group == "/") return levels;
    group->resize(std::max<std::size_t>(group->rfind('/'), 1));
  }
  return std::nullopt;
}

}  // namespace stockade::supervisor
