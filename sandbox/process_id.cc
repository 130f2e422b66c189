// SPDX-License-Identifier: Apache-2.0
#include "sandbox/process_id.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>

#include "config/base/file.h"
#include "config/base/number.h"

namespace stockade::sandbox {
namespace {

// The start time of a process, or 0 if there is none of that pid.
unsigned long long StartTime(int pid) {
  const auto stat = base::ReadFile(fmt::format("/proc/{}/stat", pid), 4096);
  if (!stat) return 0;
  // The second field is the name in parentheses, which may hold anything: go on after the last one.
  auto at = stat->rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat->find(' ', at + 1);
  if (at == std::string::npos) return 0;
  unsigned long long start = 0;
  std::from_chars(stat->data() + at + 1, stat->data() + stat->size(), start);
  return start;
}

}  // namespace

ProcessId ProcessId::Self() { return ProcessId{getpid(), StartTime(getpid())}; }

std::optional<ProcessId> ProcessId::FromText(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto pid = base::WholeNumber<int>(text.substr(0, slash));
  const auto start = base::WholeNumber<unsigned long long>(text.substr(slash + 1));
  if (!pid || !start) return std::nullopt;
  return ProcessId{*pid, *start};
}

std::string ProcessId::Text() const { return fmt::format("{}/{}", pid, start); }

bool ProcessId::Alive() const { return pid > 0 && start != 0 && StartTime(pid) == start; }

}  // namespace stockade::sandbox
