// SPDX-License-Identifier: Apache-2.0
#include "sandbox/delegate_state.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "config/base/file.h"
#include "config/base/json.h"

namespace stockade::sandbox {
namespace {

// The number behind "key": in a delegate's own state file.
std::optional<unsigned long long> NumberOf(std::string_view text, std::string_view key) {
  const auto at = text.find(fmt::format("\"{}\":", key));
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(at + key.size() + 3);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
  unsigned long long number = 0;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<ProcessId> FirstProcess(const std::string& delegate_root, const std::string& id) {
  static constexpr std::array<std::array<const char*, 3>, 2> kFiles{
      {{"/state.json", "init_process_pid", "init_process_start"},
       {"/status", "pid", "process-start-time"}}};
  for (const auto& [name, pid_key, start_key] : kFiles) {
    const auto text = base::ReadFile(fmt::format("{}/{}{}", delegate_root, id, name),
                                     base::kSpecLimits.max_bytes);
    if (!text) continue;
    const auto pid = NumberOf(*text, pid_key);
    const auto start = NumberOf(*text, start_key);
    if (pid && start) return ProcessId{static_cast<int>(*pid), *start};
  }
  return std::nullopt;
}

}  // namespace stockade::sandbox
