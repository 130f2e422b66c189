// SPDX-License-Identifier: Apache-2.0
#include "sandbox/process_id.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "config/base/fd.h"
#include "config/base/number.h"

namespace stockade::sandbox {
namespace {

// The start time of a process, or 0 if there is none of that pid; nothing if it cannot be told.
std::optional<unsigned long long> StartTime(int pid) {
  const base::UniqueFd file(open(fmt::format("/proc/{}/stat", pid).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> buffer;
  const ssize_t got = file ? read(file.get(), buffer.data(), buffer.size()) : -1;
  if (got < 0 && errno != ENOENT && errno != ESRCH) return std::nullopt;
  const std::string_view stat(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  // The second field is the name in parentheses, which may hold anything: go on after the last one.
  auto at = stat.rfind(')');
  for (int field = 2; field < 22 && at != std::string_view::npos; ++field) {
    at = stat.find(' ', at + 1);
  }
  if (at == std::string_view::npos) return 0;
  unsigned long long start = 0;
  std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), start);
  return start;
}

}  // namespace

ProcessId ProcessId::Self() { return ProcessId{getpid(), StartTime(getpid()).value_or(0)}; }

std::optional<ProcessId> ProcessId::FromText(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto pid = base::WholeNumber<int>(text.substr(0, slash));
  const auto start = base::WholeNumber<unsigned long long>(text.substr(slash + 1));
  if (!pid || !start) return std::nullopt;
  return ProcessId{*pid, *start};
}

std::string ProcessId::Text() const { return fmt::format("{}/{}", pid, start); }

bool ProcessId::Alive() const {
  // What lives on is taken from nobody because a table was full when we asked.
  return pid > 0 && start != 0 && StartTime(pid).value_or(start) == start;
}

}  // namespace stockade::sandbox
